"""Who is asking: the cookie's session, and nothing else, identifies a request; a kernel belongs to one session."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol, cast

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import RequestHandler
from traitlets import Instance, Unicode

from riskkit.errors import RiskkitError
from riskkit.serving.auth import AuthClient
from riskkit.serving.kernels import OwnedKernels
from riskkit.serving.limits import SignInLimits
from riskkit.serving.sessions import BrowserSession, Sessions

log = logging.getLogger(__name__)

#: Close code of a websocket whose session has ended; 4000-4999 are an application's own.
SIGNED_OUT = 4401


class Application(Protocol):
    """What the identity provider asks of the serving application."""

    base_url: str
    auth: AuthClient
    sessions: Sessions
    kernel_manager: OwnedKernels
    port: int


class ViewerIdentity(IdentityProvider):
    """Sign-in through Supabase Auth; the browser holds an opaque id in a signed cookie.

    Stock `IdentityProvider` also takes a token from the query string and the `Authorization` header; this one reads
    the cookie only.
    """

    token = Unicode("")  # a class trait upstream, configurable there: never a shared server token
    failures = Instance(SignInLimits, args=())

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

    def remember(self, handler: JupyterHandler, session: BrowserSession) -> None:
        """Give the browser its session id; it ends with the browser."""
        handler.set_signed_cookie(
            self.cookie, session.sid, expires_days=None, httponly=True, samesite="Strict",
            secure=bool(self.secure_cookie), path=self._cookie_path(),
        )  # fmt: skip

    def forget(self, handler: JupyterHandler) -> None:
        """Take the session id back."""
        handler.clear_cookie(
            self.cookie, path=self._cookie_path(), secure=bool(self.secure_cookie), httponly=True, samesite="Strict"
        )

    def _cookie_path(self) -> str:
        return "/" if self.secure_cookie else self.app.base_url

    async def end(self, session: BrowserSession, reason: str) -> None:
        """End a session: here, its websockets, its kernels, and at Auth."""
        app = self.app
        app.sessions.drop(session)
        log.info("session ended", extra={"user_id": session.user_id, "reason": reason})
        for socket in list(session.sockets):
            socket.close(SIGNED_OUT, reason)
        await app.kernel_manager.end_of(session)
        try:
            await app.auth.sign_out(session.grant.access_token)
        except RiskkitError as error:  # the session is over here whatever Auth says; its token lives to its own end
            log.warning("sign-out at Auth failed: %s", error)

    def end_now(self, session: BrowserSession, reason: str) -> None:
        """End a session where nothing can be awaited: it is over at once, what hangs on it follows."""
        self.app.sessions.drop(session)
        ending = asyncio.get_running_loop().create_task(self.end(session, reason))
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)

    async def sweep(self) -> None:
        """End the sessions that have run out."""
        for session in self.app.sessions.run_out():
            await self.end(session, "session ended")


class OwnerOnly(Authorizer):
    """A kernel obeys the session that started it, on REST and on the websocket; everything else is refused."""

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:  # noqa: ARG002
        """Whether the request's session owns the kernel named in the path."""
        kernel_id = handler.path_kwargs.get("kernel_id")
        session = getattr(handler, "viewer", None)
        if resource != "kernels" or not kernel_id or session is None:
            return False
        kernels: OwnedKernels = handler.kernel_manager  # type: ignore[assignment]
        return kernels.owner(kernel_id) is session
