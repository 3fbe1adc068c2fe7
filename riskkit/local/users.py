"""Auth's rows: users, sessions, refresh tokens; each function runs in the transaction it is handed."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import AsyncCursor
from psycopg.rows import DictRow

Cursor = AsyncCursor[DictRow]


@dataclass(frozen=True)
class Refreshed:
    """What became of a refresh token: `fresh` a new one, `reused` its session is ended, `unknown`."""

    outcome: str
    user: DictRow | None = None
    session: DictRow | None = None
    token: str = ""


async def by_email(cursor: Cursor, email: str) -> DictRow | None:
    """The user with that address, in any case."""
    await cursor.execute("select * from auth.users where email = lower(%s)", (email,))
    return await cursor.fetchone()


async def by_id(cursor: Cursor, user_id: str) -> DictRow | None:
    """The user with that id."""
    await cursor.execute("select * from auth.users where id = %s", (user_id,))
    return await cursor.fetchone()


async def page(cursor: Cursor, number: int, size: int) -> tuple[list[DictRow], int]:
    """One page of users in the order they came, counted from 1, and how many there are in all."""
    await cursor.execute(
        "select *, count(*) over () as total from auth.users order by created_at, id limit %s offset %s",
        (size, (number - 1) * size),
    )
    rows = await cursor.fetchall()
    return rows, rows[0]["total"] if rows else 0


async def create(cursor: Cursor, given: Mapping[str, Any], password_hash: str | None) -> DictRow:
    """A new user with its e-mail identity; a second one with the same address raises UniqueViolation."""
    await cursor.execute(
        """
        insert into auth.users (id, email, encrypted_password, email_confirmed_at,
          raw_user_meta_data, raw_app_meta_data)
        values (coalesce(%s::uuid, gen_random_uuid()), lower(%s), %s, case when %s then now() end, %s,
          '{"provider": "email", "providers": ["email"]}'::jsonb || %s::jsonb)
        returning *
        """,
        (
            given.get("id"),
            given["email"],
            password_hash,
            bool(given.get("email_confirm")),
            json.dumps(given.get("user_metadata") or {}),
            json.dumps(given.get("app_metadata") or {}),
        ),
    )
    user = await cursor.fetchone()
    if user is None:
        raise RuntimeError("insert returned no row")
    identity = {
        "sub": str(user["id"]),
        "email": user["email"],
        "email_verified": user["email_confirmed_at"] is not None,
    }
    await cursor.execute(
        "insert into auth.identities (user_id, provider_id, identity_data) values (%s, %s, %s)",
        (user["id"], str(user["id"]), json.dumps(identity)),
    )
    return user


async def begin_session(cursor: Cursor, user: DictRow, agent: str | None, address: str | None) -> tuple[DictRow, str]:
    """A new session of a user who has just shown the password, and its first refresh token."""
    amr = [{"method": "password", "timestamp": int(datetime.now(UTC).timestamp())}]
    await cursor.execute("update auth.users set last_sign_in_at = now() where id = %s returning *", (user["id"],))
    user.update(await cursor.fetchone() or {})
    await cursor.execute(
        "insert into auth.sessions (user_id, amr, user_agent, ip) values (%s, %s, %s, %s) returning *",
        (user["id"], json.dumps(amr), (agent or "")[:300], address),
    )
    session = await cursor.fetchone()
    if session is None:
        raise RuntimeError("insert returned no row")
    return session, await _new_token(cursor, session["id"])


async def refresh(cursor: Cursor, token: str, reuse_seconds: int) -> Refreshed:
    """Exchange a refresh token; one used longer than `reuse_seconds` ago ends its session and all its tokens."""
    await cursor.execute(
        """
        select t.id, t.session_id, s.user_id, t.used_at,
          t.used_at < now() - make_interval(secs => %s) or (t.used_at is not null and %s = 0) as stale
        from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id
        where t.token_sha256 = %s for update
        """,
        (reuse_seconds, reuse_seconds, _sha256(token)),
    )
    known = await cursor.fetchone()
    if known is None:
        return Refreshed("unknown")
    if known["stale"]:
        await cursor.execute("delete from auth.sessions where id = %s", (known["session_id"],))
        return Refreshed("reused", await by_id(cursor, known["user_id"]))
    await cursor.execute(
        "update auth.refresh_tokens set used_at = coalesce(used_at, now()) where id = %s", (known["id"],)
    )
    await cursor.execute(
        "update auth.sessions set refreshed_at = now() where id = %s returning *", (known["session_id"],)
    )
    session = await cursor.fetchone()
    return Refreshed(
        "fresh", await by_id(cursor, known["user_id"]), session, await _new_token(cursor, known["session_id"])
    )


async def session_of(cursor: Cursor, claims: Mapping[str, Any]) -> DictRow | None:
    """The session that a token's claims name, if it has not ended."""
    await cursor.execute(
        "select * from auth.sessions where id = %s and user_id = %s", (claims["session_id"], claims["sub"])
    )
    return await cursor.fetchone()


async def end_sessions(cursor: Cursor, claims: Mapping[str, Any], scope: str) -> None:
    """End this session (`local`), the user's others (`others`) or all of them (`global`)."""
    which = {"local": "id = %(session)s", "others": "id <> %(session)s", "global": "true"}[scope]
    await cursor.execute(
        f"delete from auth.sessions where user_id = %(user)s and {which}".encode(),  # noqa: S608 (from the table above)
        {"user": claims["sub"], "session": claims["session_id"]},
    )


async def as_user(cursor: Cursor, user: DictRow) -> dict[str, Any]:
    """A user as the client expects it."""
    await cursor.execute("select * from auth.identities where user_id = %s order by created_at", (user["id"],))
    identities = [
        {
            "identity_id": str(row["id"]),
            "id": row["provider_id"],
            "user_id": str(row["user_id"]),
            "identity_data": row["identity_data"],
            "provider": row["provider"],
            "last_sign_in_at": stamp(row["last_sign_in_at"]),
            "created_at": stamp(row["created_at"]),
            "updated_at": stamp(row["updated_at"]),
            "email": row["identity_data"].get("email"),
        }
        for row in await cursor.fetchall()
    ]
    return {
        "id": str(user["id"]),
        "aud": user["aud"],
        "role": user["role"],
        "email": user["email"],
        "phone": "",
        "email_confirmed_at": stamp(user["email_confirmed_at"]),
        "confirmed_at": stamp(user["email_confirmed_at"]),
        "last_sign_in_at": stamp(user["last_sign_in_at"]),
        "app_metadata": user["raw_app_meta_data"],
        "user_metadata": user["raw_user_meta_data"],
        "identities": identities,
        "created_at": stamp(user["created_at"]),
        "updated_at": stamp(user["updated_at"]),
        "is_anonymous": user["is_anonymous"],
    }


def stamp(moment: datetime | None) -> str | None:
    """A time as Auth writes it: `2026-01-02T03:04:05.678901Z`."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None


async def _new_token(cursor: Cursor, session_id: str) -> str:
    token = secrets.token_urlsafe(24)
    await cursor.execute(
        "insert into auth.refresh_tokens (token_sha256, session_id) values (%s, %s)", (_sha256(token), session_id)
    )
    return token


def _sha256(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
