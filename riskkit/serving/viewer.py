"""What the database says to this viewer, asked with the viewer's own token and no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from riskkit.errors import InputError, NotSignedIn, Unavailable
from riskkit.parameters.declaration import Parameter, Value
from riskkit.serving.auth import SignInRefused
from riskkit.serving.catalogue import Dashboard
from riskkit.serving.sessions import BrowserSession, Sessions
from riskkit.settings import Settings
from riskkit.store.contract import Artifact, PortfolioRef
from riskkit.store.files import Files
from riskkit.store.inputs import find_portfolio, resolve_as_of
from riskkit.store.subject import kind_of
from riskkit.store.supabase import SupabaseStore

OpenStore = Callable[[], SupabaseStore]


@dataclass(frozen=True)
class Viewer:
    """Who is looking, and what row-level security lets them see.

    Attributes
    ----------
    email : str
    roles : tuple of str
        The user's roles in all teams, without repeats.
    portfolios : tuple of PortfolioRef
        Portfolios the user may see.
    """

    email: str
    roles: tuple[str, ...]
    portfolios: tuple[PortfolioRef, ...]

    def named(self, name: str) -> tuple[PortfolioRef, ...]:
        """Those of that name: `team/slug`, or a slug, which several teams may have."""
        return tuple(ref for ref in self.portfolios if name in (ref.path, ref.slug))


class PortfolioNotFound(Exception):
    """No portfolio of that name, as far as this viewer may know."""


class Viewers:
    """Asks the store in a thread, so that other viewers need not wait."""

    def __init__(self, settings: Settings, sessions: Sessions) -> None:
        self._settings, self.sessions = settings, sessions

    async def viewer(self, session: BrowserSession) -> Viewer:
        """The session's user, roles and portfolios."""
        open_store = await self._opener(session)
        return await asyncio.to_thread(_viewer, open_store, session.email)

    async def home(self, session: BrowserSession) -> Mapping[str, Any]:
        """What the first page shows to the session's user, in one request.

        Raises
        ------
        NotSignedIn
            The database refuses the session's token.
        Unavailable
            It does not answer, or cannot tell.
        """
        grant = await self.sessions.access_token(session)
        try:
            told = await self.sessions.auth.home(grant.access_token)
        except SignInRefused as error:
            if error.status in (401, 403):
                raise NotSignedIn("The session has ended; sign in again.") from error
            raise Unavailable("The database cannot tell what there is.") from error
        if not isinstance(told, dict):
            raise Unavailable("The database gave an answer that is none of home's.")
        return told

    async def check(
        self, session: BrowserSession, viewer: Viewer, dashboard: Dashboard, given: dict[str, Value]
    ) -> None:
        """Whether the portfolio and the date that an address means exist, before a kernel starts for them.

        An address that names nothing is not checked: the notebook's own defaults say what is amiss with them.

        Raises
        ------
        PortfolioNotFound
            There is none of that name, or none that the viewer may see: the two cannot be told apart.
        InputError
            Several teams have a portfolio of that name, or there are no data for that date.
        """
        kinds = {p.constraint.kind: p for p in dashboard.parameters if p.constraint.kind in ("portfolio", "date")}
        portfolio = kinds.get("portfolio")
        if portfolio is None or not given:
            return
        name = str(given.get(portfolio.name, portfolio.default))
        if not viewer.named(name):
            raise PortfolioNotFound(name)
        open_store = await self._opener(session)
        needs_data = kind_of(parameter.name for parameter in dashboard.parameters) is None
        await asyncio.to_thread(_check, open_store, name, kinds.get("date") if needs_data else None, given)

    async def file(self, session: BrowserSession, run_id: str, name: str) -> tuple[Artifact, bytes] | None:
        """A run's artifact and its bytes in the bucket; None for none that the viewer may see."""
        grant = await self.sessions.access_token(session)
        url, key = self._settings.supabase()
        return await asyncio.to_thread(_file, (url, key, lambda: grant.access_token), run_id, name)

    async def run(self, session: BrowserSession, run_id: str) -> tuple[str, date] | None:
        """A run's portfolio, as it is called now, and its valuation date; None for none that the viewer may see."""
        open_store = await self._opener(session)
        return await asyncio.to_thread(_run, open_store, run_id)

    async def _opener(self, session: BrowserSession) -> OpenStore:
        grant = await self.sessions.access_token(session)
        url, key = self._settings.supabase()
        return lambda: SupabaseStore(url, key, lambda: grant.access_token)


def _viewer(open_store: OpenStore, email: str) -> Viewer:
    with open_store() as store:
        roles = dict.fromkeys(role for _, role in store.member().teams)
        return Viewer(email, tuple(roles), store.portfolios())


def _run(open_store: OpenStore, run_id: str) -> tuple[str, date] | None:
    with open_store() as store:
        try:
            return store.story(run_id).portfolio, store.run(run_id).as_of
        except InputError:
            return None


def _file(access: tuple[str, str, Callable[[], str]], run_id: str, name: str) -> tuple[Artifact, bytes] | None:
    with SupabaseStore(*access) as store, Files(*access) as files:
        try:
            record = store.run(run_id)
        except InputError:
            return None
        kept = next((one for one in record.artifacts if one.name == name), None)
        content = None if kept is None else files.read(record.team_id, kept)
        return None if kept is None or content is None else (kept, content)


def _check(open_store: OpenStore, name: str, date: Parameter | None, given: dict[str, Value]) -> None:
    with open_store() as store:
        ref = find_portfolio(store, name)
        if date is not None and date.name in given:
            resolve_as_of(store, ref, str(given[date.name]))
