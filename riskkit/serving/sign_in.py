"""Signing in and out."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Literal

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.escape import url_escape
from tornado.web import HTTPError

from riskkit.errors import Unavailable
from riskkit.serving.auth import Grant, SignInRefused
from riskkit.serving.form import ENDED, SILENT, TOO_MANY, Form, is_password
from riskkit.serving.halfway import MOST_WRONG_CODES, HalfSignIn
from riskkit.serving.pages import Page
from riskkit.serving.proof import CodeRefused

log = logging.getLogger(__name__)

#: What the sign-in page says when it is reached with `?<name>`.
NOTICES = {
    "out": "You are signed out.",
    "again": "That sign-in was not completed in time. Begin again.",
    "codes": "Too many codes were wrong. Begin again with your password.",
    "mailed": "If that address has an account, a mail with a link is on its way. It works once, for an hour.",
}


class Entrance(Form):
    """What the pages on the way in share: where somebody goes who has shown something."""

    async def came(self, grant: Grant, purpose: Literal["sign-in", "recovery", "invite"], then: str) -> None:
        """The password or a mail's link was right: on to the code, to a new password, or in."""
        before = self.identity.session_of(self)
        if before is not None:
            await self.identity.end(before, "signed in again")
        half = self.identity.app.halfway.begin(grant, purpose, then)
        if half.needs_code or half.needs_password:
            self.identity.remember_half(self, half)
        self.further(half)

    def further(self, half: HalfSignIn) -> None:
        """Redirect to what is still to be shown, or, when nothing is, begin the session."""
        identity = self.identity
        if half.needs_code:
            self.redirect(self.address("sign-in", "code"), status=303)
        elif half.needs_password:
            self.redirect(self.address("sign-in", "password"), status=303)
        else:
            identity.forget_half(self, half)
            session = identity.app.sessions.create(half.grant, self.agent, self.client)
            identity.remember(self, session)
            log.info("signed in", extra={"user_id": session.user_id, "address": self.client, "aal": session.grant.aal})
            self.redirect(half.then, status=303)

    def begin_again(self, why: str) -> None:
        """Back to the first page, with a word."""
        self.identity.forget_half(self, None)
        self.redirect(self.address("sign-in") + f"?{why}", status=303)

    def half_way(self, needs_code: bool) -> HalfSignIn | None:
        """The sign-in that waits for a code, or for a password; None when the answer is given already."""
        half = self.identity.half_of(self)
        if half is None:
            self.begin_again("again")
        elif half.needs_code is not needs_code:
            self.further(half)
            return None
        return half


class SignIn(Entrance):
    """`/sign-in`: e-mail and password."""

    template = "sign_in.html.j2"

    @allow_unauthenticated
    def get(self) -> None:
        """The form; who is signed in already goes on."""
        if self.current_user:
            self.redirect(self.wanted())
        elif self.from_elsewhere():
            self.render_page("come_in.html.j2", again=f"{self.request.path}?next={url_escape(self.wanted())}")
        else:
            said = next((text for name, text in NOTICES.items() if name in self.request.arguments), "")
            self.show(notice=said or (ENDED if self.identity.had_session(self) else ""), email="")

    @allow_unauthenticated
    async def post(self) -> None:
        """Sign in, with a new session id, and go where the viewer wanted to go."""
        email, password = self.email(), self.field("password")
        if email is None or not is_password(password):
            self._refuse(422, "Give your e-mail address and your password.")
            return
        failures = self.identity.failures
        if failures.held_back(email, self.client):
            log.warning("sign-in held back", extra={"account": email, "address": self.client})
            self._refuse(429, TOO_MANY)
            return
        failures.attempt(email, self.client)
        try:
            grant = await self.identity.app.auth.password(email, password, self.agent)
        except SignInRefused as error:
            log.info("sign-in refused", extra={"account": email, "address": self.client, "status": error.status})
            if error.status == 429:
                self._refuse(429, TOO_MANY)
            else:
                self._refuse(401, "That e-mail and password do not belong together.")
            return
        except Unavailable:
            failures.release(email, self.client)
            self._refuse(503, SILENT)
            return
        failures.succeeded(email, self.client)
        await self.came(grant, "sign-in", self.wanted())

    def _refuse(self, status: int, problem: str) -> None:
        self.show(status, problem, notice="", email=self.field("email").strip()[:256])


class SecondFactor(Entrance):
    """`/sign-in/code`: the code of a second factor, from somebody who has shown the password."""

    template = "code.html.j2"

    @allow_unauthenticated
    def get(self) -> None:
        """The form, for a sign-in that waits for it."""
        half = self.half_way(needs_code=True)
        if half is not None:
            self._ask(half)

    @allow_unauthenticated
    async def post(self) -> None:
        """Show the code to Auth; after too many wrong ones the password has to be shown again."""
        identity = self.identity
        half = self.half_way(needs_code=True)
        if half is None:
            return
        half.wrong_codes += 1
        try:
            half.grant = await identity.codes.show(
                identity.app.auth, half.grant, half.grant.factors, self.field("code")
            )
        except Unavailable:
            half.wrong_codes -= 1
            self._ask(half, CodeRefused(503, SILENT))
        except CodeRefused as error:
            await self._wrong(half, error)
        else:
            self.further(half)

    async def _wrong(self, half: HalfSignIn, error: CodeRefused) -> None:
        facts = {"user_id": half.grant.user_id, "address": self.client, "status": error.status}
        log.info("code refused", extra=facts)
        half.wrong_codes -= error.status == 422  # no code at all
        if error.status == 403 or half.wrong_codes >= MOST_WRONG_CODES:
            await self.identity.give_up(half)
            self.begin_again("again" if error.status == 403 else "codes")
        else:
            self._ask(half, error)

    def _ask(self, half: HalfSignIn, error: CodeRefused | None = None) -> None:
        names = [factor.name for factor in half.grant.factors]
        if error is None:
            self.show(devices=names)
        else:
            self.refused(error, devices=names)


class SignOut(Page):
    """`POST` only: a link, an image or another site cannot sign anybody out."""

    @allow_unauthenticated
    def get(self) -> None:
        """Not this way."""
        raise HTTPError(405)

    @allow_unauthenticated
    async def post(self) -> None:
        """End the session, its websockets and its kernels; or a sign-in that is not complete."""
        identity = self.identity
        session, half = identity.session_of(self), identity.half_of(self)
        identity.forget(self)
        if half is not None:
            identity.forget_half(self, half)
            identity.later(identity.give_up(half))
        if session is not None:
            ending: asyncio.Task[Any] = asyncio.create_task(identity.end(session, "signed out"))
            await asyncio.wait([ending], timeout=15)
        self.redirect(self.address("sign-in") + "?out", status=303)
