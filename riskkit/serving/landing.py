"""The first page after signing in, and the small answers that pages and operators ask for."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from riskkit.serving.catalogue import Dashboard
from riskkit.serving.pages import Page
from riskkit.store.contract import PortfolioRef


class Landing(Page):
    """`/`: the dashboards one may open and the portfolios one may see; no kernel."""

    async def get(self) -> None:
        """Ask the store as the viewer, and list."""
        surroundings = self.surroundings
        surroundings.viewers.sessions.touch(self.session)
        await self.identity.look(self.session)
        viewer = await surroundings.viewers.viewer(self.session)
        dashboards = [d for d in surroundings.catalogue.dashboards() if d.open_to(viewer.roles)]
        self.render_page(
            "landing.html.j2",
            dashboards=[
                {"title": d.title, "question": d.question, "href": self.address("dashboards", d.name)}
                for d in dashboards
            ],
            portfolios=[self._row(ref, dashboards) for ref in viewer.portfolios],
        )

    def _row(self, ref: PortfolioRef, dashboards: list[Dashboard]) -> dict[str, Any]:
        links = []
        for dashboard in dashboards:
            names = [p.name for p in dashboard.parameters if p.constraint.kind == "portfolio"]
            query = f"?{names[0]}={quote(ref.path)}" if names else ""
            if query:
                links.append({"title": dashboard.title, "href": self.address("dashboards", dashboard.name) + query})
        return {"title": ref.title, "path": ref.path, "team": ref.team, "currency": ref.base_currency, "links": links}


class Status(Page):
    """`/session`: whether the page's session and kernel still live; asking does not keep them alive."""

    @allow_unauthenticated
    def get(self) -> None:
        """Nothing about anybody but the asker."""
        self.set_header("Cache-Control", "no-store")
        session = self.viewer
        if session is None:
            self.finish({"session": "ended"})
            return
        mine = self.kernels.owner(self.get_query_argument("kernel", "")) is session
        remaining = int(self.surroundings.viewers.sessions.remaining(session))
        self.finish({"session": "live", "kernel": "live" if mine else "gone", "seconds": remaining})


class Health(Page):
    """`/healthz`: the process answers."""

    @allow_unauthenticated
    def get(self) -> None:
        """One word."""
        self.set_header("Content-Type", "text/plain")
        self.set_header("Cache-Control", "no-store")
        self.finish("ok\n")


class Nothing(Page):
    """Whatever has no route: who is not signed in is asked to, whoever is, is told."""

    async def get(self, *_: str) -> None:
        """There is nothing here."""
        raise HTTPError(404)


class Closed(Page):
    """What stock Voila serves and riskkit does not: files beside the notebooks, folder listings, request details."""

    @allow_unauthenticated
    async def get(self, *_: str) -> None:
        """There is nothing here, for anybody."""
        raise HTTPError(404)
