"""What Auth's endpoints share: who asks, what is asked, the session that is answered, and what is put on record."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow
from starlette.requests import Request
from starlette.responses import Response

from riskkit.local import sessions
from riskkit.local.answer import AuthError, as_json
from riskkit.local.attempts import Attempts
from riskkit.local.body import read_body
from riskkit.local.config import Config
from riskkit.local.database import Database
from riskkit.local.passwords import LONGEST, hash_password, matches
from riskkit.local.tokens import Caller, TokenRefused, Tokens
from riskkit.local.users import Cursor

_log = logging.getLogger(__name__)
_EMAIL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[a-z0-9.-]{1,190}", re.ASCII | re.IGNORECASE)
_HASHING_AT_ONCE = 4
#: What a client sends that changes nothing here: captchas, and a proof that only links opened in a browser need.
_IDLE = {"gotrue_meta_security", "code_challenge", "code_challenge_method"}
#: Functions of the project that are told of attempts, by the names hosted Auth's hooks have; both may be absent.
_HOOKS = {"password": "private.note_password_attempt(jsonb)", "factor": "private.note_factor_attempt(jsonb)"}


class Auth:
    """Auth on one database, for the endpoints."""

    def __init__(self, database: Database, tokens: Tokens, config: Config) -> None:
        self.database, self.tokens, self.config = database, tokens, config
        self.attempts = {"password": Attempts(), "factor": Attempts(5, 15), "mail": Attempts(10, 30)}
        self._hashing = asyncio.Semaphore(_HASHING_AT_ONCE)
        self._errands: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def transaction(self, request: Request) -> AsyncIterator[Cursor]:
        """A transaction on Auth's tables; triggers find the request's id where REST has it."""
        headers = json.dumps({"x-request-id": request.state.request_id})
        try:
            async with self.database.auth_transaction() as cursor:
                await cursor.execute("select set_config('request.headers', %s, true)", (headers,))
                yield cursor
        except psycopg.DataError as error:
            raise AuthError(400, "validation_failed", "A value cannot be stored") from error

    @asynccontextmanager
    async def signed_in(self, request: Request) -> AsyncIterator[tuple[Cursor, DictRow]]:
        """A transaction, and the session of the request's token with its user: neither ended nor banned."""
        caller = self.caller(request)
        if caller.role != "authenticated":
            raise AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token")
        async with self.transaction(request) as cursor:
            session = await sessions.find(cursor, caller.claims)
            if session is None:
                raise AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist")
            if session["banned"]:
                raise AuthError(403, "user_banned", "User is banned")
            yield cursor, session

    def caller(self, request: Request) -> Caller:
        """Whoever holds a known key; a bearer token that is given must be good."""
        try:
            caller = self.tokens.caller(request.headers.get("apikey"), request.headers.get("authorization"))
        except TokenRefused as error:
            if error.code in ("no_key", "bad_key"):
                raise AuthError(401, "no_authorization", error.message) from error
            raise AuthError(403, "bad_jwt", f"invalid JWT: {error.message}") from error
        request.state.caller = caller
        return caller

    def key(self, request: Request) -> None:
        """Any known key will do: a client that refreshes still sends the access token that has expired."""
        if self.tokens.key_role(request.headers.get("apikey")) is None:
            raise AuthError(401, "no_authorization", "No API key found in request, or an unknown one")

    def admin(self, request: Request) -> None:
        """The service key only."""
        if self.caller(request).role != "service_role":
            raise AuthError(403, "not_admin", "User not allowed")

    async def body(self, request: Request, *known: str) -> dict[str, Any]:
        """The JSON object sent; a name beside the known ones that asks for something is refused, not overlooked."""
        raw = await read_body(request, self.config.auth_bytes)
        try:
            body = json.loads(raw or (b"{}" if request.method == "DELETE" else b""))
        except (ValueError, RecursionError) as error:
            raise AuthError(400, "bad_json", "Could not parse request body as JSON") from error
        if not isinstance(body, dict):
            raise AuthError(400, "bad_json", "The request body must be a JSON object")
        asked = {name for name, value in body.items() if value} - _IDLE - set(known)
        if asked:
            what = ", ".join(sorted(asked))[:100]
            raise AuthError(501, "not_implemented", f"The embedded Supabase does not speak {what} here")
        return body

    def email(self, body: Mapping[str, Any]) -> str:
        """The address in a body."""
        email = body.get("email")
        if not isinstance(email, str) or not _EMAIL.fullmatch(email.strip()):
            raise AuthError(400, "validation_failed", "Unable to validate email address: invalid format")
        return email.strip().lower()

    def attempt(self, kind: str, account: str, request: Request) -> None:
        """Count an attempt at something secret, or refuse it."""
        if not self.attempts[kind].begin(account, address(request)):
            raise AuthError(429, "over_request_rate_limit", "Too many attempts; try again in a few minutes")

    async def hash(self, password: object) -> str:
        """The hash of a new password that is long enough."""
        shortest = self.config.password_length
        if not isinstance(password, str) or not shortest <= len(password) <= LONGEST or "\x00" in password:
            raise AuthError(422, "weak_password", f"Password should be {shortest} to {LONGEST} characters.")
        async with self._hashing:
            return await asyncio.to_thread(hash_password, password)

    async def matches(self, password: str, known: str | None) -> bool:
        """Whether a password is the one hashed; as much work for nobody's."""
        async with self._hashing:
            return await asyncio.to_thread(matches, password, known)

    def session(self, session: DictRow) -> Response:
        """A session with a fresh access token, as the client expects it."""
        user = session["shown"]
        claims = {name: user[name] for name in ("email", "phone", "app_metadata", "user_metadata", "is_anonymous")}
        own = {"sub": user["id"], "aal": session["aal"], "amr": session["amr"], "session_id": str(session["id"])}
        access_token, expires = self.tokens.issue(claims | own)
        body = {
            "access_token": access_token,
            "token_type": "bearer",
            "expires_in": self.tokens.life,
            "expires_at": expires,
            "refresh_token": session["refresh_token"],
            "user": user,
        }
        return as_json(body, headers={"cache-control": "no-store"})

    async def record(self, cursor: Cursor, request: Request, action: str, user: Mapping[str, Any]) -> None:
        """Put on record what a user (as shown) did, in Auth's own log."""
        payload = {"action": action, "actor_id": user["id"], "actor_username": user["email"], "log_type": "account"}
        await cursor.execute(
            "insert into auth.audit_log_entries (payload, ip_address) values (%s, %s)",
            (json.dumps(payload), address(request)),
        )

    def refused(self, request: Request, kind: str, user: Mapping[str, Any], **facts: str) -> None:
        """Put a refusal on record, in Auth's log and by the project's hook, after the answer."""
        self.later(self._refused(request, kind, user, json.dumps({"user_id": user["id"], "valid": False, **facts})))

    async def _refused(self, request: Request, kind: str, user: Mapping[str, Any], event: str) -> None:
        async with self.transaction(request) as cursor:
            await self.record(cursor, request, f"{kind}_refused", user)
        async with self.transaction(request) as cursor:
            await cursor.execute("select to_regprocedure(%s)::oid::regproc::text as hook", (_HOOKS[kind],))
            known = await cursor.fetchone()
            if known and known["hook"]:
                await cursor.execute(f"select {known['hook']}(%s)".encode(), (event,))

    def later(self, errand: Coroutine[Any, Any, None]) -> None:
        """Do it after the answer: how long it takes tells nobody who has an account."""
        task = asyncio.create_task(errand)
        self._errands.add(task)
        task.add_done_callback(self._done)

    async def finish(self) -> None:
        """Wait for what was promised."""
        await asyncio.gather(*self._errands, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._errands.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("errand failed", exc_info=task.exception())


def address(request: Request) -> str:
    """Whom the connection is from; what a header says of it is not believed."""
    return request.client.host if request.client else "127.0.0.1"
