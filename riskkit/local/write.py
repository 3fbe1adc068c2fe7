"""What a write's body becomes: an insert, upsert, update or delete that returns no more than the answer needs."""

from __future__ import annotations

import json
from typing import Any

from psycopg import sql

from riskkit.local.answer import RestError, not_spoken
from riskkit.local.catalog import Table
from riskkit.local.query import Preferences
from riskkit.local.statement import Statement, answer, form, listed, public, quoted, typed


def write(method: str, statement: Statement, table: Table, prefer: Preferences, body: bytes) -> sql.Composed:
    """The statement of one write; without a filter an update or delete is refused, as on hosted."""
    own, alias = statement.query.own, quoted(table.name)
    target = form("{} as {}", public(table.name), alias)
    if own.limit is not None or own.offset:
        raise not_spoken(f"a limit on {method}")
    if method == "POST":
        source = _insert(statement, table, target, prefer, body)
    else:
        word = "UPDATE" if method == "PATCH" else "DELETE"
        if not own.conditions:
            raise RestError(400, "21000", f"{word} requires a WHERE clause")
        where = statement.conditions(own, alias)
        change = _changes(statement, table, body) if word == "UPDATE" else None
        source = form("update {} {} where {}", target, change, where) if change else form(
            "delete from {} where {}", target, where
        )  # fmt: skip
    if not prefer.representation:
        return answer(sql.SQL("select 1 where false"), form("{} returning 1", source))
    needed = [form("{}.{}", alias, quoted(column)) for column in statement.needed_columns(table)]
    source = form("{} returning {}", source, listed(needed or [sql.SQL("1")]))
    return answer(statement.page(form("source as {}", alias), table.name, alias, None), source)


def parse_json(body: bytes) -> Any:
    """A body's JSON, or PGRST102."""
    try:
        return json.loads(body.decode(), parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise RestError(400, "PGRST102", "Empty or invalid json") from error


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def _insert(statement: Statement, table: Table, target: sql.Composed, prefer: Preferences, body: bytes) -> sql.Composed:
    parsed = parse_json(body)
    rows = [parsed] if isinstance(parsed, dict) else parsed
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise RestError(400, "PGRST102", "Expected a JSON object or an array of objects")
    named = statement.query.columns
    if named is None:
        named = tuple(rows[0] if rows else ())
        if any(row.keys() != rows[0].keys() for row in rows):
            raise RestError(400, "PGRST102", "All object keys must match")
    columns = _known(table, named)
    if not columns:
        if len(rows) > 1:
            raise RestError(400, "PGRST102", "Expected rows with at least one column")
        return form("insert into {} {}", target, sql.SQL("default values" if rows else "select where false"))
    text = body.decode() if isinstance(parsed, list) else f"[{body.decode()}]"
    given = typed(columns, table.columns, statement.parameter(text))
    names, chosen = listed(map(quoted, columns)), listed(form("given.{}", quoted(one)) for one in columns)
    insert = form("insert into {} ({}) select {} from json_to_recordset{}", target, names, chosen, given)
    if prefer.resolution is None:
        return insert
    keys = statement.query.on_conflict or table.primary_key
    if not keys:
        raise RestError(400, "RISKKIT400", f"An upsert on {table.name} needs on_conflict: it has no primary key")
    conflict = listed(map(quoted, _known(table, keys)))
    if prefer.resolution == "ignore-duplicates":
        return form("{} on conflict ({}) do nothing", insert, conflict)
    changes = listed(form("{} = excluded.{}", quoted(one), quoted(one)) for one in columns)
    return form("{} on conflict ({}) do update set {}", insert, conflict, changes)


def _changes(statement: Statement, table: Table, body: bytes) -> sql.Composed:
    parsed = parse_json(body)
    if not isinstance(parsed, dict) or not parsed:
        raise RestError(400, "PGRST102", "Expected a JSON object of the columns to change")
    columns = _known(table, statement.query.columns or tuple(parsed))
    changes = listed(form("{} = given.{}", quoted(one), quoted(one)) for one in columns)
    return form(
        "set {} from json_to_record{}", changes, typed(columns, table.columns, statement.parameter(body.decode()))
    )


def _known(table: Table, names: tuple[str, ...]) -> list[str]:
    for name in names:
        if name not in table.columns:
            message = f"Could not find the '{name}' column of '{table.name}' in the schema cache"
            raise RestError(400, "PGRST204", message)
    return list(dict.fromkeys(names))
