"""The gateway's two pools, and one request as one transaction in the caller's role."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow, TupleRow, dict_row, tuple_row
from psycopg_pool import AsyncConnectionPool

from riskkit.local.catalog import Catalog, load_catalog
from riskkit.local.tokens import Caller

#: A request waits this long for a free connection [s]; then it is told that the database is not there.
_WAIT = 3.0

_BEGIN: LiteralString = """
select set_config('role', %s, true), set_config('request.jwt.claims', %s, true),
  set_config('request.headers', %s, true), set_config('request.method', %s, true),
  set_config('request.path', %s, true), set_config('statement_timeout', %s, true),
  set_config('transaction_read_only', %s, true), (select version from gateway.schema_version)
"""


@dataclass(frozen=True)
class Call:
    """What a request tells the database of itself, beside who it is for."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def read_only(self) -> bool:
        """GET and HEAD never write, whatever a function tries."""
        return self.method in ("GET", "HEAD")


class Database:
    """Connections as `authenticator`, which may only become a caller's role, and as `supabase_auth_admin`."""

    def __init__(self, rest_db: str, auth_db: str) -> None:
        shared: dict[str, Any] = {
            "check": AsyncConnectionPool.check_connection,
            "timeout": _WAIT,
            "reconnect_timeout": _WAIT,
        }
        self.rest: AsyncConnectionPool[AsyncConnection[TupleRow]] = AsyncConnectionPool(
            rest_db, min_size=2, max_size=16, open=False, **shared
        )
        self.auth: AsyncConnectionPool[AsyncConnection[DictRow]] = AsyncConnectionPool(
            auth_db, min_size=1, max_size=4, open=False, kwargs={"row_factory": dict_row}, **shared
        )
        self._catalog: Catalog | None = None
        self._timeouts: dict[str, str] = {}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        """Open both pools and close them at the end."""
        async with self.rest, self.auth:
            yield

    @asynccontextmanager
    async def request(self, caller: Caller, call: Call) -> AsyncIterator[tuple[AsyncCursor[TupleRow], Catalog]]:
        """A transaction in the caller's role with the request's settings, and the catalogue as it is in it.

        Leaving the block commits; what the client is told must be told after that.
        """
        async with self.rest.connection() as connection:
            if not self._timeouts:
                self._timeouts = await _role_timeouts(connection)
            cursor = connection.cursor(row_factory=tuple_row)
            settings = (
                caller.role,
                json.dumps(dict(caller.claims)),
                json.dumps(call.headers),
                call.method,
                call.path,
                self._timeouts.get(caller.role, "8s"),
                "on" if call.read_only else "off",
            )
            await cursor.execute(_BEGIN, settings)
            row = await cursor.fetchone()
            version: int = row[-1] if row else 0
            if self._catalog is None or self._catalog.version != version:
                self._catalog = await load_catalog(cursor, version)
            yield cursor, self._catalog

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


async def _role_timeouts(connection: AsyncConnection[Any]) -> dict[str, str]:
    rows = await connection.execute(
        "select rolname, split_part(setting, '=', 2) from pg_roles, unnest(rolconfig) as setting"
        " where setting like 'statement_timeout=%'"
    )
    return {str(role): str(value) for role, value in await rows.fetchall()}
