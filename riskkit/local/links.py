"""Auth's endpoints around a mail's secret: invite, recover, and verify, which exchanges it for a session, once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from psycopg.rows import DictRow
from starlette.requests import Request
from starlette.responses import Response

from riskkit.errors import Unavailable
from riskkit.local import users
from riskkit.local.answer import AuthError, as_json
from riskkit.local.auth import Auth
from riskkit.local.mail import Post
from riskkit.local.sessions import sha256
from riskkit.local.sign_in import SignIn
from riskkit.local.users import Cursor, one


class Links:
    """The endpoints."""

    def __init__(self, auth: Auth, sign_in: SignIn, post: Post) -> None:
        self._auth, self._sign_in, self._post = auth, sign_in, post

    async def invite(self, request: Request) -> Response:
        """A new user without a password, by the service key, and a mail; somebody who never came is mailed again."""
        self._auth.admin(request)
        body = await self._auth.body(request, "email", "data")
        email, data = self._auth.email(body), body.get("data") or {}
        if not isinstance(data, dict):
            raise AuthError(400, "validation_failed", "data must be an object")
        async with self._auth.transaction(request) as cursor:
            user = await users.by_email(cursor, email)
            if user is not None and user["email_confirmed_at"] is not None:
                raise users.EXISTS
            if user is None:
                user = await users.create(cursor, {"email": email, "user_metadata": data, "invited": True}, None)
            words = await self._secret(cursor, request, user, "invite", 0)
            await self._auth.record(cursor, request, "user_invited", user["shown"])
        try:
            await self._post.send(self._post.mail.message("invite", email, words or {}))
        except Unavailable as error:
            raise AuthError(500, "unexpected_failure", f"Error sending invite email: {error}") from error
        return as_json(user["shown"])

    async def recover(self, request: Request) -> Response:
        """A mail to whoever has an account: the answer is the same, and as fast, where nobody has."""
        self._auth.key(request)
        email = self._auth.email(await self._auth.body(request, "email"))
        self._auth.attempt("mail", email, request)
        self._auth.later(self._recover(request, email))
        return as_json({})

    async def verify(self, request: Request) -> Response:
        """A session for the `token_hash` of a mail's link: its 256 bits are not guessed, so tries are not counted."""
        self._auth.key(request)
        body = await self._auth.body(request, "type", "token_hash", "redirect_to", "options")
        kind, link = body.get("type"), body.get("token_hash")
        if kind not in ("invite", "recovery") or not isinstance(link, str) or not link:
            raise AuthError(400, "validation_failed", "Verify requires a type, invite or recovery, and a token_hash")
        async with self._auth.transaction(request) as cursor:
            user = await self._spend(cursor, kind, sha256(link))
        if user is None:
            raise AuthError(403, "otp_expired", "Email link is invalid or has expired")
        if user["banned"]:
            raise AuthError(403, "user_banned", "User is banned")
        return await self._sign_in.begin(request, user, "otp", "login" if kind == "recovery" else "invite_accepted")

    async def _recover(self, request: Request, email: str) -> None:
        async with self._auth.transaction(request) as cursor:
            user = await users.by_email(cursor, email)
            words = None
            if user is not None:
                words = await self._secret(cursor, request, user, "recovery", self._post.mail.interval)
                await self._auth.record(cursor, request, "user_recovery_requested", user["shown"])
        if words is not None:
            await self._post.send(self._post.mail.message("recovery", email, words))

    async def _secret(
        self, cursor: Cursor, request: Request, user: DictRow, kind: str, interval: int
    ) -> Mapping[str, str] | None:
        """A mail's words with a fresh secret, in place of an older one; None if that is younger than `interval`."""
        link = secrets.token_urlsafe(32)
        kept = await one(
            cursor,
            """
            insert into auth.one_time_tokens as known (user_id, token_type, token_sha256) values (%s, %s, %s)
            on conflict (user_id, token_type) do update set token_sha256 = excluded.token_sha256, created_at = now()
              where known.created_at <= now() - make_interval(secs => %s)
            returning user_id
            """,
            *(user["id"], kind, sha256(link), interval),
        )
        if kept is None:
            return None
        place = self._post.mail.place(request.query_params.get("redirect_to"))
        site = self._post.mail.site_url
        return {"RedirectTo": place, "SiteURL": site, "TokenHash": link, "Email": user["email"]}

    async def _spend(self, cursor: Cursor, kind: str, secret: bytes) -> DictRow | None:
        """The user whose secret it was; it is used up, and the address has proved to be theirs."""
        spent = await one(
            cursor,
            "delete from auth.one_time_tokens where token_type = %s and token_sha256 = %s"
            " returning user_id, created_at > now() - make_interval(secs => %s) as fresh",
            *(kind, secret, self._post.mail.life),
        )
        if spent is None or not spent["fresh"]:
            return None
        return await users.change(cursor, spent["user_id"], {"email_confirm": True})
