"""The gateway's two pools, and one request as one transaction in the caller's role."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, TupleRow, dict_row
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request

from riskkit.local.answer import RestError
from riskkit.local.failure import rest_error
from riskkit.local.tokens import Caller, TokenRefused, Tokens

#: A request waits this long for a free connection [s]; then it is told that the database is not there.
_WAIT = 3.0
#: Headers that a policy or function may not ask about.
_CREDENTIALS = {"authorization", "apikey", "cookie"}
#: A role's own time limit, as hosted's REST server heeds it: a role's settings do not follow SET ROLE.
_BEGIN: LiteralString = """
select set_config('role', %(role)s, true), set_config('request.jwt.claims', %(claims)s, true),
  set_config('request.headers', %(headers)s, true), set_config('request.method', %(method)s, true),
  set_config('request.path', %(path)s, true), set_config('transaction_read_only', %(read_only)s, true),
  set_config('statement_timeout', coalesce((
    select split_part(one, '=', 2) from pg_db_role_setting s, unnest(s.setconfig) one
    where s.setrole = %(role)s::regrole and one like 'statement_timeout=%%'), '8s'), true)
"""


class Database:
    """Connections as `authenticator`, which may only become a caller's role, and as `supabase_auth_admin`."""

    def __init__(self, rest_db: str, auth_db: str, tokens: Tokens) -> None:
        self._tokens = tokens
        shared: dict[str, Any] = {
            "check": AsyncConnectionPool.check_connection,
            "open": False,
            "timeout": _WAIT,
            "reconnect_timeout": _WAIT,
        }
        self.rest: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
            rest_db, min_size=2, max_size=16, **shared
        )
        self.auth: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            auth_db, min_size=1, max_size=4, kwargs={"row_factory": dict_row}, **shared
        )

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open both pools and close them at the end."""
        async with self.rest, self.auth:
            yield

    def caller(self, request: Request) -> Caller:
        """Whom a request speaks for; the request's log line says it too."""
        try:
            caller = self._tokens.caller(request.headers.get("apikey"), request.headers.get("authorization"))
        except TokenRefused as error:
            raise RestError(401, error.code, error.message) from error
        request.state.caller = caller
        return caller

    @asynccontextmanager
    async def request(self, caller: Caller, request: Request) -> AsyncIterator[AsyncCursor[TupleRow]]:
        """A transaction in the caller's role with the request's settings; GET and HEAD never write.

        Leaving the block commits; what the client is told must be told after that.
        """
        headers = {name: value for name, value in request.headers.items() if name not in _CREDENTIALS}
        settings = {
            "role": caller.role,
            "claims": json.dumps(dict(caller.claims)),
            "headers": json.dumps(headers | {"x-request-id": request.state.request_id}),
            "method": request.method,
            "path": request.url.path,
            "read_only": "on" if request.method in ("GET", "HEAD") else "off",
        }
        try:
            async with self.rest.connection() as connection, connection.cursor() as cursor:
                await cursor.execute(_BEGIN, settings)
                yield cursor
        except psycopg.Error as error:
            raise rest_error(error, caller.role) from error

    @asynccontextmanager
    async def auth_transaction(self) -> AsyncIterator[AsyncCursor[DictRow]]:
        """A transaction on Auth's own tables."""
        async with self.auth.connection() as connection, connection.cursor() as cursor:
            yield cursor

    async def healthy(self) -> bool:
        """Whether Postgres answers both roles."""
        try:
            for pool in (self.rest, self.auth):
                async with pool.connection(timeout=3) as connection:
                    await connection.execute("select 1")
        except psycopg.OperationalError:
            return False
        return True
