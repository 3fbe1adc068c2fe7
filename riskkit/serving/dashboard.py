"""A dashboard's page: its address is checked before a kernel starts, then the notebook runs as the viewer."""

from __future__ import annotations

import copy
import logging
import secrets
from collections.abc import Mapping
from typing import Any

import nbformat
from papermill.parameterize import parameterize_notebook
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError
from voila.configuration import VoilaConfiguration
from voila.utils import get_page_config

from riskkit.errors import InputError, InputErrors
from riskkit.parameters.declaration import Parameter, Value
from riskkit.parameters.query import parse_query, to_query
from riskkit.serving.catalogue import Dashboard
from riskkit.serving.headers import dashboard_policy
from riskkit.serving.pages import NOT_FOUND, Message, Page
from riskkit.serving.rendering import DashboardRenderer, prose
from riskkit.serving.viewer import PortfolioNotFound, Viewer
from riskkit.widgets.status import sentence

log = logging.getLogger(__name__)

#: BokehJS as `jupyter_bokeh` wants it: on the page before a widget is.
BOKEH = ("bokeh.min.js", "bokeh-widgets.min.js", "bokeh-tables.min.js")


class DashboardPage(Page):
    """`/dashboards/<name>`, and Voila's own address of the same thing."""

    def initialize(self, configuration: VoilaConfiguration, template_paths: list[str], config: Any) -> None:
        """Keep what Voila's renderer wants."""
        self._configuration, self._template_paths, self._config = configuration, template_paths, config

    async def get(self, name: str) -> None:
        """Check everything, then send the page as it is made."""
        surroundings = self.surroundings
        surroundings.viewers.sessions.touch(self.session)
        await self.identity.look(self.session)
        dashboard = surroundings.catalogue.find(name)
        viewer = await surroundings.viewers.viewer(self.session)
        if dashboard is None:
            raise HTTPError(404)
        if not dashboard.open_to(viewer.roles):
            raise HTTPError(403)
        given = await self._parameters(dashboard, viewer)
        if given is not None:
            await self._send(dashboard, viewer, given)

    async def _parameters(self, dashboard: Dashboard, viewer: Viewer) -> dict[str, Value] | None:
        """The address's parameters, or None when the answer has been given already."""
        try:
            given = parse_query(dashboard.parameters, self.request.query)
            own = None if given else _first_of_ones_own(dashboard, viewer)
            if own is not None:
                address = self.address("dashboards", dashboard.name)
                self.redirect(f"{address}?{to_query(dashboard.parameters, own)}", status=303)
                return None
            await self.surroundings.viewers.check(self.session, viewer, dashboard, given)
        except PortfolioNotFound:
            self.say(404, NOT_FOUND)
            return None
        except InputError as error:
            errors = error.errors if isinstance(error, InputErrors) else (error,)
            sentences = tuple(sentence(e) for e in errors)
            again = self.address("dashboards", dashboard.name)
            self.say(422, Message("This address cannot be shown", sentences, f"Open {dashboard.title}", again))
            return None
        return given

    async def _send(self, dashboard: Dashboard, viewer: Viewer, given: Mapping[str, Value]) -> None:
        session, kernels = self.session, self.kernels
        await kernels.admit(session)
        kernel_ids: list[str] = []

        async def start() -> str:
            kernel_ids.append(await kernels.open(session, renderer.notebook.metadata.kernelspec.name))
            return kernel_ids[0]

        try:
            renderer = self._renderer(dashboard, given, start)
            await renderer.initialize()
            renderer.resources["rk"] = self._frame(dashboard, viewer)
            self.set_header("Content-Type", "text/html; charset=utf-8")
            self.set_header("Cache-Control", "no-store")
            self.set_header("Content-Security-Policy", dashboard_policy(renderer.resources["rk"]["nonce"]))
            async for html, _ in renderer.generate_content_generator():
                self.write(html)
                await self.flush()
                self.surroundings.viewers.sessions.touch(session)  # who waits for a page has not left
        except StreamClosedError:  # the page was left before it was complete
            for kernel_id in kernel_ids:
                await kernels.close(kernel_id)
        except Exception as error:  # whatever it was: no kernel is left behind, and the page says that it broke off
            for kernel_id in kernel_ids:
                await kernels.close(kernel_id)
            if not self._headers_written:
                raise
            self._broken_off(renderer.resources["rk"]["nonce"], error)
        finally:
            kernels.give_up(session)
            for kernel_id in kernel_ids:
                kernels.left(kernel_id)

    def _renderer(self, dashboard: Dashboard, given: Mapping[str, Value], start: Any) -> DashboardRenderer:
        page_config = get_page_config(
            base_url=self.base_url, settings=self.settings, log=self.log, voila_configuration=self._configuration
        )
        assets = self.surroundings.assets
        page_config["fullStaticUrl"] = assets.address("voila")
        page_config["fullLabextensionsUrl"] = assets.address("labextensions")
        return DashboardRenderer(
            injected(dashboard.notebook, given), start,
            request_handler=self, voila_configuration=self._configuration, traitlet_config=self._config,
            notebook_path=f"{dashboard.name}.ipynb", template_paths=self._template_paths,
            config_manager=self.config_manager, contents_manager=self.contents_manager, base_url=self.base_url,
            kernel_spec_manager=self.kernel_spec_manager, page_config=page_config, mathjax_config="", mathjax_url="",
        )  # fmt: skip

    def _frame(self, dashboard: Dashboard, viewer: Viewer) -> dict[str, Any]:
        """What the template shows around the notebook."""
        listed = [d for d in self.surroundings.catalogue.dashboards() if d.open_to(viewer.roles)]
        asset = self.surroundings.assets.address
        return {
            "nonce": secrets.token_urlsafe(16),
            "title": dashboard.title,
            "question": dashboard.question,
            "prose": prose,
            "email": viewer.email,
            "user": self.session.user_id,
            "xsrf": self.xsrf_token.decode(),
            "home": self.address(),
            "sign_in": self.address("sign-in"),
            "sign_out": self.address("sign-out"),
            "account": self.address("account"),
            "status": self.address("session"),
            "dashboards": [
                {"title": d.title, "href": self.address("dashboards", d.name), "here": d.name == dashboard.name}
                for d in listed
            ],
            "styles": [asset("voila", "index.css"), asset("voila", "theme-light.css"),
                       asset("riskkit", "look.css"), asset("riskkit", "serving.css")],
            "dark": [asset("voila", "theme-dark.css"), asset("riskkit", "dark.css")],
            "scripts": [asset("riskkit", "dashboard.js"), asset("riskkit", "address.js"), asset("riskkit", "draft.js"),
                        asset("riskkit", "drop.js"),
                        asset("riskkit", "downloads.js"),
                        asset("riskkit", "go.js"),
                        *(asset("bokeh", name) for name in BOKEH),
                        asset("voila", "voila-style.js")],
            "voila": asset("voila", "voila.js"),
        }  # fmt: skip

    def _broken_off(self, nonce: str, error: Exception) -> None:
        """The head is sent already: the page's own script shows what happened."""
        reference = secrets.token_hex(4)
        log.error("dashboard failed: %s", error, extra={"reference": reference}, exc_info=error)
        self.finish(f'<script nonce="{nonce}">rk.failed("{reference}")</script>')


def injected(notebook: nbformat.NotebookNode, given: Mapping[str, Value]) -> nbformat.NotebookNode:
    """A copy of the notebook with a cell of the given values after its parameters cell, as papermill makes it.

    papermill escapes values and not names; these names have passed `parse_query`.
    """
    made = copy.deepcopy(notebook)
    if given:
        made.metadata.setdefault("papermill", {})
        for cell in made.cells:
            cell.metadata.setdefault("tags", [])
        made = parameterize_notebook(made, dict(given), kernel_name="python3", language="python")
        del made.metadata["papermill"]
    return made


def _first_of_ones_own(dashboard: Dashboard, viewer: Viewer) -> dict[str, Value] | None:
    """A portfolio to show to who asks for nothing in particular, where the notebook's default does not name one."""
    wanted: Parameter | None = next((p for p in dashboard.parameters if p.constraint.kind == "portfolio"), None)
    if wanted is None or not viewer.portfolios:
        return None
    named = viewer.named(str(wanted.default))
    return None if len(named) == 1 else {wanted.name: (named or viewer.portfolios)[0].path}
