"""A dashboard's notebook on its way to the page: its cells run one by one, and a failure becomes a sentence."""

from __future__ import annotations

import logging
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import nbformat
import nh3
from markupsafe import Markup
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbconvert.preprocessors.clearoutput import ClearOutputPreprocessor
from voila.execute import VoilaExecutor
from voila.notebook_renderer import NotebookRenderer

from riskkit import errors
from riskkit.errors import RiskkitError

log = logging.getLogger(__name__)

#: Errors whose message was written for a person.
SPOKEN = frozenset(
    name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, RiskkitError)
)
#: What the template shows as a failure; nobody but `failure` makes it.
FAILURE = "application/vnd.riskkit.failure+json"


def prose(source: str) -> Markup:
    """A markdown cell as HTML, without anything that could act.

    >>> prose("**Why?** <script>alert(1)</script>")
    Markup('<p><strong>Why?</strong> &lt;script&gt;alert(1)&lt;/script&gt;</p>')
    """
    renderer = IPythonRenderer(escape=True, exclude_anchor_links=True)
    return Markup(nh3.clean(MarkdownWithMath(renderer=renderer).render(source)).strip())  # noqa: S704 (cleaned)


class DashboardRenderer(NotebookRenderer):  # type: ignore[misc]
    """Voila's renderer, given a notebook instead of a path, starting its kernel only when the page's head is sent.

    Parameters
    ----------
    notebook : NotebookNode
        With its parameters injected; it is not changed.
    start : coroutine function
        Starts the kernel and returns its id.
    """

    def __init__(self, notebook: nbformat.NotebookNode, start: Callable[[], Awaitable[str]], **kwargs: Any) -> None:
        self._given, self._start = notebook, start
        super().__init__(**kwargs)

    async def load_notebook(self, path: str) -> nbformat.NotebookNode:  # noqa: ARG002 (upstream's signature)
        """The notebook handed in, with a kernel that is installed here."""
        fixed: nbformat.NotebookNode = await self.fix_notebook(self._given)
        return fixed

    async def _jinja_kernel_start(self, nb: nbformat.NotebookNode, kernel_id: Any, kernel_future: Any) -> str:  # noqa: ARG002 (upstream's)
        started = await self._start()
        manager = self.request_handler.kernel_manager.get_kernel(started)
        self.executor = VoilaExecutor(nb, km=manager, config=self.traitlet_config, show_tracebacks=False)
        self.executor.kc = await self.executor.async_start_new_kernel_client()
        self.kernel_started = True
        return started

    async def _jinja_cell_generator(
        self, nb: nbformat.NotebookNode, kernel_id: str
    ) -> AsyncIterator[nbformat.NotebookNode]:
        nb, _ = ClearOutputPreprocessor().preprocess(nb, {"metadata": {"path": self.cwd}})  # type: ignore[no-untyped-call]
        try:
            for index, cell in enumerate(nb.cells):
                done = await self._execute(cell, index, kernel_id)
                yield done
                if any(FAILURE in output.get("data", {}) for output in done.get("outputs", ())):
                    break
        finally:
            await self._cleanup_resources()

    async def _execute(self, cell: nbformat.NotebookNode, index: int, kernel_id: str) -> nbformat.NotebookNode:
        try:
            # IPython's history holds the cells, as in Lab: open_run finds the parameters cell there
            done: nbformat.NotebookNode = await self.executor.async_execute_cell(cell, index, store_history=True)
        except CellExecutionError as error:
            return _failed(cell, _sentence(error), error, kernel_id)
        except CellTimeoutError as error:
            return _failed(cell, "This took longer than a dashboard may.", error, kernel_id)
        except DeadKernelError as error:
            return _failed(cell, "The calculation stopped unexpectedly, perhaps for want of memory.", error, kernel_id)
        return done


def _sentence(error: CellExecutionError) -> str:
    if error.ename.rsplit(".", 1)[-1] in SPOKEN:
        return str(error.evalue)
    return "Something went wrong while this dashboard was prepared."


def _failed(cell: nbformat.NotebookNode, sentence: str, error: Exception, kernel_id: str) -> nbformat.NotebookNode:
    reference = secrets.token_hex(4)
    log.error("dashboard failed: %s", error, extra={"reference": reference, "kernel_id": kernel_id})
    data = {FAILURE: {"sentences": sentence.splitlines(), "reference": reference}}
    kept = [output for output in cell.get("outputs", ()) if output.output_type in ("display_data", "execute_result")]
    cell.outputs = [*kept, nbformat.v4.new_output("display_data", data=data)]  # type: ignore[no-untyped-call]
    return cell
