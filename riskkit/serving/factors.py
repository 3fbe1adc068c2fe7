"""Setting up a second factor with a QR code, and removing one."""

from __future__ import annotations

import io
import logging
from typing import Any

import segno
from jupyter_server.auth.decorator import allow_unauthenticated

from riskkit.errors import Unavailable
from riskkit.serving.account import MOST_FACTORS, AccountForm
from riskkit.serving.auth import Account, Enrolment, Factor, SignInRefused
from riskkit.serving.form import SILENT, TOO_MANY
from riskkit.serving.proof import CodeRefused

log = logging.getLogger(__name__)

ISSUER = "riskkit"
LONGEST_NAME = 40


class AddFactor(AccountForm):
    """`/account/factors`: begin to set up a second factor, after showing the password, or a code of the first one."""

    @allow_unauthenticated
    async def post(self) -> None:
        """Have Auth make a secret; the next page shows it."""
        account = await self.account()
        name = " ".join(self.field("name").split()) or "Authenticator"
        if len(name) > LONGEST_NAME or not name.isprintable():
            await self.show_account(422, f"Choose a name of at most {LONGEST_NAME} letters.", "name")
        elif name in [factor.name for factor in account.verified]:
            await self.show_account(422, "Another device of yours has that name.", "name", name=name)
        elif len(account.verified) >= MOST_FACTORS:
            await self.show_account(422, f"{MOST_FACTORS} devices are the most. Remove one first.", "name", name=name)
        elif await self._proved(account, name):
            await self._begin(account, name)

    async def _proved(self, account: Account, name: str) -> bool:
        """Whether the form shows the password or, once there is a second factor, a code; else it is answered."""
        if account.verified:
            try:
                await self.show_code(account.verified)
            except CodeRefused as error:
                await self.show_account(error.status, str(error), "proof", name=name)
                return False
            return True
        refused = await self.check_password(self.field("proof"))
        if refused is not None:
            await self.show_account(*refused, "proof", name=name)
        return refused is None

    async def _begin(self, account: Account, name: str) -> None:
        app = self.identity.app
        token = (await app.sessions.access_token(self.session)).access_token
        try:
            for factor in account.factors:
                if not factor.verified:  # begun before and left
                    await app.auth.unenrol(token, factor.id)
            self.session.enrolling = await app.auth.enrol(token, name, ISSUER)
        except SignInRefused as error:
            log.warning("second factor refused by Auth: %s", error)
            status, problem = (429, TOO_MANY) if error.status == 429 else (422, "No second factor can be set up now.")
            await self.show_account(status, problem, "name", name=name)
            return
        self.redirect(self.address("account", "factors", "new"), status=303)

    async def show_code(self, factors: tuple[Factor, ...], field: str = "proof") -> None:
        """Show the form's code to Auth; the session gets the tokens that come of it."""
        identity = self.identity
        app, session = identity.app, self.session
        await app.sessions.access_token(session)
        code = self.field(field)
        session.checked = app.watch.now()  # what Auth is asked in between would contradict itself
        await app.sessions.exchange(session, lambda grant: identity.codes.show(app.auth, grant, factors, code))
        identity.remember(self, app.sessions.renamed(session))


class NewFactor(AddFactor):
    """`/account/factors/new`: the QR code, and the first code of the app that read it."""

    template = "new_factor.html.j2"

    @allow_unauthenticated
    async def get(self) -> None:
        """Show the secret as a QR code and as text."""
        begun = self._begun()
        if begun is not None:
            self._ask(begun)

    @allow_unauthenticated
    async def post(self) -> None:
        """Verify the first code, or give up."""
        begun = self._begun()
        if begun is None:
            return
        if self.field("cancel"):
            await self._cancel(begun)
            return
        try:
            await self.show_code((Factor(begun.factor_id, begun.name, False, ""),), "code")
        except CodeRefused as error:
            self._ask(begun, error)
        except Unavailable:
            self._ask(begun, CodeRefused(503, SILENT))
        else:
            self.session.enrolling = None
            log.info("second factor set up", extra={"user_id": self.session.user_id, "address": self.client})
            self.redirect(self.address("account") + "?added", status=303)

    def _begun(self) -> Enrolment | None:
        if self.session.enrolling is None:
            self.redirect(self.address("account"), status=303)
        return self.session.enrolling

    async def _cancel(self, begun: Enrolment) -> None:
        app = self.identity.app
        self.session.enrolling = None
        try:
            await app.auth.unenrol((await app.sessions.access_token(self.session)).access_token, begun.factor_id)
        except SignInRefused as error:
            log.info("unverified second factor not removed: %s", error)  # Auth forgets it by itself
        self.redirect(self.address("account"), status=303)

    def _ask(self, begun: Enrolment, error: CodeRefused | None = None) -> None:
        secret = begun.secret
        fields: dict[str, Any] = {
            "name": begun.name,
            "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            "qr": qr_code(begun.uri),
        }
        if error is None:
            self.show(**fields)
        else:
            self.refused(error, **fields)


class RemoveFactor(AddFactor):
    """`/account/factors/remove`: a code of any second factor of the account removes one."""

    template = "remove_factor.html.j2"

    @allow_unauthenticated
    async def get(self) -> None:
        """Ask for the code."""
        factor = self._named(await self.account(), self.get_query_argument("id", ""))
        if factor is not None:
            self.show(id=factor.id, name=factor.name)

    @allow_unauthenticated
    async def post(self) -> None:
        """Remove it; the session's rights are what is left."""
        account = await self.account()
        factor = self._named(account, self.field("id"))
        if factor is None:
            return
        try:
            await self.show_code(account.verified, "code")
        except CodeRefused as error:
            self.refused(error, id=factor.id, name=factor.name)
            return
        app, session = self.identity.app, self.session
        await app.auth.unenrol(session.grant.access_token, factor.id)
        await app.sessions.exchange(session, lambda grant: app.auth.refresh(grant.refresh_token))
        log.info("second factor removed", extra={"user_id": session.user_id, "address": self.client})
        self.redirect(self.address("account") + "?removed", status=303)

    def _named(self, account: Account, factor_id: str) -> Factor | None:
        found = next((factor for factor in account.verified if factor.id == factor_id), None)
        if found is None:
            self.redirect(self.address("account"), status=303)
        return found


def qr_code(uri: str) -> str:
    """The address as an inline SVG picture, dark on white whatever the page's colours: cameras want it so."""
    picture = io.BytesIO()
    segno.make(uri, error="m", micro=False).save(
        picture, kind="svg", xmldecl=False, svgns=False, scale=5, border=4, light="#fff", dark="#14213d",
        svgclass="rk-qr", lineclass=None, omitsize=False, title="QR code for your authenticator app",
    )  # fmt: skip
    return picture.getvalue().decode()
