"""Signing in and out."""

from __future__ import annotations

import asyncio
import logging
import re
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.escape import url_escape
from tornado.web import HTTPError

from riskkit.errors import Unavailable
from riskkit.serving.auth import SignInRefused
from riskkit.serving.pages import Page

log = logging.getLogger(__name__)

#: A sign-in form is small; bcrypt looks at 72 bytes of a password.
LARGEST_FORM = 16_384
LONGEST_PASSWORD = 1024
_EMAIL = re.compile(r"[^\s@\x00-\x1f\x7f]{1,128}@[^\s@\x00-\x1f\x7f]{1,126}")

ENDED = "Your session has ended. Sign in again to go on."
TOO_MANY = "Too many attempts. Wait five minutes, then try again."


class SignIn(Page):
    """The sign-in page: e-mail and password, and room for a second factor later."""

    async def prepare(self, **_: Any) -> Any:
        """Refuse an outsized form before anything reads it."""
        if len(self.request.body) > LARGEST_FORM:
            raise HTTPError(413)
        return await super().prepare()

    @allow_unauthenticated
    def get(self) -> None:
        """The form; who is signed in already goes on."""
        if self.current_user:
            self.redirect(self._next())
        elif self._came_from_elsewhere():
            self.render_page("come_in.html.j2", again=f"{self.request.path}?next={url_escape(self._next())}")
        else:
            ended = self.identity.had_session(self)
            self._form(notice=ENDED if ended else "You are signed out." if "out" in self.request.arguments else "")

    @allow_unauthenticated
    async def post(self) -> None:
        """Sign in, with a new session id, and go where the viewer wanted to go."""
        email, password = self._field("email").strip().lower(), self._field("password")
        if not _EMAIL.fullmatch(email) or not password or "\0" in password or len(password) > LONGEST_PASSWORD:
            self._form(422, problem="Give your e-mail address and your password.", email=email)
            return
        failures, address = self.identity.failures, str(self.request.remote_ip)
        if failures.held_back(email, address):
            log.warning("sign-in held back", extra={"account": email, "address": address})
            self._form(429, problem=TOO_MANY, email=email)
            return
        failures.attempt(email, address)
        try:
            grant = await self.identity.app.auth.password(email, password)
        except SignInRefused as error:
            log.info("sign-in refused", extra={"account": email, "address": address, "status": error.status})
            too_many = error.status == 429
            problem = TOO_MANY if too_many else "That e-mail and password do not belong together."
            self._form(429 if too_many else 401, problem=problem, email=email)
            return
        except Unavailable:
            failures.release(email, address)
            self._form(503, problem="The sign-in service does not answer. Try again in a minute.", email=email)
            return
        failures.succeeded(email, address)
        before = self.identity.session_of(self)
        if before is not None:
            await self.identity.end(before, "signed in again")
        session = self.identity.app.sessions.create(grant)
        self.identity.remember(self, session)
        log.info("signed in", extra={"user_id": session.user_id, "address": address})
        self.redirect(self._next(), status=303)

    def _field(self, name: str) -> str:
        """A field as it was typed: tornado's own reading turns control characters into spaces, in passwords too."""
        values = self.request.body_arguments.get(name, [b""])
        return values[-1].decode("utf-8", "replace")

    def _form(self, status: int = 200, *, problem: str = "", notice: str = "", email: str = "") -> None:
        self.set_status(status)
        self.render_page(
            "sign_in.html.j2", problem=problem, notice=notice, fields={"email": email[:256], "next": self._next()}
        )

    def _next(self) -> str:
        wanted: str = self.get_argument("next", "")
        ours = (
            wanted.startswith(self.base_url) and not wanted.startswith("//") and not re.search(r"[\\\x00-\x20]", wanted)
        )
        return wanted if ours and len(wanted) <= 9000 else self.base_url

    def _came_from_elsewhere(self) -> bool:
        """Whether this is a click on a link in a mail: a strict cookie is not sent with it, even when there is one.

        A page of our own that loads the address again makes it a request of the same site.
        """
        headers = self.request.headers
        return (
            headers.get("Sec-Fetch-Site") == "cross-site"
            and headers.get("Sec-Fetch-Dest") == "document"
            and self.get_cookie(self.identity.cookie) is None
        )


class SignOut(Page):
    """`POST` only: a link, an image or another site cannot sign anybody out."""

    @allow_unauthenticated
    def get(self) -> None:
        """Not this way."""
        raise HTTPError(405)

    @allow_unauthenticated
    async def post(self) -> None:
        """End the session, its websockets and its kernels."""
        identity = self.identity
        session = identity.session_of(self)
        identity.forget(self)
        if session is not None:
            ending: asyncio.Task[Any] = asyncio.create_task(identity.end(session, "signed out"))
            await asyncio.wait([ending], timeout=15)
        self.redirect(self.address("sign-in") + "?out", status=303)
