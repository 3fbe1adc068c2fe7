"""REST's endpoints: a table's rows read and written, and functions called, each in one transaction as the caller."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncCursor, sql
from psycopg.rows import TupleRow
from starlette.requests import Request
from starlette.responses import Response

from riskkit.local.answer import RestError, not_spoken, raw_json
from riskkit.local.body import read_body
from riskkit.local.catalog import Catalog, Function
from riskkit.local.config import Config
from riskkit.local.database import Call, Database
from riskkit.local.failure import rest_error
from riskkit.local.query import SINGLE, Preferences, Query, apply_range, read_query
from riskkit.local.statement import Statement, answer, call_source, public, quoted, recordset
from riskkit.local.tokens import Caller, TokenRefused, Tokens

#: Headers a policy or function may ask about; credentials are not among them.
_HIDDEN = {"authorization", "apikey", "cookie"}


@dataclass(frozen=True)
class Result:
    """What a statement gave: the JSON array or value, its rows, the rows written, and the rows there are in all."""

    text: str
    rows: int
    affected: int | None = None
    total: int | None = None


class Rest:
    """The REST slice on one database."""

    def __init__(self, database: Database, tokens: Tokens, config: Config) -> None:
        self._database, self._tokens, self._config = database, tokens, config

    async def table(self, request: Request) -> Response:
        """Read or write the rows of one table."""
        caller = self._caller(request)
        prefer = Preferences.read(request.headers)
        query = read_query(request.query_params.multi_items())
        body = b"" if request.method in ("GET", "HEAD") else await read_body(request, self._config.rest_bytes)
        name, method = request.path_params["name"], request.method
        try:
            async with self._database.request(caller, _call(request)) as (cursor, catalog):
                if method in ("GET", "HEAD"):
                    apply_range(query.own, request.headers.get("range"))
                    statement, text = self._read(catalog, name, query, prefer)
                else:
                    statement, text = self._write(method, catalog, name, query, prefer, body)
                result = await _run(cursor, text, statement.parameters)
                _check_single(prefer, result)
        except psycopg.Error as error:
            raise rest_error(error, caller) from error
        return _table_response(method, prefer, query, result)

    async def rpc(self, request: Request) -> Response:
        """Call one function."""
        caller = self._caller(request)
        prefer = Preferences.read(request.headers)
        raw = await read_body(request, self._config.rest_bytes) if request.method == "POST" else b""
        name = request.path_params["name"]
        try:
            async with self._database.request(caller, _call(request)) as (cursor, catalog):
                function, query, arguments, body = _arguments(catalog, name, request, raw)
                statement = Statement(catalog, query, self._config.max_rows)
                if request.method != "POST":
                    apply_range(query.own, request.headers.get("range"))
                source = call_source(function, arguments, statement.parameter(body))
                result = await _run(cursor, _call_statement(statement, function, source, prefer), statement.parameters)
                if function.returns_set:
                    _check_single(prefer, result)
        except psycopg.Error as error:
            raise rest_error(error, caller) from error
        return _rpc_response(request.method, prefer, query, function, result)

    def _read(self, catalog: Catalog, name: str, query: Query, prefer: Preferences) -> tuple[Statement, sql.Composed]:
        statement = Statement(catalog, query, self._config.max_rows)
        table = catalog.table(name)
        page = statement.page(public(table.name), table.name, query.own)
        return statement, answer(page, None, statement.count(table.name) if prefer.count else None)

    def _write(
        self, method: str, catalog: Catalog, name: str, query: Query, prefer: Preferences, body: bytes
    ) -> tuple[Statement, sql.Composed]:
        statement = Statement(catalog, query, self._config.max_rows)
        table = catalog.table(name)
        if query.own.limit is not None or query.own.offset:
            raise not_spoken(f"a limit on {method}")
        if method != "POST" and not query.own.conditions:
            word = "UPDATE" if method == "PATCH" else "DELETE"
            raise RestError(400, "21000", f"{word} requires a WHERE clause")
        write = {"POST": _insert, "PATCH": _update, "DELETE": _delete}[method]
        source = write(statement, table.name, query, prefer, body)
        alias = quoted(table.name)
        if not prefer.representation:
            source = sql.SQL("{} returning 1").format(source)
            return statement, answer(sql.SQL("select 1 where false"), source, None)
        needed = [sql.SQL("{}.{}").format(alias, quoted(column)) for column in statement.needed_columns(table)]
        source = sql.SQL("{} returning {}").format(source, sql.SQL(", ").join(needed) if needed else sql.SQL("1"))
        page = statement.page(sql.SQL("source as {}").format(alias), table.name, None)
        return statement, answer(page, source, None)

    def _caller(self, request: Request) -> Caller:
        headers = request.headers
        try:
            caller = self._tokens.caller(headers.get("apikey"), headers.get("authorization"))
        except TokenRefused as error:
            raise RestError(401, error.code, error.message) from error
        request.state.caller = caller
        return caller


def _call(request: Request) -> Call:
    headers = {name: value for name, value in request.headers.items() if name not in _HIDDEN}
    headers["x-request-id"] = request.state.request_id
    return Call(request.method, request.url.path, headers)


def _insert(statement: Statement, table: str, query: Query, prefer: Preferences, body: bytes) -> sql.Composed:
    parsed = _json(body)
    rows = [parsed] if isinstance(parsed, dict) else parsed
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RestError(400, "PGRST102", "All object keys must match", "Expected a JSON object or an array of objects")
    named = query.columns if query.columns is not None else tuple(rows[0] if rows else ())
    if query.columns is None and any(row.keys() != rows[0].keys() for row in rows):
        raise RestError(400, "PGRST102", "All object keys must match")
    columns = _known(statement.catalog, table, named)
    target = sql.SQL("insert into {} as {}").format(public(table), quoted(table))
    if not columns:
        if rows and isinstance(parsed, dict):
            return sql.SQL("{} default values").format(target)
        return sql.SQL("{} select {}.* from {} where false").format(target, quoted(table), _aliased(table))
    text = body.decode() if isinstance(parsed, list) else f"[{body.decode()}]"
    types = statement.catalog.table(table).columns
    given = recordset(columns, types, statement.parameter(text), sql.SQL("json_to_recordset"))
    names = sql.SQL(", ").join(quoted(column) for column in columns)
    chosen = sql.SQL(", ").join(sql.SQL("{}.{}").format(quoted("given"), quoted(column)) for column in columns)
    base = sql.SQL("{} ({}) select {} from {}").format(target, names, chosen, given)
    return sql.SQL("{}{}").format(base, _on_conflict(statement, table, query, prefer, columns))


def _on_conflict(
    statement: Statement, table: str, query: Query, prefer: Preferences, columns: list[str]
) -> sql.Composable:
    if prefer.resolution is None:
        return sql.SQL("")
    keys = query.on_conflict or statement.catalog.table(table).primary_key
    if not keys:
        raise RestError(400, "RISKKIT400", f"An upsert on {table} needs on_conflict: it has no primary key")
    names = sql.SQL(", ").join(quoted(column) for column in _known(statement.catalog, table, keys))
    if prefer.resolution == "ignore-duplicates":
        return sql.SQL(" on conflict ({}) do nothing").format(names)
    changes = sql.SQL(", ").join(
        sql.SQL("{} = excluded.{}").format(quoted(column), quoted(column)) for column in columns
    )
    return sql.SQL(" on conflict ({}) do update set {}").format(names, changes)


def _update(statement: Statement, table: str, query: Query, _: Preferences, body: bytes) -> sql.Composed:
    parsed = _json(body)
    if not isinstance(parsed, dict):
        raise RestError(400, "PGRST102", "Expected a JSON object of the columns to change")
    columns, alias = _known(statement.catalog, table, query.columns or tuple(parsed)), quoted(table)
    if not columns:
        raise RestError(400, "PGRST102", "There is no column to change")
    types = statement.catalog.table(table).columns
    given = recordset(columns, types, statement.parameter(body.decode()), sql.SQL("json_to_record"))
    changes = sql.SQL(", ").join(
        sql.SQL("{} = {}.{}").format(quoted(column), quoted("given"), quoted(column)) for column in columns
    )
    where = statement.conditions(query.own, alias)
    return sql.SQL("update {} set {} from {} where {}").format(_aliased(table), changes, given, where)


def _delete(statement: Statement, table: str, query: Query, _: Preferences, __: bytes) -> sql.Composed:
    where = statement.conditions(query.own, quoted(table))
    return sql.SQL("delete from {} where {}").format(_aliased(table), where)


def _aliased(table: str) -> sql.Composed:
    return sql.SQL("{} as {}").format(public(table), quoted(table))


def _known(catalog: Catalog, table: str, names: tuple[str, ...]) -> list[str]:
    for name in names:
        if name not in catalog.table(table).columns:
            message = f"Could not find the '{name}' column of '{table}' in the schema cache"
            raise RestError(400, "PGRST204", message)
    return list(dict.fromkeys(names))


def _arguments(catalog: Catalog, name: str, request: Request, raw: bytes) -> tuple[Function, Query, list[str], str]:
    """The function, what is asked of its result, and its arguments: their names, and the JSON object of them."""
    if request.method == "POST":
        given = _json(raw) if raw.strip() else {}
        if not isinstance(given, dict):
            raise RestError(400, "PGRST102", "Expected a JSON object of the function's arguments")
        query = read_query(request.query_params.multi_items())
        return catalog.function(name, set(given)), query, list(given), raw.decode() or "{}"
    known = frozenset(argument for one in catalog.functions.get(name, ()) for argument in one.arguments)
    query = read_query(request.query_params.multi_items(), known)
    function = catalog.function(name, set(query.arguments))
    return function, query, list(query.arguments), json.dumps(dict(query.arguments))


def _call_statement(
    statement: Statement, function: Function, source: sql.Composed, prefer: Preferences
) -> sql.Composed:
    if prefer.count:
        raise not_spoken("a count of an rpc's rows")
    if not function.composite:
        if statement.query.own.conditions or statement.query.own.orders:
            raise not_spoken("filters on a function that returns single values")
        limit = sql.Literal(statement.max_rows)
        column = sql.SQL("{}.{}").format(quoted(function.name), quoted("value"))
        form = "select coalesce(json_agg(v), '[]')::text, count(*) from (select {} as v from {} limit {}) s"
        if not function.returns_set:
            form = "select coalesce(to_json({}), 'null')::text, 1::bigint from {} limit {}"
        return sql.SQL(form).format(column, source, limit)
    return answer(
        statement.page(source, function.table or function.name, statement.query.own, quoted(function.name)), None, None
    )


async def _run(cursor: AsyncCursor[TupleRow], statement: sql.Composed, parameters: Mapping[str, Any]) -> Result:
    await cursor.execute(statement, parameters)
    row = await cursor.fetchone()
    if row is None:
        return Result("null", 0)
    return Result(*row)


def _check_single(prefer: Preferences, result: Result) -> None:
    """A single object was asked for: anything but one row is an error, and nothing is written."""
    rows = result.rows if result.affected is None else result.affected
    if prefer.single and rows != 1:
        details = f"The result contains {rows} rows"
        raise RestError(406, "PGRST116", "Cannot coerce the result to a single JSON object", details)


def _table_response(method: str, prefer: Preferences, query: Query, result: Result) -> Response:
    total = result.total if result.affected is None else result.affected
    if method in ("GET", "HEAD"):
        first = query.own.offset
        if result.total is not None and first and first >= result.total:
            details = f"An offset of {first} was requested, but there are only {result.total} rows."
            raise RestError(416, "PGRST103", "Requested range not satisfiable", details)
        status = 206 if result.total is not None and first + result.rows < result.total else 200
    else:
        first = 0
        status = 201 if method == "POST" else 200 if prefer.representation else 204
    span = f"{first}-{first + result.rows - 1}" if result.rows else "*"
    headers = {"content-range": f"{span}/{total if prefer.count and total is not None else '*'}"}
    if method not in ("GET", "HEAD") and not prefer.representation:
        return Response(status_code=status, headers=headers)
    return _body(prefer, result.text, status, headers, empty=method == "HEAD")


def _rpc_response(method: str, prefer: Preferences, query: Query, function: Function, result: Result) -> Response:
    if function.returns == "void":
        return Response(status_code=204)
    if not function.returns_set:
        text = _first(result.text) if function.composite else result.text
        return raw_json("" if method == "HEAD" else text)
    first = query.own.offset
    span = f"{first}-{first + result.rows - 1}" if result.rows else "*"
    return _body(prefer, result.text, 200, {"content-range": f"{span}/*"}, empty=method == "HEAD")


def _body(prefer: Preferences, text: str, status: int, headers: Mapping[str, str], *, empty: bool) -> Response:
    shown = _first(text) if prefer.single else text
    response = raw_json("" if empty else shown, status, headers)
    if prefer.single:
        response.headers["content-type"] = f"{SINGLE}; charset=utf-8"
    return response


def _first(array: str) -> str:
    """The one element of a JSON array of one element, as Postgres wrote it."""
    return array.strip()[1:-1].strip() or "null"


def _json(body: bytes) -> Any:
    try:
        return json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise RestError(400, "PGRST102", "Empty or invalid json") from error
