"""One papermill run in a process of its own: `python -m riskkit.reporting.child ORDER.json`.

It tells its parent what happens as JSON lines on standard output (`cells`, `cell`, then `done` or `failed`), ends when
its standard input ends, because then its parent is gone, and its kernel ends with it.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any, TextIO

from riskkit.light import without_grammars
from riskkit.reporting.fence import enter

START = time.perf_counter()


def end_with_parent() -> None:
    """Wait for the end of standard input: the parent is done with us, or dead."""
    while os.read(0, 4096):
        pass
    os._exit(1)


def go_behind_fence(path: str) -> None:
    """Be what the order says, before there is a second thread or anything of the notebook's is read."""
    enter(json.loads(Path(path).read_text(encoding="utf-8"))["fence"])


if __name__ == "__main__":  # before the imports: a parent may die while they take their second
    go_behind_fence(sys.argv[1])
    threading.Thread(target=end_with_parent, daemon=True).start()

without_grammars()

import nbformat  # noqa: E402 (after the line above, as all that follow)
import papermill  # noqa: E402 (as above)
from jupyter_client.manager import AsyncKernelManager  # noqa: E402 (as above)
from nbclient.exceptions import CellTimeoutError, DeadKernelError  # noqa: E402 (as above)
from papermill.clientwrap import PapermillNotebookClient  # noqa: E402 (as above)
from papermill.engines import Engine, papermill_engines  # noqa: E402 (as above)
from traitlets.config import Config  # noqa: E402 (as above)

from riskkit.reporting import spare  # noqa: E402 (it imports jupyter_client)

#: No file of a report needs to be larger; a log that would fill the disk ends here.
MAX_FILE_BYTES = 128 * 2**20


class Voice:
    """Tells the parent, one JSON line at a time, on the pipe it reads."""

    def __init__(self) -> None:
        self._out: TextIO = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)  # what libraries or the kernel print goes to the log

    def say(self, **message: Any) -> None:
        """Write one message; a parent that is gone ends this process."""
        try:
            self._out.write(json.dumps(message) + "\n")
            self._out.flush()
        except BrokenPipeError:
            os._exit(1)

    def fail(self, **message: Any) -> None:
        """Say what failed and end at once: the kernel ends with this process, whatever it is doing."""
        self.say(failed=message)
        os._exit(1)


class ReportKernelManager(AsyncKernelManager):
    """Starts our kernel module, over unix sockets: no port to collide on, none to listen to."""

    def format_kernel_cmd(self, extra_arguments: list[str] | None = None) -> list[str]:
        """The command of the kernel; the notebook's kernelspec has no say."""
        argv = [sys.executable, "-P", "-m", "riskkit.reporting.kernel", "-f", self.connection_file]
        return argv + (extra_arguments or [])


class ReportClient(PapermillNotebookClient):  # type: ignore[misc]
    """papermill's client that reports each cell and refuses a flood of output."""

    voice: Voice
    output_limit: int
    numbers: list[int]

    def papermill_execute_cells(self) -> None:
        """Run the cells; the kernel is ready now."""
        self.seen_bytes = 0
        self.current = 0
        self.numbers = _numbers(self.nb)
        self.kernel_ready = time.perf_counter()
        self.voice.say(cells=len(self.nb.cells))
        super().papermill_execute_cells()
        self.cells_done = time.perf_counter()

    def execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:
        """Run one cell and say that it is done."""
        self.current = cell_index
        done = super().execute_cell(cell, cell_index, *args, **kwargs)
        self.voice.say(cell=cell_index + 1, next=self.numbers[min(cell_index + 1, len(self.numbers) - 1)])
        return done

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        """Count what the kernel sends; past the limit the run ends here, before memory or disk does."""
        content = msg["content"]
        self.seen_bytes += len(content.get("text", "")) + sum(
            len(str(part)) for part in content.get("data", {}).values()
        )
        if self.seen_bytes > self.output_limit:
            self.voice.fail(
                cell=self.numbers[cell_index],
                name="OutputTooLarge",
                message=f"the notebook printed or displayed more than {self.output_limit / 2**20:.0f} MB",
            )
        return super().process_message(msg, cell, cell_index)


class ReportEngine(Engine):  # type: ignore[misc]
    """papermill's engine with our client."""

    last: ReportClient

    @classmethod
    def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
        """Execute the notebook papermill has prepared."""
        cls.last = ReportClient(nb_man, kernel_name=kernel_name, **kwargs["client"])
        cls.last.voice, cls.last.output_limit = kwargs["voice"], kwargs["output_limit"]
        return cls.last.execute()


def _numbers(nb: Any) -> list[int]:
    """Each cell's number in the notebook as its author knows it, from 1: the injected cell does not count."""
    own = ["injected-parameters" not in cell.metadata.get("tags", []) for cell in nb.cells]
    return [sum(own[: index + 1]) for index in range(len(own))]


def execute(order: dict[str, Any], voice: Voice) -> None:
    """Run papermill as the order says, and tell how it went."""
    imported = time.perf_counter()
    papermill_engines.register("riskkit", ReportEngine)
    manager = {"transport": "ipc", "connection_file": str(Path(order["runtime"], "k.json"))}
    client = {
        "kernel_manager_class": ReportKernelManager,
        "config": Config({"KernelManager": manager}),
        "timeout": order["cell_timeout"],
        "startup_timeout": 60,
        "shutdown_kernel": "immediate",
        "store_widget_state": False,
    }
    papermill.execute_notebook(
        order["notebook"],
        order["output"],
        parameters=order["parameters"],
        engine_name="riskkit",
        cwd=order["cwd"],
        progress_bar=False,
        request_save_on_cell_execute=False,
        autosave_cell_every=0,
        client=client,
        voice=voice,
        output_limit=order["output_limit"],
    )
    end, run = time.perf_counter(), ReportEngine.last
    own, kernel = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    voice.say(
        done={
            "import": imported - START,
            "kernel": run.kernel_ready - imported,
            "cells": run.cells_done - run.kernel_ready,
            "close": end - run.cells_done,
        },
        cpu={
            "import and client": own.ru_utime + own.ru_stime,
            "kernel": kernel.ru_utime + kernel.ru_stime,
        },
    )


def begin(path: str) -> None:
    """Execute the order in a process just forked."""
    global START
    START = time.perf_counter()
    go_behind_fence(path)
    order = read(path)
    spare.use(spare.Spare.fork(order["cwd"]))
    threading.Thread(target=end_with_parent, daemon=True).start()
    make(order)


def read(path: str) -> dict[str, Any]:
    """Read the order, and keep within its bounds from now on, whatever this process starts included."""
    order: dict[str, Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    _bound(resource.RLIMIT_FSIZE, MAX_FILE_BYTES)
    _bound(resource.RLIMIT_AS, order["memory_limit"])
    _bound(resource.RLIMIT_CORE, 0)
    return order


def make(order: dict[str, Any]) -> None:
    """Execute the order, and end."""
    voice = Voice()
    try:
        execute(order, voice)
    except papermill.PapermillExecutionError as error:
        voice.fail(cell=_cell(), name=error.ename, message=error.evalue, traceback=error.traceback)
    except CellTimeoutError:
        voice.fail(cell=_cell(), name="Timeout", message=f"no end after {ReportEngine.last.timeout} s")
    except DeadKernelError:
        voice.fail(cell=_cell(), name="DeadKernel", message="the kernel died")
    except RuntimeError as error:  # jupyter_client's word for a kernel that died, or was silent, as it started
        dead = "kernel" in str(error).lower()
        voice.fail(name="DeadKernel" if dead else "RuntimeError", message=str(error))
    except (OSError, MemoryError, nbformat.ValidationError) as error:
        voice.fail(name=type(error).__name__, message=str(error))
    os._exit(0)  # all is written and said; the thread above would hold the interpreter up


def _bound(what: int, most: int) -> None:
    """A limit of this process, which its kernel inherits; a lower one that is there already stays."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def _cell() -> int:
    return ReportEngine.last.numbers[ReportEngine.last.current]


if __name__ == "__main__":
    make(read(sys.argv[1]))
