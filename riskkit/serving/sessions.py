"""Browser sessions, kept in the serving process: a refresh token never leaves it."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from riskkit.errors import NotSignedIn, Unavailable
from riskkit.serving.auth import AuthClient, Enrolment, Grant, SignInRefused
from riskkit.serving.limits import Limits

#: Of so many sessions that are over it is known why.
REMEMBERED = 1000


@dataclass(eq=False)
class BrowserSession:
    """One signed-in browser.

    Attributes
    ----------
    sid : str
        The opaque id in the cookie.
    grant : Grant
        Latest tokens from Auth.
    created, seen : float
        Clock readings: sign-in, and the last thing the person did.
    agent, address : str
        Browser and network address it was begun with.
    since : float
        When it was begun, in seconds since the epoch.
    roles : dict or None
        Role by team id when Auth was last asked; None before.
    checked : float
        Clock reading: when Auth was last asked whether the session lives.
    enrolling : Enrolment or None
        A second factor that waits for its first code.
    ended : bool
        Set once, by whatever ends the session.
    sockets : set
        Open websockets, closed when the session ends.
    """

    sid: str = field(repr=False)
    grant: Grant
    created: float
    seen: float
    agent: str = ""
    address: str = ""
    since: float = field(default_factory=time.time)
    roles: dict[str, str] | None = None
    checked: float = float("-inf")
    enrolling: Enrolment | None = field(default=None, repr=False)
    ended: bool = False
    sockets: set[Any] = field(default_factory=set, repr=False)
    refreshing: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    @property
    def email(self) -> str:
        """Who signed in."""
        return self.grant.email

    @property
    def user_id(self) -> str:
        """Auth's id of the user."""
        return self.grant.user_id


class Sessions:
    """All sessions of the process, looked up by the cookie's value; a restart forgets them."""

    def __init__(self, auth: AuthClient, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self.auth, self._limits, self._clock = auth, limits, clock
        self._by_digest: dict[str, BrowserSession] = {}
        self._reasons: OrderedDict[str, str] = OrderedDict()

    def create(self, grant: Grant, agent: str = "", address: str = "") -> BrowserSession:
        """A new session with a new id."""
        now = self._clock()
        session = BrowserSession(secrets.token_urlsafe(32), grant, now, now, agent, address)
        self._by_digest[_digest(session.sid)] = session
        return session

    def renamed(self, session: BrowserSession) -> BrowserSession:
        """The session under a new id, after it has gained a right; the old id is nobody's."""
        self._by_digest.pop(_digest(session.sid), None)
        session.sid = secrets.token_urlsafe(32)
        self._by_digest[_digest(session.sid)] = session
        return session

    def everybody(self) -> list[BrowserSession]:
        """All live sessions."""
        return [session for session in self._by_digest.values() if self.live(session)]

    def of_user(self, user_id: str) -> list[BrowserSession]:
        """The user's live sessions, latest first."""
        mine = [session for session in self.everybody() if session.user_id == user_id]
        return sorted(mine, key=lambda session: -session.since)

    def idle(self, session: BrowserSession) -> float:
        """Seconds since the person did something."""
        return self._clock() - session.seen

    def find(self, sid: str | None) -> BrowserSession | None:
        """The live session of that id, if there is one."""
        session = self._by_digest.get(_digest(sid)) if sid else None
        return session if session is not None and self.live(session) else None

    def live(self, session: BrowserSession) -> bool:
        """Whether the session has neither been ended nor run out."""
        return not session.ended and self.remaining(session) > 0

    def remaining(self, session: BrowserSession) -> float:
        """Seconds until the session runs out if nobody touches it."""
        now = self._clock()
        return min(session.seen + self._limits.idle - now, session.created + self._limits.absolute - now)

    def touch(self, session: BrowserSession) -> None:
        """The person did something: the idle limit counts from now."""
        session.seen = self._clock()

    def drop(self, session: BrowserSession, reason: str = "") -> None:
        """The session is over; the reason is kept for a page of it that asks."""
        session.ended = True
        digest = _digest(session.sid)
        self._by_digest.pop(digest, None)
        if reason and digest not in self._reasons:
            self._reasons[digest] = reason
            while len(self._reasons) > REMEMBERED:
                self._reasons.popitem(last=False)

    def reason(self, sid: str) -> str:
        """Why the session of that id is over; empty for one that this process has not known."""
        return self._reasons.get(_digest(sid), "")

    def run_out(self) -> list[BrowserSession]:
        """Sessions that are still kept and no longer live."""
        return [session for session in self._by_digest.values() if not self.live(session)]

    async def access_token(self, session: BrowserSession) -> Grant:
        """The session's tokens with an access token that lasts a while yet.

        Auth rotates refresh tokens and takes a second use for theft, so there is one refresh at a time.

        Raises
        ------
        NotSignedIn
            The session is over, or Auth no longer knows it (which ends it).
        Unavailable
            Auth does not answer, or is asked too often; the session stays.
        """
        async with session.refreshing:
            if not self.live(session):
                raise NotSignedIn("The session has ended; sign in again.")
            grant = session.grant
            if grant.expires_at - time.time() < min(90.0, grant.lifetime / 2):
                try:
                    session.grant = await self.auth.refresh(grant.refresh_token, session.agent)
                except SignInRefused as error:
                    if error.status == 429:
                        raise Unavailable("The sign-in service is asked too often.") from error
                    session.ended = True
                    raise NotSignedIn("The session has ended; sign in again.") from error
            return session.grant

    async def exchange(self, session: BrowserSession, tokens: Callable[[Grant], Awaitable[Grant]]) -> None:
        """Replace the session's tokens by what `tokens` makes of them; no refresh comes in between."""
        async with session.refreshing:
            session.grant = await tokens(session.grant)


def _digest(sid: str) -> str:
    return hashlib.sha256(sid.encode()).hexdigest()
