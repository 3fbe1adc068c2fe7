"""REST's endpoints: a table's rows read and written, and functions called, each in one transaction as the caller."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import psycopg
from psycopg import AsyncCursor, sql
from psycopg.rows import TupleRow
from starlette.requests import Request
from starlette.responses import Response

from riskkit.local.answer import RestError, not_spoken, raw_json
from riskkit.local.body import read_body
from riskkit.local.catalog import Catalog
from riskkit.local.config import Config
from riskkit.local.database import Call, Database
from riskkit.local.failure import rest_error
from riskkit.local.query import SINGLE, Preferences, Query, Rows, apply_range, read_query
from riskkit.local.statement import Statement, answer, call, form, public, quoted
from riskkit.local.tokens import Caller, TokenRefused, Tokens
from riskkit.local.write import parse_json, write

#: Headers that a policy or function may not ask about.
_CREDENTIALS = {"authorization", "apikey", "cookie"}
_READ = ("GET", "HEAD")


@dataclass(frozen=True)
class Result:
    """What a statement gave: the JSON text, its rows, the rows written, and the rows there are in all."""

    text: str
    rows: int
    affected: int | None = None
    total: int | None = None

    def span(self, first: int) -> str:
        """The rows sent, as a Content-Range says it."""
        return f"{first}-{first + self.rows - 1}" if self.rows else "*"


class Rest:
    """The REST slice on one database."""

    def __init__(self, database: Database, tokens: Tokens, config: Config) -> None:
        self._database, self._tokens, self._config = database, tokens, config

    async def table(self, request: Request) -> Response:
        """Read or write the rows of one table."""
        caller, prefer = self._caller(request), Preferences.read(request.headers)
        query = read_query(request.query_params.multi_items())
        body = b"" if request.method in _READ else await read_body(request, self._config.rest_bytes)
        apply_range(query.own, request.headers.get("range") if request.method in _READ else None)
        try:
            async with self._database.request(caller, _call(request)) as (cursor, catalog):
                statement = Statement(catalog, query, self._config.max_rows)
                table = catalog.table(request.path_params["name"])
                if request.method in _READ:
                    page = statement.page(public(table.name), table.name, quoted(table.name), query.own)
                    text = answer(page, None, statement.count(table.name) if prefer.count else None)
                else:
                    text = write(request.method, statement, table, prefer, body)
                result = await _run(cursor, text, statement)
                _check_single(prefer, result)
        except psycopg.Error as error:
            raise rest_error(error, caller) from error
        if request.method in _READ:
            return _rows_response(request.method, prefer, query.own, result)
        headers = {"content-range": f"{result.span(0)}/{result.affected if prefer.count else '*'}"}
        status = 201 if request.method == "POST" else 200 if prefer.representation else 204
        if not prefer.representation:
            return Response(status_code=status, headers=headers)
        return _body(prefer, result.text, status, headers)

    async def rpc(self, request: Request) -> Response:
        """Call one function."""
        caller, prefer = self._caller(request), Preferences.read(request.headers)
        raw = await read_body(request, self._config.rest_bytes) if request.method == "POST" else b""
        if prefer.count:
            raise not_spoken("a count of an rpc's rows")
        try:
            async with self._database.request(caller, _call(request)) as (cursor, catalog):
                query, names, body = _arguments(catalog, request, raw)
                function = catalog.function(request.path_params["name"], set(names))
                statement = Statement(catalog, query, self._config.max_rows)
                source, alias = call(function, names, statement.parameter(body)), quoted(function.name)
                if function.is_composite:
                    page = statement.page(source, function.table or function.name, alias, query.own)
                else:
                    if query.own != Rows():
                        raise not_spoken("filters on a function that returns single values")
                    page = form("select {}.value from {} limit {}", alias, source, sql.Literal(statement.max_rows))
                text = answer(page) if function.is_composite else _values(page)
                result = await _run(cursor, text, statement)
                if function.returns_set:
                    _check_single(prefer, result)
        except psycopg.Error as error:
            raise rest_error(error, caller) from error
        if function.is_void:
            return Response(status_code=204)
        if function.returns_set:
            return _rows_response(request.method, prefer, query.own, result)
        return raw_json("" if request.method == "HEAD" else _first(result.text))

    def _caller(self, request: Request) -> Caller:
        try:
            caller = self._tokens.caller(request.headers.get("apikey"), request.headers.get("authorization"))
        except TokenRefused as error:
            raise RestError(401, error.code, error.message) from error
        request.state.caller = caller
        return caller


def _call(request: Request) -> Call:
    headers = {name: value for name, value in request.headers.items() if name not in _CREDENTIALS}
    return Call(request.method, request.url.path, headers | {"x-request-id": request.state.request_id})


def _arguments(catalog: Catalog, request: Request, raw: bytes) -> tuple[Query, list[str], str]:
    """What is asked of a function's result, and its arguments: their names, and the JSON object of them."""
    pairs = request.query_params.multi_items()
    if request.method == "POST":
        given = parse_json(raw or b"{}")
        if not isinstance(given, dict):
            raise RestError(400, "PGRST102", "Expected a JSON object of the function's arguments")
        return read_query(pairs), list(given), (raw or b"{}").decode()
    name = request.path_params["name"]
    known = frozenset(argument for one in catalog.functions if one.name == name for argument in one.arguments)
    query = read_query(pairs, known)
    return query, list(query.arguments), json.dumps(dict(query.arguments))


async def _run(cursor: AsyncCursor[TupleRow], text: sql.Composed, statement: Statement) -> Result:
    await cursor.execute(text, statement.parameters)
    row = await cursor.fetchone()
    return Result(*row) if row else Result("null", 0)


def _values(page: sql.Composed) -> sql.Composed:
    return form("select coalesce(json_agg(value), '[]')::text, count(*) from ({}) as page", page)


def _check_single(prefer: Preferences, result: Result) -> None:
    """A single object was asked for: anything but one row is an error, and nothing is written."""
    rows = result.rows if result.affected is None else result.affected
    if prefer.single and rows != 1:
        details = f"The result contains {rows} rows"
        raise RestError(406, "PGRST116", "Cannot coerce the result to a single JSON object", details)


def _rows_response(method: str, prefer: Preferences, rows: Rows, result: Result) -> Response:
    first, total = rows.offset, result.total
    if total is not None and first and first >= total:
        details = f"An offset of {first} was requested, but there are only {total} rows."
        raise RestError(416, "PGRST103", "Requested range not satisfiable", details)
    status = 206 if total is not None and first + result.rows < total else 200
    headers = {"content-range": f"{result.span(first)}/{'*' if total is None else total}"}
    return _body(prefer, "" if method == "HEAD" else result.text, status, headers)


def _body(prefer: Preferences, text: str, status: int, headers: Mapping[str, str]) -> Response:
    if not prefer.single:
        return raw_json(text, status, headers)
    response = raw_json(_first(text), status, headers)
    response.headers["content-type"] = f"{SINGLE}; charset=utf-8"
    return response


def _first(array: str) -> str:
    """The one element of a JSON array of one element, as Postgres wrote it."""
    return array.strip()[1:-1].strip() or "null"
