"""Whether sessions still live at Auth: what is ended elsewhere ends here within seconds, kernels and sockets included.

A sign-out elsewhere, a ban, a removed account, a second factor that was set up or reset, a lost role: Auth and the
database know it first. A session whose dashboard is open is asked about every few seconds, any other before its next
page. However many sessions there are, only so many are asked about in a round, so the load has a ceiling.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from riskkit.errors import NotSignedIn, Unavailable
from riskkit.serving.auth import SignInRefused
from riskkit.serving.sessions import BrowserSession, Sessions

#: Seconds between two looks at a session with an open dashboard, and at one without.
OPEN = 4.0
CLOSED = 60.0
#: Sessions looked at in one round, which the server makes every two seconds; each takes two small requests.
MOST_AT_ONCE = 12
#: Roles in the order of what they allow.
_ROLES = ("viewer", "analyst", "approver", "admin")


class Watch:
    """Asks Auth about live sessions.

    Parameters
    ----------
    sessions : Sessions
    is_open : function
        Whether the session has a dashboard open.
    """

    def __init__(
        self,
        sessions: Sessions,
        is_open: Callable[[BrowserSession], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sessions, self._is_open, self._clock = sessions, is_open, clock

    def now(self) -> float:
        """What `checked` of a session is compared with."""
        return self._clock()

    def due(self) -> list[BrowserSession]:
        """The sessions to look at now, those that waited longest first."""
        now = self._clock()
        waiting = [
            (session.checked - now, number, session)
            for number, session in enumerate(self._sessions.everybody())
            if now - session.checked >= (OPEN if self._is_open(session) else CLOSED)
        ]
        return [session for *_, session in sorted(waiting)[:MOST_AT_ONCE]]

    async def ended(self) -> list[tuple[BrowserSession, str]]:
        """Of the sessions to look at now, those that are over, each with the reason."""
        due = self.due()
        found = await asyncio.gather(*(self.reason(session) for session in due))
        return [(session, reason) for session, reason in zip(due, found, strict=True) if reason]

    async def reason(self, session: BrowserSession, at_least: float = 0) -> str | None:
        """Why the session is over, or None while it lives; not asked again within `at_least` seconds.

        An Auth that does not answer ends nothing.
        """
        if self._clock() - session.checked < at_least:
            return None
        session.checked = self._clock()
        auth = self._sessions.auth
        try:
            grant = await self._sessions.access_token(session)
            account, roles = await asyncio.gather(
                auth.account(grant.access_token), auth.roles(grant.access_token, session.user_id)
            )
        except NotSignedIn:
            return "ended at Auth"
        except Unavailable:
            return None
        except SignInRefused as error:
            # 401 and 403 are about this session; anything else (too many requests, a database that reloads) is not.
            return f"ended at Auth ({error.code or error.status})" if error.status in (401, 403) else None
        if account.banned:
            return "banned"
        if account.verified and session.grant.aal != "aal2":
            return "a second factor was set up"
        if session.grant.aal == "aal2" and not account.verified:
            return "the second factor was reset"
        before, session.roles = session.roles, roles
        return "a role was taken back" if before and _lost(before, roles) else None


def _lost(before: dict[str, str], now: dict[str, str]) -> bool:
    """Whether any team's role is gone or allows less than before."""
    return any(team not in now or _rank(now[team]) < _rank(role) for team, role in before.items())


def _rank(role: str) -> int:
    return _ROLES.index(role) if role in _ROLES else -1
