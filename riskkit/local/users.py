"""Auth's rows: users, sessions, refresh tokens; each function runs in the transaction it is handed."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from psycopg import AsyncCursor
from psycopg.rows import DictRow

Cursor = AsyncCursor[DictRow]
_USER = "select *, auth.shown(u) as shown from auth.users u where "


async def one(cursor: Cursor, statement: str, *values: object) -> DictRow | None:
    """The first row of a statement of this module."""
    await cursor.execute(statement.encode(), values)
    return await cursor.fetchone()


async def by_email(cursor: Cursor, email: str) -> DictRow | None:
    """The user with that address, in any case; `shown` is what the client is told."""
    return await one(cursor, _USER + "email = lower(%s)", email)


async def by_id(cursor: Cursor, user_id: str) -> DictRow | None:
    """The user with that id."""
    return await one(cursor, _USER + "id = %s", user_id)


async def page(cursor: Cursor, number: int, size: int) -> tuple[list[Any], int]:
    """One page of users in the order they came, counted from 1, and how many there are in all."""
    values = (size, (number - 1) * size)
    await cursor.execute(_USER.encode() + b"true order by created_at, id limit %s offset %s", values)
    shown = [row["shown"] for row in await cursor.fetchall()]
    total = await one(cursor, "select count(*) from auth.users")
    return shown, total["count"] if total else 0


async def create(cursor: Cursor, given: Mapping[str, Any], password_hash: str | None) -> Any:
    """A new user with its e-mail identity; a second one with the same address raises UniqueViolation."""
    made = await one(
        cursor,
        """
        with made as (
          insert into auth.users (id, email, encrypted_password, email_confirmed_at,
            raw_user_meta_data, raw_app_meta_data)
          values (coalesce(%s::uuid, gen_random_uuid()), lower(%s), %s, case when %s then now() end, %s,
            '{"provider": "email", "providers": ["email"]}'::jsonb || %s::jsonb)
          returning *)
        insert into auth.identities (user_id, provider_id, identity_data)
        select id, id::text, jsonb_build_object('sub', id, 'email', email,
          'email_verified', email_confirmed_at is not null) from made
        returning user_id
        """,
        given.get("id"),
        given["email"],
        password_hash,
        bool(given.get("email_confirm")),
        json.dumps(given.get("user_metadata") or {}),
        json.dumps(given.get("app_metadata") or {}),
    )
    user = await by_id(cursor, made["user_id"]) if made else None
    return user["shown"] if user else None


async def begin_session(cursor: Cursor, user_id: str, agent: str, address: str) -> DictRow:
    """A new session of a user who has just shown the password, with `user_shown` and its first `refresh_token`."""
    amr = json.dumps([{"method": "password", "timestamp": int(time.time())}])
    await cursor.execute("update auth.users set last_sign_in_at = now() where id = %s", (user_id,))
    session = await one(
        cursor,
        "insert into auth.sessions (user_id, amr, user_agent, ip) values (%s, %s, %s, %s) returning id",
        *(user_id, amr, agent[:300], address),
    )
    return await _with_token(cursor, session["id"] if session else "")


async def refresh(cursor: Cursor, token: str, reuse_seconds: int) -> DictRow | str | None:
    """The session of a refresh token with a new one; None for an unknown token.

    A token that was used longer than `reuse_seconds` ago ends its session and all its tokens: "reused".
    """
    known = await one(
        cursor,
        """
        select t.id, t.session_id, t.used_at <= now() - make_interval(secs => %s) as stale
        from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id where t.token_sha256 = %s for update
        """,
        *(reuse_seconds, _sha256(token)),
    )
    if known is None:
        return None
    if known["stale"]:
        await cursor.execute("delete from auth.sessions where id = %s", (known["session_id"],))
        return "reused"
    await cursor.execute(
        "update auth.refresh_tokens set used_at = coalesce(used_at, clock_timestamp()) where id = %s", (known["id"],)
    )
    await cursor.execute("update auth.sessions set refreshed_at = now() where id = %s", (known["session_id"],))
    return await _with_token(cursor, known["session_id"])


async def signed_in(cursor: Cursor, claims: Mapping[str, Any]) -> Any:
    """The user whose unended session a token's claims name, as shown; None when it has ended."""
    ids = (claims["session_id"], claims["sub"])
    session = await one(cursor, "select user_id from auth.sessions where id = %s and user_id = %s", *ids)
    user = await by_id(cursor, session["user_id"]) if session else None
    return user["shown"] if user else None


async def end_sessions(cursor: Cursor, claims: Mapping[str, Any], scope: str) -> None:
    """End this session (`local`), the user's others (`others`) or all of them (`global`)."""
    which = {"local": " and id = %s", "others": " and id <> %s", "global": " and %s::uuid is not null"}[scope]
    statement = "delete from auth.sessions where user_id = %s" + which  # noqa: S608 (from the table above)
    await cursor.execute(statement.encode(), (claims["sub"], claims["session_id"]))


async def _with_token(cursor: Cursor, session_id: str) -> DictRow:
    token = secrets.token_urlsafe(24)
    await cursor.execute(
        "insert into auth.refresh_tokens (token_sha256, session_id) values (%s, %s)", (_sha256(token), session_id)
    )
    row = await one(
        cursor,
        "select s.*, auth.shown(u) as user_shown from auth.sessions s join auth.users u on u.id = s.user_id"
        " where s.id = %s",
        session_id,
    )
    return {**(row or {}), "refresh_token": token}


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
