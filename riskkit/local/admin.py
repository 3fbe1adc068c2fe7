"""Auth's endpoints for the operator, by the service key: users and their second factors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow
from starlette.requests import Request
from starlette.responses import Response

from riskkit.local import factors, sessions, users
from riskkit.local.answer import AuthError, as_json
from riskkit.local.auth import Auth
from riskkit.local.duration import seconds
from riskkit.local.users import Cursor

_MOST_USERS_A_PAGE = 1000
_ATTRIBUTES = ("password", "email_confirm", "user_metadata", "app_metadata")


class Admin:
    """The endpoints."""

    def __init__(self, auth: Auth) -> None:
        self._auth = auth

    async def create_user(self, request: Request) -> Response:
        """A new user."""
        self._auth.admin(request)
        given = await self._auth.body(request, "id", "email", *_ATTRIBUTES)
        given["email"] = self._auth.email(given)
        hashed = await self._password(given)
        try:
            async with self._auth.transaction(request) as cursor:
                user = await users.create(cursor, given, hashed)
                await self._auth.record(cursor, request, "user_signedup", user["shown"])
        except psycopg.errors.UniqueViolation as error:
            raise users.EXISTS from error
        return as_json(user["shown"])

    async def list_users(self, request: Request) -> Response:
        """One page of users."""
        self._auth.admin(request)
        number, size = (_whole(request, name, usual) for name, usual in (("page", 1), ("per_page", 50)))
        async with self._auth.transaction(request) as cursor:
            found, total = await users.page(cursor, number, min(size, _MOST_USERS_A_PAGE))
        return as_json({"users": found, "aud": "authenticated"}, headers={"x-total-count": str(total)})

    async def get_user(self, request: Request) -> Response:
        """One user."""
        async with self._user(request) as (_, user):
            return as_json(user["shown"])

    async def change_user(self, request: Request) -> Response:
        """Change what is given; a new password ends every session, a ban refuses them until it is over."""
        self._auth.admin(request)
        given = await self._auth.body(request, "ban_duration", *_ATTRIBUTES)
        ban = given.get("ban_duration")
        banned = 0 if ban == "none" else seconds(ban)
        if ban is not None and banned is None:
            raise AuthError(400, "validation_failed", "ban_duration is a duration such as 24h, or none")
        hashed = await self._password(given)
        async with self._user(request, "user_modified") as (cursor, user):
            changed = await users.change(cursor, user["id"], given, hashed, banned)
            if hashed:
                await sessions.end(cursor, user["id"], user["id"])
        return as_json(changed["shown"])

    async def delete_user(self, request: Request) -> Response:
        """Delete a user and everything of theirs that goes with them."""
        self._auth.admin(request)
        await self._auth.body(request)
        try:
            async with self._user(request, "user_deleted") as (cursor, user):
                await cursor.execute("delete from auth.users where id = %s", (user["id"],))
        except (psycopg.IntegrityError, psycopg.ProgrammingError, psycopg.InternalError) as error:
            why = error.diag.message_primary or "rows still name this user"
            raise AuthError(409, "conflict", f"The user cannot be deleted: {why}") from error
        return as_json({})

    async def list_factors(self, request: Request) -> Response:
        """A user's second factors."""
        async with self._user(request) as (_, user):
            return as_json(user["shown"]["factors"])

    async def delete_factor(self, request: Request) -> Response:
        """Reset a second factor: its user signs in with the password, and may enrol another."""
        factor_id = str(request.path_params["factor"])
        async with self._user(request, "factor_deleted") as (cursor, user):
            if factor_id not in [factor["id"] for factor in user["shown"]["factors"]]:
                raise AuthError(404, "mfa_factor_not_found", "Factor not found")
            await factors.remove(cursor, factor_id)
        return as_json({"id": factor_id})

    @asynccontextmanager
    async def _user(self, request: Request, action: str | None = None) -> AsyncIterator[tuple[Cursor, DictRow]]:
        """A transaction on the user of the path, for the service key; what is done is put on record."""
        self._auth.admin(request)
        async with self._auth.transaction(request) as cursor:
            user = await users.by_id(cursor, str(request.path_params["id"]))
            if user is None:
                raise AuthError(404, "user_not_found", "User not found")
            yield cursor, user
            if action is not None:
                await self._auth.record(cursor, request, action, user["shown"])

    async def _password(self, given: Mapping[str, Any]) -> str | None:
        for name in ("user_metadata", "app_metadata"):
            if not isinstance(given.get(name) or {}, dict):
                raise AuthError(400, "validation_failed", f"{name} must be an object")
        return None if given.get("password") is None else await self._auth.hash(given["password"])


def _whole(request: Request, name: str, usual: int) -> int:
    text = request.query_params.get(name) or str(usual)
    if not text.isascii() or not text.isdigit() or not int(text[:9]) >= 1 or len(text) > 9:
        raise AuthError(400, "validation_failed", f"{name} must be a whole number from 1")
    return int(text)
