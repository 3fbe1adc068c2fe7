"""The ways in that begin with a mail: a forgotten password and an invitation; both end with a new password."""

from __future__ import annotations

import logging
import re
from typing import Any, cast

from jupyter_server.auth.decorator import allow_unauthenticated

from riskkit.errors import RiskkitError, Unavailable
from riskkit.serving.auth import LinkKind, SignInRefused
from riskkit.serving.form import SILENT, TOO_MANY, new_password_problem
from riskkit.serving.halfway import HalfSignIn
from riskkit.serving.sign_in import Entrance

log = logging.getLogger(__name__)

_HASH = re.compile(r"[A-Za-z0-9_-]{16,200}", re.ASCII)
KINDS = ("recovery", "invite")
SPENT = "This link was used already, or is too old. Ask for a new one."


class Forgotten(Entrance):
    """`/sign-in/forgotten`: ask for a mail with a link."""

    template = "forgotten.html.j2"

    @allow_unauthenticated
    def get(self) -> None:
        """The form."""
        self.show(email="")

    @allow_unauthenticated
    async def post(self) -> None:
        """Have the mail sent; the answer, and the time it takes, are the same whether the address is known or not."""
        email = self.email()
        if email is None:
            self.show(422, "Give your e-mail address.", "email", email=self.field("email").strip()[:256])
            return
        if not await self.identity.app.auth.healthy():
            self.show(503, SILENT, email=email)
            return
        if self.identity.mails.mail(email, self.client):
            self.identity.later(self._mail(email))
        else:
            log.warning("mail held back", extra={"account": email, "address": self.client})
        self.redirect(self.address("sign-in") + "?mailed", status=303)

    async def _mail(self, email: str) -> None:
        try:
            await self.identity.app.auth.recover(email, self.public_address("sign-in", "link"))
        except RiskkitError as error:
            log.warning("no mail for a forgotten password: %s", error)


class Link(Entrance):
    """`/sign-in/link`: where the links of mails lead. Opening one spends nothing: mail scanners open links too."""

    template = "link.html.j2"

    async def prepare(self, **_: Any) -> Any:
        """The page's address holds the secret: no request that the page makes may say where it came from."""
        self.set_header("Referrer-Policy", "no-referrer")
        return await super().prepare()

    def check_origin(self, origin_to_satisfy_tornado: str = "") -> bool:
        """Nor does its form, whose origin is therefore "null"; the form's token is checked as everywhere."""
        return self.request.headers.get("Origin") == "null" or bool(super().check_origin(origin_to_satisfy_tornado))

    @allow_unauthenticated
    def get(self) -> None:
        """A button that goes on; the secret moves from the address into the form."""
        kind, token_hash = self.get_query_argument("type", ""), self.get_query_argument("token_hash", "")
        if kind not in KINDS or not _HASH.fullmatch(token_hash):
            self.show(400, SPENT, kind="", token_hash="")
        else:
            self.show(kind=kind, token_hash=token_hash)

    @allow_unauthenticated
    async def post(self) -> None:
        """Exchange the secret for a sign-in that is not complete, and leave the address behind."""
        kind, token_hash = self.field("type"), self.field("token_hash")
        if kind not in KINDS or not _HASH.fullmatch(token_hash):
            self.show(400, SPENT, kind="", token_hash="")
            return
        if not self.identity.mails.link(self.client):
            self.show(429, TOO_MANY, kind=kind, token_hash=token_hash)
            return
        try:
            grant = await self.identity.app.auth.exchange(cast(LinkKind, kind), token_hash, self.agent)
        except SignInRefused as error:
            log.info("link refused", extra={"address": self.client, "status": error.status})
            busy = error.status == 429
            self.show(429 if busy else 401, TOO_MANY if busy else SPENT, kind=kind if busy else "",
                      token_hash=token_hash if busy else "")  # fmt: skip
        except Unavailable:
            self.show(503, SILENT, kind=kind, token_hash=token_hash)
        else:
            await self.came(grant, cast(LinkKind, kind), self.base_url)


class NewPassword(Entrance):
    """`/sign-in/password`: set the password, for somebody who came by a mail."""

    template = "new_password.html.j2"

    @allow_unauthenticated
    def get(self) -> None:
        """The form, for a sign-in that waits for it."""
        half = self.half_way(needs_code=False)
        if half is not None:
            self._ask(half)

    @allow_unauthenticated
    async def post(self) -> None:
        """Set it, end the account's other sessions, and go in."""
        half = self.half_way(needs_code=False)
        if half is None:
            return
        problem = new_password_problem(self.field("password"), self.field("again"))
        if problem is not None:
            self._ask(half, 422, *problem)
            return
        token = half.grant.access_token
        try:
            await self.identity.app.auth.set_password(token, self.field("password"))
            await self.identity.app.auth.sign_out(token, "others")
        except SignInRefused as error:
            if error.code in ("weak_password", "same_password"):
                self._ask(half, 422, refused_password(error), "password")
            else:
                await self.identity.give_up(half)
                self.begin_again("again")
        except Unavailable:
            self._ask(half, 503, SILENT)
        else:
            log.info("password set", extra={"user_id": half.grant.user_id, "address": self.client})
            for session in self.identity.app.sessions.of_user(half.grant.user_id):
                self.identity.end_now(session, "password set anew")
            half.purpose = "sign-in"
            self.further(half)

    def _ask(self, half: HalfSignIn, status: int = 200, problem: str = "", at: str = "") -> None:
        self.show(status, problem, at, invited=half.purpose == "invite", email=half.grant.email)


def refused_password(error: SignInRefused) -> str:
    """Why Auth does not take a new password, for the person who chose it."""
    if error.code == "same_password":
        return "That is your password already; choose another."
    return "That password is too easy to guess; choose a longer one."
