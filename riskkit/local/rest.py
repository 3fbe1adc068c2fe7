"""REST's endpoints: a table's rows read and written, and functions called, each in one transaction as the caller."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from psycopg import AsyncCursor, sql
from psycopg.rows import TupleRow
from starlette.requests import Request
from starlette.responses import Response

from riskkit.local.answer import RestError, not_spoken, raw_json
from riskkit.local.body import read_body
from riskkit.local.config import Config
from riskkit.local.database import Database
from riskkit.local.functions import find_function
from riskkit.local.relations import Link, load_links
from riskkit.local.statement import Statement

_PREFERENCES = {
    "return=representation", "return=minimal", "count=exact", "resolution=merge-duplicates",
    "resolution=ignore-duplicates",
}  # fmt: skip


class Rest:
    """The REST slice on one database."""

    def __init__(self, database: Database, config: Config) -> None:
        self._database, self._config = database, config
        self._links: list[Link] = []

    async def rows(self, request: Request) -> Response:
        """Read a table's rows (GET), or count them (HEAD)."""
        caller, prefer = self._database.caller(request), _preferences(request.headers)
        statement = Statement(request.path_params["name"], request.query_params.multi_items())
        async with self._database.request(caller, request) as cursor:
            text = await self._selected(cursor, statement, "count=exact" in prefer)
            answer, n_rows, total = await _one(cursor, text, statement.parameters)
        span = f"{statement.offset}-{statement.offset + n_rows - 1}" if n_rows else "*"
        headers = {"content-range": f"{span}/{'*' if total is None else total}"}
        return raw_json("" if request.method == "HEAD" else answer, 200, headers)

    async def _selected(self, cursor: AsyncCursor[TupleRow], statement: Statement, count: bool) -> sql.Composed:
        """The select; foreign keys are read once, and again when they do not hold what is asked for."""
        statement.links = self._links
        try:
            return statement.select(self._config.max_rows, count)
        except RestError as error:
            if not statement.embeds or not error.code.startswith("PGRST2"):
                raise
        statement.links = self._links = await load_links(cursor)
        return statement.select(self._config.max_rows, count)

    async def write(self, request: Request) -> Response:
        """Insert or upsert (POST), update (PATCH) or delete (DELETE) rows."""
        caller, prefer = self._database.caller(request), _preferences(request.headers)
        if "count=exact" in prefer:
            raise not_spoken("a count of the rows written")
        statement = Statement(request.path_params["name"], request.query_params.multi_items())
        change = _change(request.method, statement, prefer, await read_body(request, self._config.rest_bytes))
        returning = "return=representation" in prefer
        async with self._database.request(caller, request) as cursor:
            answer, _, _ = await _one(cursor, statement.written(change, returning), statement.parameters)
        if not returning:
            return Response(status_code=201 if request.method == "POST" else 204)
        return raw_json(answer, 201 if request.method == "POST" else 200)

    async def rpc(self, request: Request) -> Response:
        """Call a function."""
        caller = self._database.caller(request)
        if _preferences(request.headers) or request.query_params:
            raise not_spoken("filters, columns or a count of what a function returns")
        text, given = _parsed(await read_body(request, self._config.rest_bytes) or b"{}")
        if not isinstance(given, dict):
            raise RestError(400, "PGRST102", "Expected a JSON object of the function's arguments")
        async with self._database.request(caller, request) as cursor:
            function = await find_function(cursor, request.path_params["name"], set(given))
            called = function.called(list(given), self._config.max_rows)
            answer, _, _ = await _one(cursor, called, {"body": text})
        if function.is_void:
            return Response(status_code=204)
        return raw_json(answer if function.returns_set else answer[1:-1].strip() or "null")


async def _one(
    cursor: AsyncCursor[TupleRow], text: sql.Composed, parameters: Mapping[str, object]
) -> tuple[str, int, int | None]:
    """A statement's one row: the JSON of its rows, how many they are, and how many there are in all."""
    await cursor.execute(text, parameters)
    return (await cursor.fetchone()) or ("[]", 0, None)


def _preferences(headers: Mapping[str, str]) -> set[str]:
    """What Prefer asks of the answer; what is not spoken, there or in other headers, is refused, not ignored."""
    for name in ("accept-profile", "content-profile"):
        if headers.get(name, "public") != "public":
            raise RestError(406, "PGRST106", "The schema must be one of the following: public")
    accepted = {one.split(";")[0].strip() for one in headers.get("accept", "*/*").split(",")}
    if not accepted & {"*/*", "application/json"}:
        raise not_spoken(f"the media type {headers['accept']!r}")
    if "range" in headers:
        raise not_spoken("the header Range: say limit and offset")
    wanted = {one.strip() for one in headers.get("prefer", "").split(",")} - {""}
    if not wanted <= _PREFERENCES:
        raise not_spoken(f"the preference {min(wanted - _PREFERENCES)}")
    return wanted


def _change(method: str, statement: Statement, prefer: set[str], body: bytes) -> sql.Composable:
    if method == "DELETE":
        return statement.delete()
    text, parsed = _parsed(body)
    rows = parsed if isinstance(parsed, list) and method == "POST" else [parsed]
    if not rows or not all(isinstance(row, dict) and (row or len(rows) == 1) for row in rows):
        raise RestError(400, "PGRST102", "Expected a JSON object, or to insert an array of objects with columns")
    if any(row.keys() != rows[0].keys() for row in rows):
        raise RestError(400, "PGRST102", "All object keys must match")
    if method == "PATCH":
        return statement.update(list(parsed), text)
    resolution = next((one.partition("=")[2] for one in prefer if one.startswith("resolution=")), None)
    return statement.insert(list(rows[0]), text if isinstance(parsed, list) else f"[{text}]", resolution)


def _parsed(body: bytes) -> tuple[str, Any]:
    """A body's JSON as text and as a value, or PGRST102; Postgres reads the text, so that no digit is lost."""
    try:
        text = body.decode()
        return text, json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RestError(400, "PGRST102", "Empty or invalid json") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
