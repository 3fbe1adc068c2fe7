"""Auth's endpoints for a second factor: enrol, challenge, verify, unenrol. A code works once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import io
import os
import re
import time
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pyotp
import segno
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from psycopg.rows import DictRow
from starlette.requests import Request
from starlette.responses import Response

from riskkit.local import sessions
from riskkit.local.answer import AuthError, as_json
from riskkit.local.auth import Auth, address
from riskkit.local.users import Cursor, one

#: Life of a challenge, and of an enrolment nobody finished [s].
LIFE = 300
_STEP = 30
_CODE = re.compile(r"[0-9]{6}")


class Factors:
    """The endpoints."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth
        self._vault = AESGCM(hashlib.sha256(b"factors " + auth.tokens.secret.encode()).digest())

    async def enrol(self, request: Request) -> Response:
        """A new factor, unverified until its first code; the secret is shown this once."""
        body = await self._auth.body(request, "factor_type", "friendly_name", "issuer")
        if body.get("factor_type") != "totp":
            raise AuthError(400, "validation_failed", "factor_type needs to be totp")
        name = _text(body, "friendly_name")
        issuer = _text(body, "issuer") or urlsplit(self._auth.config.mail.get("site_url", "http://riskkit")).netloc
        secret, factor_id = pyotp.random_base32(), str(uuid.uuid4())
        async with self._auth.signed_in(request) as (cursor, session):
            await self._may_enrol(cursor, session, name)
            await cursor.execute(
                "insert into auth.mfa_factors (id, user_id, friendly_name, secret) values (%s, %s, %s, %s)",
                (factor_id, session["user_id"], name, self._sealed(secret, factor_id)),
            )
            await self._auth.record(cursor, request, "factor_enrolled", session["shown"])
        uri, drawing = pyotp.TOTP(secret).provisioning_uri(name=session["email"], issuer_name=issuer), io.BytesIO()
        segno.make(uri, error="m").save(drawing, kind="svg", scale=4, border=4, xmldecl=False, nl=False)
        # In a data URI, which the client makes of it, a number sign would begin a fragment.
        totp = {"qr_code": drawing.getvalue().decode().replace("#000", "black"), "secret": secret, "uri": uri}
        return as_json({"id": factor_id, "type": "totp", "friendly_name": name, "totp": totp})

    async def challenge(self, request: Request) -> Response:
        """What a code is given for; it lives 300 seconds and belongs to the address that asked."""
        await self._auth.body(request)
        async with self._auth.signed_in(request) as (cursor, session):
            factor = await _own(cursor, request, session)
            statement = """
              with old as (delete from auth.mfa_challenges
                where factor_id = %(factor)s and created_at < now() - interval '1 hour')
              insert into auth.mfa_challenges (factor_id, ip_address) values (%(factor)s, %(address)s) returning id
            """
            await cursor.execute(statement.encode(), {"factor": factor["id"], "address": address(request)})
            made = await cursor.fetchone() or {}
        return as_json({"id": str(made["id"]), "type": "totp", "expires_at": int(time.time()) + LIFE})

    async def verify(self, request: Request) -> Response:
        """A right code makes this session aal2; the user's sessions without a second factor end."""
        body = await self._auth.body(request, "factor_id", "challenge_id", "code")
        async with self._auth.signed_in(request) as (cursor, session):
            factor = await _own(cursor, request, session)
            challenge = await _challenge(cursor, factor, body.get("challenge_id"), address(request))
            self._auth.attempt("factor", str(factor["id"]), request)
            step = matching_step(self._opened(factor), body.get("code"), factor["last_step"])
            if step is not None:
                await _accept(cursor, session, factor, challenge, step)
                await self._auth.record(cursor, request, "verification_attempted", session["shown"])
                raised = await sessions.raise_level(cursor, session, factor["id"])
        if step is None:
            facts = {"factor_id": str(factor["id"]), "factor_type": "totp"}
            self._auth.refused(request, "factor", session["shown"], **facts)
            raise AuthError(422, "mfa_verification_failed", "Invalid TOTP code entered")
        self._auth.attempts["factor"].succeeded(str(factor["id"]), address(request))
        return self._auth.session(raised)

    async def unenrol(self, request: Request) -> Response:
        """Remove a factor; a verified one needs a session that has shown a second factor."""
        async with self._auth.signed_in(request) as (cursor, session):
            factor = await _own(cursor, request, session)
            if factor["status"] == "verified" and session["aal"] != "aal2":
                raise AuthError(422, "insufficient_aal", "AAL2 required to unenroll verified factor")
            await remove(cursor, str(factor["id"]))
            await self._auth.record(cursor, request, "factor_unenrolled", session["shown"])
        return as_json({"id": str(factor["id"])})

    async def _may_enrol(self, cursor: Cursor, session: DictRow, name: str) -> None:
        """Hosted's rules: enrolments nobody finished go after 300 seconds, then names differ and a count is kept to."""
        await cursor.execute("select from auth.users where id = %s for update", (session["user_id"],))
        old = "delete from auth.mfa_factors where user_id = %s and status = 'unverified' and created_at < now() - %s"
        await cursor.execute(old, (session["user_id"], timedelta(seconds=LIFE)))
        await cursor.execute("select friendly_name from auth.mfa_factors where user_id = %s", (session["user_id"],))
        names, most = [row["friendly_name"] for row in await cursor.fetchall()], self._auth.config.most_factors
        if len(names) >= most:
            message = f"At most {most} factors may be enrolled, finished or not: unenroll one to continue"
            raise AuthError(422, "too_many_enrolled_mfa_factors", message)
        if name in names:
            message = f'A factor with the friendly name "{name}" for this user already exists'
            raise AuthError(422, "mfa_factor_name_conflict", message)
        if session["enrolled"] and session["aal"] != "aal2":
            raise AuthError(403, "insufficient_aal", "AAL2 required to enroll a new factor")

    def _sealed(self, secret: str, factor_id: str) -> str:
        nonce = os.urandom(12)
        return base64.b64encode(nonce + self._vault.encrypt(nonce, secret.encode(), factor_id.encode())).decode()

    def _opened(self, factor: Mapping[str, Any]) -> str:
        raw = base64.b64decode(factor["secret"])
        try:
            return self._vault.decrypt(raw[:12], raw[12:], str(factor["id"]).encode()).decode()
        except InvalidTag as error:
            message = "This factor was sealed with other secrets; the operator can reset it"
            raise AuthError(500, "unexpected_failure", message) from error


def matching_step(secret: str, code: object, last: int, now: float | None = None) -> int | None:
    """The 30-second step a code is of: this one or a neighbour, and later than the last that was used."""
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return None
    totp, current = pyotp.TOTP(secret), int(time.time() if now is None else now) // _STEP
    steps = [one for one in (current - 1, current, current + 1) if hmac.compare_digest(totp.generate_otp(one), code)]
    return next((one for one in steps if one > last), None)


async def remove(cursor: Cursor, factor_id: str) -> None:
    """Delete a factor; sessions that it raised are aal1 from their next token on."""
    await sessions.lower_level(cursor, factor_id)
    await cursor.execute("delete from auth.mfa_factors where id = %s", (factor_id,))


async def _own(cursor: Cursor, request: Request, session: DictRow) -> DictRow:
    """The factor of the path, locked, if it is the user's."""
    statement = "select * from auth.mfa_factors where id = %s and user_id = %s for update"
    factor = await one(cursor, statement, str(request.path_params["id"]), session["user_id"])
    if factor is None:
        raise AuthError(404, "mfa_factor_not_found", "Factor not found")
    return factor


async def _accept(cursor: Cursor, session: DictRow, factor: DictRow, challenge: str, step: int) -> None:
    """The code was right: the challenge is answered, the step used, and enrolments that others left unfinished go."""
    await cursor.execute("update auth.mfa_challenges set verified_at = now() where id = %s", (challenge,))
    used = "update auth.mfa_factors set status = 'verified', last_step = %s, updated_at = now() where id = %s"
    await cursor.execute(used, (step, factor["id"]))
    left = "delete from auth.mfa_factors where user_id = %s and status = 'unverified'"
    await cursor.execute(left, (session["user_id"],))


async def _challenge(cursor: Cursor, factor: DictRow, given: object, came: str) -> str:
    """The id of the factor's challenge, if it may still be answered from that address."""
    asked = given if isinstance(given, str) and given.isascii() else ""
    known = await one(
        cursor,
        "select host(ip_address) = %s and verified_at is null as open, created_at < now() - %s as expired"
        " from auth.mfa_challenges where id::text = %s and factor_id = %s",
        *(came, timedelta(seconds=LIFE), asked, factor["id"]),
    )
    if known is None:
        raise AuthError(422, "mfa_factor_not_found", "MFA factor with the provided challenge ID not found")
    if not known["open"]:
        raise AuthError(422, "mfa_ip_address_mismatch", "Challenge and verify IP addresses mismatch.")
    if known["expired"]:
        message = f"MFA challenge {asked} has expired, verify against another challenge or create a new challenge."
        raise AuthError(422, "mfa_challenge_expired", message)
    return asked


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name) or ""
    if not isinstance(value, str) or len(value) > 100 or not value.isprintable():
        raise AuthError(400, "validation_failed", f"{name} must be a printable text of at most 100 characters")
    return value
