"""Auth's rows of users; each function runs in the transaction it is handed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from psycopg import AsyncCursor
from psycopg.rows import DictRow

from riskkit.local.answer import AuthError

Cursor = AsyncCursor[DictRow]
EXISTS = AuthError(422, "email_exists", "A user with this email address has already been registered")
_USER = "select u.*, u.banned_until > now() as banned, auth.described(u) as shown from auth.users u where "


async def one(cursor: Cursor, statement: str, *values: object) -> DictRow | None:
    """The first row of a statement of Auth's."""
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


async def create(cursor: Cursor, given: Mapping[str, Any], password_hash: str | None) -> DictRow:
    """A new user with its e-mail identity; a second one with the same address raises UniqueViolation."""
    statement = """
      with made as (
        insert into auth.users (id, email, encrypted_password, invited_at)
        values (coalesce(%s::uuid, gen_random_uuid()), lower(%s), %s, case when %s then now() end) returning *)
      insert into auth.identities (user_id, provider_id, identity_data)
      select id, id::text, jsonb_build_object('sub', id, 'email', email) from made returning user_id
    """
    values = given.get("id"), given["email"], password_hash, bool(given.get("invited"))
    made = await one(cursor, statement, *values)
    return await change(cursor, made["user_id"] if made else "", given)


async def change(
    cursor: Cursor, user_id: str, given: Mapping[str, Any], password_hash: str | None = None, ban: float | None = None
) -> DictRow:
    """Change what is given; metadata are merged, and a name set to null goes. `ban` [s]: 0 lifts one."""
    statement = """
      update auth.users set encrypted_password = coalesce(%s, encrypted_password),
        email_confirmed_at = case when %s then coalesce(email_confirmed_at, now()) else email_confirmed_at end,
        raw_user_meta_data = auth.merged(raw_user_meta_data, %s),
        raw_app_meta_data = auth.merged(raw_app_meta_data, %s),
        banned_until = case when %s::float8 is null then banned_until
          when %s > 0 then now() + make_interval(secs => %s) end, updated_at = now()
      where id = %s
    """
    metadata = (json.dumps(given.get(name) or {}) for name in ("user_metadata", "app_metadata"))
    values = password_hash, bool(given.get("email_confirm")), *metadata, ban, ban, ban, user_id
    await cursor.execute(statement.encode(), values)
    return await by_id(cursor, user_id) or {}
