"""`/account`: one's password, second factors and sessions."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.escape import url_escape

from riskkit.errors import NotSignedIn, RiskkitError, Unavailable
from riskkit.serving.auth import Account, SignedIn, SignInRefused
from riskkit.serving.devices import device
from riskkit.serving.form import SILENT, TOO_MANY, Form, is_password, new_password_problem
from riskkit.serving.recovery import refused_password
from riskkit.serving.sessions import BrowserSession

log = logging.getLogger(__name__)

#: Second factors an account may have; Auth has no recovery codes, so a second device is the way not to be locked out.
MOST_FACTORS = 2
#: Sessions listed: those used last.
MOST_LISTED = 50
#: An id as Auth and the database write it.
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
NOTICES = {
    "password": "Your password is changed. Every other session of yours has ended.",
    "added": "The second factor is set up. From now on signing in asks for its code.",
    "removed": "The second factor is removed.",
    "ended": "That session has ended.",
}


class AccountForm(Form):
    """What the account's pages share: a live session, and the account as Auth knows it now."""

    template = "account.html.j2"

    async def prepare(self, **_: Any) -> Any:
        """Only for who is signed in: others are sent to sign in, whatever they asked for."""
        await super().prepare()
        if self._finished:
            return
        if self.viewer is None:
            self.redirect(self.address("sign-in") + "?next=" + url_escape(self.address("account")), status=303)
            return
        self.surroundings.viewers.sessions.touch(self.session)
        await self.identity.look(self.session)

    async def account(self) -> Account:
        """The account of the session, asked of Auth."""
        sessions = self.identity.app.sessions
        return await sessions.auth.account((await sessions.access_token(self.session)).access_token)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """What Auth refuses a session that was live a moment ago has ended it, or Auth is asked too often."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, SignInRefused):
            said: RiskkitError = NotSignedIn() if error.status in (401, 403) else Unavailable(str(error))
            kwargs["exc_info"] = (type(said), said, error.__traceback__)
        super().write_error(status_code, **kwargs)

    async def show_account(self, status: int = 200, problem: str = "", at: str = "", **typed: Any) -> None:
        """The account's page, with what was typed in the form that is refused."""
        app = self.identity.app
        token = (await app.sessions.access_token(self.session)).access_token
        account, sessions = await asyncio.gather(app.auth.account(token), app.auth.sessions(token))
        kept = {one.grant.session_id: one for one in app.sessions.of_user(self.session.user_id)}
        sessions.sort(key=lambda one: not one.here)
        self.show(
            status, problem, at,
            notice=next((text for name, text in NOTICES.items() if name in self.request.query_arguments), ""),
            aal=self.session.grant.aal,
            admin="admin" in (self.session.roles or {}).values(),
            factors=[{"id": f.id, "name": f.name, "since": f.created_at[:10]} for f in account.verified],
            most=MOST_FACTORS,
            sessions=[self._row(one, kept.get(one.id)) for one in sessions[:MOST_LISTED]],
            unlisted=max(0, len(sessions) - MOST_LISTED),
            typed={"name": "", **typed},
        )  # fmt: skip

    def _row(self, known: SignedIn, kept: BrowserSession | None) -> dict[str, Any]:
        """A session as Auth knows it; of one that this server keeps, more is known here."""
        idle = self.identity.app.sessions.idle(kept) if kept else time.time() - known.seen
        return {
            "id": known.id,
            "here": known.here,
            "device": device(kept.agent if kept else known.agent),
            "address": kept.address if kept else known.address,
            "since": time.strftime("%Y-%m-%d|%H:%M UTC", time.gmtime(known.since)).split("|"),
            "seen": ago(idle),
            "second": known.aal == "aal2",
        }

    async def check_password(self, typed: str) -> tuple[int, str] | None:
        """Whether it is the account's password: None, or status and sentence. Wrong ones count as at sign-in."""
        email, failures = self.session.email, self.identity.failures
        if not is_password(typed):
            return 422, "Give your present password."
        if failures.held_back(email, self.client):
            return 429, TOO_MANY
        failures.attempt(email, self.client)
        auth = self.identity.app.auth
        try:
            grant = await auth.password(email, typed, self.agent)
        except SignInRefused as error:
            log.info("password refused", extra={"user_id": self.session.user_id, "address": self.client})
            return (429, TOO_MANY) if error.status == 429 else (401, "That is not your present password.")
        except Unavailable:
            failures.release(email, self.client)
            return 503, SILENT
        failures.succeeded(email, self.client)
        await auth.sign_out(grant.access_token)  # the sign-in that asking has made
        return None


def ago(seconds: float) -> str:
    """How long ago, in the unit that tells enough.

    >>> ago(30), ago(600), ago(10_000), ago(800_000)
    ('just now', '10 minutes ago', '2 hours ago', '9 days ago')
    """
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds / length)} {unit} ago"
    return "just now"


class AccountPage(AccountForm):
    """The page itself."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Show it."""
        await self.show_account()


class AccountPassword(AccountForm):
    """`/account/password`: a new password, for who knows the present one."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Change it, and end every other session of the account."""
        refused = await self.check_password(self.field("current"))
        if refused is not None:
            await self.show_account(*refused, "current")
            return
        problem = new_password_problem(self.field("password"), self.field("again"))
        if problem is not None:
            await self.show_account(422, *problem)
            return
        app = self.identity.app
        token = (await app.sessions.access_token(self.session)).access_token
        try:
            await app.auth.set_password(token, self.field("password"))
        except SignInRefused as error:
            if error.code not in ("weak_password", "same_password"):
                raise
            await self.show_account(422, refused_password(error), "password")
            return
        log.info("password changed", extra={"user_id": self.session.user_id, "address": self.client})
        await app.auth.sign_out(token, "others")
        await self.end_others()
        self.identity.remember(self, app.sessions.renamed(self.session))
        self.redirect(self.address("account") + "?password", status=303)

    async def end_others(self) -> None:
        """End the account's other sessions here."""
        others = [one for one in self.identity.app.sessions.of_user(self.session.user_id) if one is not self.session]
        await asyncio.gather(*(self.identity.end(one, "password changed") for one in others))


class AccountSessions(AccountForm):
    """`/account/sessions`: end one session of one's own, wherever it was begun, or all."""

    @allow_unauthenticated
    async def post(self) -> None:
        """End what the form names; another person's session is as unknown as none."""
        app, which = self.identity.app, self.field("which")
        mine = app.sessions.of_user(self.session.user_id)
        if which == "everywhere":
            try:
                token = (await app.sessions.access_token(self.session)).access_token
                await app.auth.sign_out(token, "global")
            except RiskkitError as error:
                log.warning("sign-out everywhere at Auth failed: %s", error)
                await self.show_account(
                    503, "Sessions elsewhere could not be ended. Try again in a minute.", "sessions"
                )
                return
            self.identity.forget(self)
            await asyncio.gather(*(self.identity.end(one, "signed out everywhere") for one in mine))
            self.redirect(self.address("sign-in") + "?out", status=303)
            return
        token = (await app.sessions.access_token(self.session)).access_token
        if not ID.fullmatch(which) or not await app.auth.end_session(token, which):
            await self.show_account(422, "That session has ended already.", "sessions")
            return
        log.info("session ended by its owner", extra={"user_id": self.session.user_id, "address": self.client})
        here = [one for one in mine if one.grant.session_id == which]
        await asyncio.gather(*(self.identity.end(one, "ended by its owner") for one in here))
        self.redirect(self.address("account") + "?ended", status=303)
