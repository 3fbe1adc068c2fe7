"""Who is asking: the cookie's session, and nothing else, identifies a request; a kernel belongs to one session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Protocol, cast

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import RequestHandler
from traitlets import Instance, Unicode

from riskkit.errors import NotSignedIn, RiskkitError
from riskkit.serving.auth import AuthClient
from riskkit.serving.halfway import HalfSignIn, Halfway
from riskkit.serving.kernels import OwnedKernels
from riskkit.serving.limits import MailLimits, SignInLimits
from riskkit.serving.proof import Codes
from riskkit.serving.sessions import BrowserSession, Sessions
from riskkit.serving.watch import Watch

log = logging.getLogger(__name__)

#: Close code of a websocket whose session has ended; 4000-4999 are an application's own.
SIGNED_OUT = 4401


class Application(Protocol):
    """What the identity provider asks of the serving application."""

    base_url: str
    auth: AuthClient
    sessions: Sessions
    halfway: Halfway
    watch: Watch
    kernel_manager: OwnedKernels
    port: int


class ViewerIdentity(IdentityProvider):
    """Sign-in through Supabase Auth; the browser holds an opaque id in a signed cookie.

    Stock `IdentityProvider` also takes a token from the query string and the `Authorization` header; this one reads
    the cookie only.
    """

    token = Unicode("")  # a class trait upstream, configurable there: never a shared server token
    failures = Instance(SignInLimits, args=())
    codes = Instance(Codes, args=())
    mails = Instance(MailLimits, args=())

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "token": ""})
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def app(self) -> Application:
        """The serving application."""
        return cast(Application, self.parent)

    @property
    def auth_enabled(self) -> bool:
        """Always."""
        return True

    @property
    def login_available(self) -> bool:
        """Always."""
        return True

    @property
    def logout_available(self) -> bool:
        """Always."""
        return True

    @property
    def cookie(self) -> str:
        """Name of the cookie: the port is in it, because browsers share cookies between the ports of a host."""
        return "__Host-riskkit" if self.secure_cookie else f"riskkit-{self.app.port}"

    @property
    def half_cookie(self) -> str:
        """Name of the cookie of a sign-in that is not complete."""
        return "__Host-riskkit-half" if self.secure_cookie else f"riskkit-half-{self.app.port}"

    def get_handlers(self) -> list[tuple[str, object]]:
        """None: Voila would add its own sign-in here; ours are added with the other handlers."""
        return []

    def is_token_authenticated(self, handler: RequestHandler) -> bool:  # noqa: ARG002 (upstream's signature)
        """Never; so cross-site request forgery is always checked."""
        return False

    async def get_user(self, handler: JupyterHandler) -> User | None:  # type: ignore[override]
        """The user of the cookie's session, or None."""
        session = self.session_of(handler)
        if session is None:
            return None
        handler.viewer = session  # type: ignore[attr-defined]
        return User(username=session.user_id, name=session.email, display_name=session.email)

    def session_of(self, handler: JupyterHandler) -> BrowserSession | None:
        """The live session that the request's cookie names."""
        value = handler.get_signed_cookie(self.cookie, max_age_days=2)
        return self.app.sessions.find(value.decode("ascii", "replace")) if value else None

    def had_session(self, handler: JupyterHandler) -> bool:
        """Whether the browser still carries the cookie of a session that is over (a restart of the server included)."""
        return handler.get_cookie(self.cookie) is not None and self.session_of(handler) is None

    def ended_by(self, handler: JupyterHandler) -> str:
        """Why the session that the request's cookie names is over; empty where no cookie is left, or none was known."""
        value = handler.get_signed_cookie(self.cookie, max_age_days=2)
        return self.app.sessions.reason(value.decode("ascii", "replace")) if value else ""

    def half_of(self, handler: JupyterHandler) -> HalfSignIn | None:
        """The incomplete sign-in that the request's cookie names."""
        value = handler.get_signed_cookie(self.half_cookie, max_age_days=1)
        return self.app.halfway.find(value.decode("ascii", "replace")) if value else None

    def remember(self, handler: JupyterHandler, session: BrowserSession) -> None:
        """Give the browser its session id; it ends with the browser."""
        self._set_cookie(handler, self.cookie, session.sid)

    def remember_half(self, handler: JupyterHandler, half: HalfSignIn) -> None:
        """Give the browser the id of its incomplete sign-in."""
        self._set_cookie(handler, self.half_cookie, half.sid)

    def forget(self, handler: JupyterHandler) -> None:
        """Take the session id back."""
        self._clear_cookie(handler, self.cookie)

    def forget_half(self, handler: JupyterHandler, half: HalfSignIn | None) -> None:
        """The incomplete sign-in is over, one way or the other."""
        if half is not None:
            self.app.halfway.drop(half)
        if handler.get_cookie(self.half_cookie) is not None:
            self._clear_cookie(handler, self.half_cookie)

    def _set_cookie(self, handler: JupyterHandler, name: str, value: str) -> None:
        handler.set_signed_cookie(
            name, value, expires_days=None, httponly=True, samesite="Strict", secure=bool(self.secure_cookie),
            path=self._cookie_path(),
        )  # fmt: skip

    def _clear_cookie(self, handler: JupyterHandler, name: str) -> None:
        handler.clear_cookie(
            name, path=self._cookie_path(), secure=bool(self.secure_cookie), httponly=True, samesite="Strict"
        )

    def _cookie_path(self) -> str:
        return "/" if self.secure_cookie else self.app.base_url

    async def end(self, session: BrowserSession, reason: str) -> None:
        """End a session: here, its websockets, its kernels, and at Auth."""
        app = self.app
        app.sessions.drop(session, reason)
        log.info("session ended", extra={"user_id": session.user_id, "reason": reason})
        for socket in list(session.sockets):
            socket.close(SIGNED_OUT, "session ended")
        await app.kernel_manager.end_of(session)
        await self._sign_out(session.grant.access_token)

    async def give_up(self, half: HalfSignIn) -> None:
        """End an incomplete sign-in."""
        self.app.halfway.drop(half)
        await self._sign_out(half.grant.access_token)

    async def _sign_out(self, access_token: str) -> None:
        try:
            await self.app.auth.sign_out(access_token)
        except RiskkitError as error:  # it is over here whatever Auth says; its token lives to its own end
            log.info("sign-out at Auth: %s", error)

    def end_now(self, session: BrowserSession, reason: str) -> None:
        """End a session where nothing can be awaited: it is over at once, what hangs on it follows."""
        self.app.sessions.drop(session, reason)
        self.later(self.end(session, reason))

    def later(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something that no answer waits for."""
        task = asyncio.get_running_loop().create_task(work)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)

    async def look(self, session: BrowserSession) -> None:
        """Ask Auth whether the session lives, unless it has just been asked.

        Raises
        ------
        NotSignedIn
            It does not, and has ended here too.
        """
        reason = await self.app.watch.reason(session, at_least=2)
        if reason:
            self.end_now(session, reason)
            raise NotSignedIn

    async def sweep(self) -> None:
        """End the sessions that have run out, and those that were ended elsewhere."""
        over = [(session, "run out") for session in self.app.sessions.run_out()]
        over += await self.app.watch.ended()
        await asyncio.gather(*(self.end(session, reason) for session, reason in over))
        for half in self.app.halfway.run_out():
            await self.give_up(half)

    async def end_all(self) -> None:
        """The server stops: no session is left behind at Auth."""
        tokens = [session.grant.access_token for session in self.app.sessions.everybody()]
        await asyncio.gather(*(self._sign_out(token) for token in tokens))


class OwnerOnly(Authorizer):
    """A kernel obeys the session that started it, on REST and on the websocket; everything else is refused."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:  # noqa: ARG002 (theirs)
        """Whether the request's session owns the kernel named in the path."""
        kernel_id = handler.path_kwargs.get("kernel_id")
        session = getattr(handler, "viewer", None)
        if resource != "kernels" or not kernel_id or session is None:
            return False
        kernels: OwnedKernels = handler.kernel_manager  # type: ignore[assignment]
        return kernels.owner(kernel_id) is session
