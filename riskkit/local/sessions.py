"""Auth's rows of sessions and their refresh tokens; each function runs in the transaction it is handed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from psycopg.rows import DictRow

from riskkit.local.answer import AuthError
from riskkit.local.config import Config
from riskkit.local.users import Cursor, one

SCOPES = ("local", "others", "global")


async def begin(cursor: Cursor, config: Config, user_id: str, method: str, came: tuple[str, str]) -> DictRow:
    """A new session of a user who has just shown a password or a mail's secret; `came`: user agent and address."""
    await cursor.execute(
        "delete from auth.sessions s where user_id = %s and auth.has_ended(s, %s, %s)",
        (user_id, config.timebox_seconds, config.inactivity_seconds),
    )
    await cursor.execute("update auth.users set last_sign_in_at = now() where id = %s", (user_id,))
    session = await one(
        cursor,
        "insert into auth.sessions (user_id, amr, user_agent, ip) values (%s, %s, %s, %s) returning id",
        *(user_id, json.dumps([_proof(method)]), came[0][:300], came[1]),
    )
    return await with_token(cursor, session["id"] if session else "", secrets.token_urlsafe(24))


async def refresh(cursor: Cursor, config: Config, secret: str, token: str) -> DictRow | AuthError:
    """The session of a refresh token with the next one, or why there is none: returned, so that what it ended stays so.

    A token that was used longer than the reuse interval ago ends its session and all its tokens. The next token is made
    from the last with a secret: whoever sends one twice gets the same next one, so that a session never has two lines
    of tokens, of which a thief could keep one.
    """
    known = await one(
        cursor,
        """
        select t.id as token_id, s.id as session_id, u.banned_until > now() as banned,
          auth.has_ended(s, %s, %s) as ended, t.used_at <= now() - make_interval(secs => %s) as reused
        from auth.refresh_tokens t join auth.sessions s on s.id = t.session_id join auth.users u on u.id = s.user_id
        where t.token_sha256 = %s for update of t, s
        """,
        *(config.timebox_seconds, config.inactivity_seconds, config.reuse_seconds, sha256(token)),
    )
    if known is None:
        return _invalid("refresh_token_not_found", "Refresh Token Not Found")
    if known["banned"]:
        return _invalid("user_banned", "User Banned")
    if known["reused"] or known["ended"]:
        await cursor.execute("delete from auth.sessions where id = %s", (known["session_id"],))
        if known["reused"]:
            return _invalid("refresh_token_already_used", "Already Used")
        return _invalid("session_expired", "Session Expired")
    used = "update auth.refresh_tokens set used_at = coalesce(used_at, clock_timestamp()) where id = %s"
    await cursor.execute(used, (known["token_id"],))
    renewed = "update auth.sessions set refreshed_at = now() at time zone 'UTC' where id = %s"
    await cursor.execute(renewed, (known["session_id"],))
    next_token = hmac.digest(secret.encode(), b"refresh " + sha256(token), "sha256")[:24]
    return await with_token(cursor, known["session_id"], base64.urlsafe_b64encode(next_token).decode())


async def find(cursor: Cursor, claims: Mapping[str, Any]) -> DictRow | None:
    """The unended session that a token's claims name, with its user's columns, `shown` and `banned`."""
    return await one(
        cursor,
        """
        select u.*, s.*, u.banned_until > now() as banned, auth.described(u) as shown,
          exists (select from auth.mfa_factors f where f.user_id = u.id and f.status = 'verified') as enrolled
        from auth.sessions s join auth.users u on u.id = s.user_id where s.id = %s and u.id = %s
        """,
        *(claims["session_id"], claims["sub"]),
    )


async def raise_level(cursor: Cursor, session: DictRow, factor_id: str) -> DictRow:
    """The session after a second factor: aal2, with a new token; the user's sessions without one end, as upstream."""
    amr = [_proof("totp"), *(proof for proof in session["amr"] if proof["method"] != "totp")]
    await cursor.execute(
        "update auth.sessions set aal = 'aal2', factor_id = %s, amr = %s where id = %s",
        (factor_id, json.dumps(amr), session["id"]),
    )
    await cursor.execute("delete from auth.sessions where user_id = %s and aal = 'aal1'", (session["user_id"],))
    await cursor.execute("delete from auth.refresh_tokens where session_id = %s", (session["id"],))
    return await with_token(cursor, session["id"], secrets.token_urlsafe(24))


async def lower_level(cursor: Cursor, factor_id: str) -> None:
    """A factor is gone: what was reached with it is aal1 from its next token on."""
    await cursor.execute(
        "update auth.sessions set aal = 'aal1', factor_id = null,"
        " amr = jsonb_path_query_array(amr, '$[*] ? (@.method <> \"totp\")') where factor_id = %s",
        (factor_id,),
    )


async def end(cursor: Cursor, user_id: str, session_id: str, scope: str = "global") -> None:
    """End this session (`local`), the user's others (`others`) or all of them (`global`)."""
    await cursor.execute(
        "delete from auth.sessions where user_id = %s"
        " and case %s when 'local' then id = %s when 'others' then id <> %s else true end",
        (user_id, scope, session_id, session_id),
    )


async def with_token(cursor: Cursor, session_id: str, token: str) -> DictRow:
    """The session with this refresh token, and its user as `shown`."""
    await cursor.execute(
        "insert into auth.refresh_tokens (token_sha256, session_id) values (%s, %s) on conflict do nothing",
        (sha256(token), session_id),
    )
    row = await one(
        cursor,
        "select s.*, auth.described(u) as shown from auth.sessions s join auth.users u on u.id = s.user_id"
        " where s.id = %s",
        session_id,
    )
    return {**(row or {}), "refresh_token": token}


def sha256(secret: str) -> bytes:
    """What is kept of a secret: whoever reads the table cannot use it."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _proof(method: str) -> dict[str, Any]:
    return {"method": method, "timestamp": int(time.time())}


def _invalid(code: str, reason: str) -> AuthError:
    return AuthError(400, code, f"Invalid Refresh Token: {reason}")
