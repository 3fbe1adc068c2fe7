"""Auth's endpoints: password sign-in, refresh, user, sign-out, and the admin's users."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import DictRow
from starlette.requests import Request
from starlette.responses import Response

from riskkit.local import users
from riskkit.local.answer import AuthError, as_json
from riskkit.local.attempts import Attempts
from riskkit.local.body import read_body
from riskkit.local.config import Config
from riskkit.local.database import Database
from riskkit.local.passwords import LONGEST, hash_password, matches
from riskkit.local.tokens import Caller, TokenRefused, Tokens

_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_INVALID = AuthError(400, "invalid_credentials", "Invalid login credentials")
_HASHING_AT_ONCE = 4
_MOST_USERS_A_PAGE = 1000


class Auth:
    """The Auth slice on one database."""

    def __init__(self, database: Database, tokens: Tokens, config: Config) -> None:
        self._database, self._tokens, self._config = database, tokens, config
        self._attempts = Attempts()
        self._hashing = asyncio.Semaphore(_HASHING_AT_ONCE)

    async def health(self, _: Request) -> Response:
        """Whether the gateway reaches its database; asks for no key."""
        healthy = await self._database.healthy()
        return as_json({"name": "riskkit-local", "healthy": healthy}, 200 if healthy else 503)

    async def token(self, request: Request) -> Response:
        """Sign in with a password, or exchange a refresh token."""
        self._key(request)
        grant = request.query_params.get("grant_type")
        body = await self._body(request)
        if grant == "password":
            return await self._password(request, body)
        if grant == "refresh_token":
            return await self._refresh(body)
        raise AuthError(400, "validation_failed", "grant_type is password or refresh_token")

    async def user(self, request: Request) -> Response:
        """The signed-in user, as long as the session has not ended."""
        caller = self._user(request)
        async with self._database.auth_transaction() as cursor:
            user = await users.signed_in(cursor, caller.claims)
        if user is None:
            raise AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
        return as_json(user)

    async def logout(self, request: Request) -> Response:
        """End this session, the others, or all; access tokens live on until they expire, as upstream."""
        caller = self._user(request)
        scope = request.query_params.get("scope", "global")
        if scope not in ("global", "local", "others"):
            raise AuthError(400, "validation_failed", f"Unsupported logout scope {scope!r}")
        async with self._database.auth_transaction() as cursor:
            await users.end_sessions(cursor, caller.claims, scope)
        return Response(status_code=204)

    async def create_user(self, request: Request) -> Response:
        """A new user, by the service key."""
        self._admin(request)
        given = await self._body(request)
        email, password = given.get("email"), given.get("password")
        if not isinstance(email, str) or not email.isprintable() or not _EMAIL.fullmatch(email):
            raise AuthError(400, "validation_failed", "Unable to validate email address: invalid format")
        if password is not None:
            self._check_password(password)
        for name in ("user_metadata", "app_metadata"):
            if not isinstance(given.get(name) or {}, dict):
                raise AuthError(400, "validation_failed", f"{name} must be an object")
        hashed = await self._hash(password) if password else None
        try:
            async with self._database.auth_transaction() as cursor:
                user = await users.create(cursor, given, hashed)
        except psycopg.errors.UniqueViolation as error:
            message = "A user with this email address has already been registered"
            raise AuthError(422, "email_exists", message) from error
        except psycopg.DataError as error:
            raise AuthError(400, "validation_failed", "A value cannot be stored") from error
        return as_json(user)

    async def list_users(self, request: Request) -> Response:
        """One page of users, by the service key."""
        self._admin(request)
        number, size = (_whole(request, name, usual) for name, usual in (("page", 1), ("per_page", 50)))
        async with self._database.auth_transaction() as cursor:
            found, total = await users.page(cursor, number, min(size, _MOST_USERS_A_PAGE))
        return as_json({"users": found, "aud": "authenticated"}, headers={"x-total-count": str(total)})

    async def get_user(self, request: Request) -> Response:
        """One user, by the service key."""
        self._admin(request)
        async with self._database.auth_transaction() as cursor:
            user = await users.by_id(cursor, str(request.path_params["id"]))
        if user is None:
            raise AuthError(404, "user_not_found", "User not found")
        return as_json(user["shown"])

    async def _password(self, request: Request, body: Mapping[str, Any]) -> Response:
        email, password = body.get("email"), body.get("password")
        if not isinstance(email, str) or not isinstance(password, str) or not email or not password:
            raise AuthError(400, "validation_failed", "email and password are needed")
        if len(email) > 255 or len(password) > 1024 or not email.isprintable():
            raise _INVALID
        account, address = email.strip().lower(), request.client.host if request.client else "unknown"
        if not self._attempts.begin(account, address):
            raise AuthError(429, "over_request_rate_limit", "Too many attempts; try again in a few minutes")
        async with self._database.auth_transaction() as cursor:
            user = await users.by_email(cursor, account)
        async with self._hashing:
            right = await asyncio.to_thread(matches, password, user["encrypted_password"] if user else None)
        if user is None or not right:
            raise _INVALID
        self._attempts.succeeded(account, address)
        if user["email_confirmed_at"] is None:
            raise AuthError(400, "email_not_confirmed", "Email not confirmed")
        async with self._database.auth_transaction() as cursor:
            agent = request.headers.get("user-agent", "")
            return self._session(await users.begin_session(cursor, user["id"], agent, address))

    async def _refresh(self, body: Mapping[str, Any]) -> Response:
        token = body.get("refresh_token")
        if not isinstance(token, str) or not token or len(token) > 200:
            raise AuthError(400, "validation_failed", "refresh_token is needed")
        async with self._database.auth_transaction() as cursor:
            session = await users.refresh(cursor, token, self._config.reuse_seconds)
        if isinstance(session, str):
            raise AuthError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
        if session is None:
            raise AuthError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        return self._session(session)

    def _session(self, session: DictRow) -> Response:
        user = session["user_shown"]
        claims = {name: user[name] for name in ("email", "phone", "app_metadata", "user_metadata", "is_anonymous")}
        own = {"sub": user["id"], "aal": session["aal"], "amr": session["amr"], "session_id": str(session["id"])}
        access_token, expires = self._tokens.issue(claims | own)
        body = {
            "access_token": access_token,
            "token_type": "bearer",
            "expires_in": self._tokens.life,
            "expires_at": expires,
            "refresh_token": session["refresh_token"],
            "user": user,
        }
        return as_json(body, headers={"cache-control": "no-store"})

    async def _hash(self, password: str) -> str:
        async with self._hashing:
            return await asyncio.to_thread(hash_password, password)

    async def _body(self, request: Request) -> dict[str, Any]:
        raw = await read_body(request, self._config.auth_bytes)
        try:
            body = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise AuthError(400, "bad_json", "Could not parse request body as JSON") from error
        if not isinstance(body, dict):
            raise AuthError(400, "bad_json", "The request body must be a JSON object")
        return body

    def _check_password(self, password: object) -> None:
        shortest = self._config.password_length
        if not isinstance(password, str) or not shortest <= len(password) <= LONGEST:
            raise AuthError(422, "weak_password", f"Password should be {shortest} to {LONGEST} characters.")

    def _key(self, request: Request) -> None:
        """Any known key will do: a client that refreshes still sends the access token that has expired."""
        if self._tokens.key_role(request.headers.get("apikey")) is None:
            raise AuthError(401, "no_authorization", "No API key found in request, or an unknown one")

    def _caller(self, request: Request) -> Caller:
        """Whoever holds a known key; a bearer token that is given must be good."""
        headers = request.headers
        try:
            return self._tokens.caller(headers.get("apikey"), headers.get("authorization"))
        except TokenRefused as error:
            if error.code in ("no_key", "bad_key"):
                raise AuthError(401, "no_authorization", error.message) from error
            raise AuthError(403, "bad_jwt", f"invalid JWT: {error.message}") from error

    def _user(self, request: Request) -> Caller:
        caller = self._caller(request)
        if caller.role != "authenticated":
            raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
        return caller

    def _admin(self, request: Request) -> None:
        if self._caller(request).role != "service_role":
            raise AuthError(403, "not_admin", "User not allowed")


def _whole(request: Request, name: str, usual: int) -> int:
    text = request.query_params.get(name) or str(usual)
    if not text.isascii() or not text.isdigit() or not int(text[:9]) >= 1 or len(text) > 9:
        raise AuthError(400, "validation_failed", f"{name} must be a whole number from 1")
    return int(text)
