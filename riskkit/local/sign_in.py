"""Auth's endpoints for a person: password, refresh, user, sign-out, and the keys that tokens are checked with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from riskkit.local import sessions, users
from riskkit.local.answer import AuthError, as_json
from riskkit.local.auth import Auth, address

_INVALID = AuthError(400, "invalid_credentials", "Invalid login credentials")


class SignIn:
    """The endpoints."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    async def health(self, _: Request) -> Response:
        """Whether the gateway reaches its database; asks for no key."""
        healthy = await self._auth.database.healthy()
        return as_json({"name": "riskkit-local", "healthy": healthy}, 200 if healthy else 503)

    async def jwks(self, _: Request) -> Response:
        """The public keys of access tokens; asks for no key."""
        return as_json(self._auth.tokens.jwks(), headers={"cache-control": "public, max-age=60"})

    async def token(self, request: Request) -> Response:
        """Sign in with a password, or exchange a refresh token."""
        self._auth.key(request)
        grant = request.query_params.get("grant_type")
        if grant == "password":
            return await self._password(request, await self._auth.body(request, "email", "password", "data"))
        if grant == "refresh_token":
            return await self._refresh(request, await self._auth.body(request, "refresh_token"))
        raise AuthError(400, "validation_failed", "grant_type is password or refresh_token")

    async def user(self, request: Request) -> Response:
        """The signed-in user, as long as the session has not ended."""
        async with self._auth.signed_in(request) as (_, session):
            return as_json(session["shown"])

    async def change_user(self, request: Request) -> Response:
        """A new password or other user metadata; a password ends the user's other sessions.

        As hosted by default: a living session is enough, and with a second factor it must have shown it. A current
        password that is sent along must be right, except after a mail's link.
        """
        body = await self._auth.body(request, "password", "data", "current_password")
        password, data = body.get("password"), body.get("data") or {}
        if not isinstance(data, dict):
            raise AuthError(400, "validation_failed", "data must be an object")
        async with self._auth.signed_in(request) as (_, session):
            pass  # hashing takes a while: not inside a transaction
        hashed = await self._new_password(request, session, body) if password is not None else None
        async with self._auth.signed_in(request) as (cursor, session):
            user = await users.change(cursor, session["user_id"], {"user_metadata": data}, hashed)
            if hashed:
                await sessions.end(cursor, session["user_id"], session["id"], "others")
            action = "user_updated_password" if hashed else "user_modified"
            await self._auth.record(cursor, request, action, session["shown"])
        return as_json(user["shown"])

    async def logout(self, request: Request) -> Response:
        """End this session, the others, or all; access tokens live on until they expire, as upstream."""
        scope = request.query_params.get("scope", "global")
        if scope not in sessions.SCOPES:
            raise AuthError(400, "validation_failed", f"Unsupported logout scope {scope!r}")
        async with self._auth.signed_in(request) as (cursor, session):
            await sessions.end(cursor, session["user_id"], session["id"], scope)
            await self._auth.record(cursor, request, "logout", session["shown"])
        return Response(status_code=204)

    async def _password(self, request: Request, body: Mapping[str, Any]) -> Response:
        email, password = body.get("email"), body.get("password")
        if not isinstance(email, str) or not isinstance(password, str) or not email or not password:
            raise AuthError(400, "validation_failed", "email and password are needed")
        if len(email) > 255 or len(password) > 1024 or not email.isprintable():
            raise _INVALID
        account = email.strip().lower()
        self._auth.attempt("password", account, request)
        async with self._auth.transaction(request) as cursor:
            user = await users.by_email(cursor, account)
        right = await self._auth.matches(password, user["encrypted_password"] if user else None)
        if user is None or not right:
            if user is not None:
                self._auth.refused(request, "password", user["shown"])
            raise _INVALID
        self._auth.attempts["password"].succeeded(account, address(request))
        if user["banned"]:
            raise AuthError(400, "user_banned", "User is banned")
        if user["email_confirmed_at"] is None:
            raise AuthError(400, "email_not_confirmed", "Email not confirmed")
        return await self.begin(request, user, "password", "login")

    async def begin(self, request: Request, user: Mapping[str, Any], method: str, action: str) -> Response:
        """A new session of a user who has proved who they are."""
        came = request.headers.get("user-agent", ""), address(request)
        async with self._auth.transaction(request) as cursor:
            session = await sessions.begin(cursor, self._auth.config, user["id"], method, came)
            await self._auth.record(cursor, request, action, user["shown"])
        return self._auth.session(session)

    async def _refresh(self, request: Request, body: Mapping[str, Any]) -> Response:
        token = body.get("refresh_token")
        if not isinstance(token, str) or not token or len(token) > 200:
            raise AuthError(400, "validation_failed", "refresh_token is needed")
        async with self._auth.transaction(request) as cursor:
            session = await sessions.refresh(cursor, self._auth.config, self._auth.tokens.secret, token)
        if isinstance(session, AuthError):
            raise session
        return self._auth.session(session)

    async def _new_password(self, request: Request, session: Mapping[str, Any], body: Mapping[str, Any]) -> str:
        """The hash of the password a session may set."""
        if session["enrolled"] and session["aal"] != "aal2":
            message = "AAL2 session is required to update email or password when MFA is enabled."
            raise AuthError(401, "insufficient_aal", message)
        hashed, known = await self._auth.hash(body["password"]), session["encrypted_password"]
        current, by_mail = body.get("current_password"), any(proof["method"] == "otp" for proof in session["amr"])
        if current is not None and not by_mail:
            self._auth.attempt("password", session["email"], request)
            if not isinstance(current, str) or not await self._auth.matches(current, known):
                raise AuthError(400, "current_password_invalid", "Current password required when setting new password.")
            self._auth.attempts["password"].succeeded(session["email"], address(request))
        if known and await self._auth.matches(body["password"], known):
            raise AuthError(422, "same_password", "New password should be different from the old password.")
        return hashed
