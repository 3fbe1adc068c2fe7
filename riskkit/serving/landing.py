"""The first page after signing in, and what there is not."""

from __future__ import annotations

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from riskkit.serving.headers import scripted_policy
from riskkit.serving.home import Home
from riskkit.serving.pages import Page

#: Characters of a search; what is longer is no word of anything.
LONGEST_SEARCH = 200


class Landing(Page):
    """`/`: portfolios with their figures, what is under way, reports, dashboards; no kernel, one request."""

    async def get(self) -> None:
        """Ask the database as the viewer, and show."""
        surroundings = self.surroundings
        surroundings.viewers.sessions.touch(self.session)
        home = await self.home()
        self.set_header("Content-Security-Policy", scripted_policy())
        self.render_page("home.html.j2", home=home)

    async def home(self) -> Home:
        """What the page says."""
        await self.identity.look(self.session)
        told = await self.surroundings.viewers.home(self.session)
        wanted = self.get_query_argument("q", "")[:LONGEST_SEARCH]
        return Home(told, self.surroundings.catalogue.dashboards(), self.address, wanted)


class Live(Landing):
    """`/home`: what changes of the first page; 204 where the page has it. Asking keeps no session alive."""

    async def get(self) -> None:
        """A fragment."""
        home = await self.home()
        if self.get_query_argument("seen", "") == home.digest:
            self.set_header("Cache-Control", "no-store")
            self.set_status(204)
            self.finish()
        else:
            self.render_page("home_live.html.j2", home=home)


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
