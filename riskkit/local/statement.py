"""Statements from a query: names quoted, values always parameters, and the JSON made by Postgres itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import LiteralString

from psycopg import sql

from riskkit.local.answer import RestError, not_spoken
from riskkit.local.catalog import Catalog, Function, Table
from riskkit.local.grammar import COMPARISONS, Column, Embed, Filter, Group
from riskkit.local.query import Query, Rows

Sql = sql.Composable
#: Types a select may cast to.
_CASTS: dict[str, LiteralString] = {
    "text": "text", "varchar": "text", "int": "int", "integer": "int", "int4": "int", "bigint": "bigint",
    "int8": "bigint", "numeric": "numeric", "float4": "float4", "float8": "float8", "date": "date",
    "timestamptz": "timestamptz", "bool": "boolean", "boolean": "boolean", "uuid": "uuid", "json": "json",
    "jsonb": "jsonb",
}  # fmt: skip
_IS: dict[str, LiteralString] = {
    "null": "{} is null", "not_null": "{} is not null", "true": "{} is true", "false": "{} is false",
    "unknown": "{} is unknown",
}  # fmt: skip
_NULLS: dict[str, LiteralString] = {"": "", "first": " nulls first", "last": " nulls last"}


def form(text: LiteralString, *parts: Sql) -> sql.Composed:
    """SQL with its parts put in."""
    return sql.SQL(text).format(*parts)


def quoted(name: str) -> Sql:
    """A quoted identifier, safe beside placeholders: a percent sign in a name must not look like one."""
    return sql.SQL(sql.Identifier(name).as_string(None).replace("%", "%%"))


def public(name: str) -> Sql:
    """A name in the exposed schema."""
    return form("public.{}", quoted(name))


def listed(parts: Iterable[Sql], between: LiteralString = ", ") -> Sql:
    """Parts with commas between them."""
    return sql.SQL(between).join(parts)


@dataclass
class Statement:
    """A statement in the making: the catalogue it reads names from, and the parameters it has gathered."""

    catalog: Catalog
    query: Query
    max_rows: int
    parameters: dict[str, object] = field(default_factory=dict)
    used: set[tuple[str, ...]] = field(default_factory=lambda: {()})

    def parameter(self, value: object) -> sql.Placeholder:
        """A placeholder for a value."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return sql.Placeholder(name)

    def page(self, source: Sql, table: str, alias: Sql, rows: Rows | None) -> sql.Composed:
        """The rows to answer with, as a select.

        Parameters
        ----------
        source : Composable
            What to select from: a `from` item with that alias.
        table : str
            The table whose columns and foreign keys the source's rows have.
        rows : Rows or None
            Which of the rows; None where that has been decided (the rows a write returned).
        """
        wanted = self._select(self.query.fields, table, alias, ())
        where = self._where(rows or Rows(), self.query.fields, table, alias, ())
        tail = self._tail(rows, alias) if rows else self._order(self.query.own, alias)
        for path in self.query.rows.keys() - self.used:
            message = f"'{'.'.join(path)}' is not an embedded resource in this request"
            raise RestError(400, "PGRST108", message, hint=f"Include '{path[-1]}' in the select.")
        return form("select {} from {} where {}{}", wanted, source, where, tail)

    def count(self, table: str) -> sql.Composed:
        """How many rows the query has in all."""
        where = self._where(self.query.own, self.query.fields, table, quoted(table), ())
        return form("(select count(*) from {} where {})", public(table), where)

    def conditions(self, rows: Rows, alias: Sql) -> Sql:
        """A row's own conditions, joined by and."""
        return listed([sql.SQL("true"), *(self._condition(one, alias) for one in rows.conditions)], " and ")

    def needed_columns(self, table: Table) -> list[str]:
        """The columns a write must return for the select: no more, for a role may not read every column."""
        needed = dict.fromkeys(order.column for order in self.query.own.orders)
        for one in self.query.fields:
            if isinstance(one, Embed):
                link = self.catalog.link(table.name, one.target, one.hint)
                needed |= dict.fromkeys(own for own, _ in link.pairs)
            else:
                needed |= dict.fromkeys(table.columns if one.name == "*" else (one.name,))
        return list(needed)

    def _select(self, fields: tuple[Column | Embed, ...], table: str, alias: Sql, path: tuple[str, ...]) -> Sql:
        parts: list[Sql] = []
        for one in fields:
            if isinstance(one, Embed):
                if one.fields:
                    parts.append(form("{} as {}", self._embed(one, table, alias, path), quoted(one.key)))
            elif one.name == "*":
                parts.append(form("{}.*", alias))
            else:
                value = form("{}.{}", alias, quoted(one.name))
                if one.cast is not None:
                    if one.cast not in _CASTS:
                        raise not_spoken(f"the cast ::{one.cast}")
                    value = form("cast({} as {})", value, sql.SQL(_CASTS[one.cast]))
                parts.append(form("{} as {}", value, quoted(one.alias or one.name)))
        return listed(parts)

    def _embed(self, embed: Embed, parent: str, outer: Sql, path: tuple[str, ...]) -> sql.Composed:
        """The embedded row or rows as a JSON value."""
        link, wanted, source, alias = self._embedded(embed, parent, outer, path)
        if link:
            return form("(select row_to_json(e) from (select {} {} limit 1) e)", wanted, source)
        tail = self._tail(self._rows(path, embed), alias)
        many: LiteralString = "(select coalesce(json_agg(row_to_json(e)), '[]') from (select {} {}{}) e)"
        return form(many, wanted, source, tail)

    def _embedded(
        self, embed: Embed, parent: str, outer: Sql, path: tuple[str, ...]
    ) -> tuple[bool, Sql, sql.Composed, Sql]:
        """Whether it is one row, what is selected of it, its `from … where …`, and its alias."""
        link = self.catalog.link(parent, embed.target, embed.hint)
        inside = (*path, embed.key)
        alias = quoted(f"{'_'.join(inside)}_{len(inside)}")
        on = (form("{}.{} = {}.{}", alias, quoted(own), outer, quoted(theirs)) for theirs, own in link.pairs)
        where = self._where(self._rows(path, embed), embed.fields, link.table, alias, inside)
        source = form("from {} as {} where {} and {}", public(link.table), alias, listed(on, " and "), where)
        return link.to_one, self._select(embed.fields, link.table, alias, inside), source, alias

    def _where(
        self, rows: Rows, fields: tuple[Column | Embed, ...], table: str, alias: Sql, path: tuple[str, ...]
    ) -> Sql:
        parts = [self.conditions(rows, alias)]
        for one in fields:
            if isinstance(one, Embed):
                self._rows(path, one)
                if one.inner:
                    parts.append(form("exists (select {})", self._embedded(one, table, alias, path)[2]))
        return listed(parts, " and ")

    def _rows(self, path: tuple[str, ...], embed: Embed) -> Rows:
        """The filters on an embed, said of its alias or of its table."""
        for inside in ((*path, embed.key), (*path, embed.target)):
            if inside in self.query.rows:
                self.used.add(inside)
                return self.query.rows[inside]
        return Rows()

    def _condition(self, one: Filter | Group, alias: Sql) -> Sql:
        if isinstance(one, Group):
            members = (self._condition(member, alias) for member in one.members)
            condition: Sql = form("({})", listed(members, " and " if one.word == "and" else " or "))
        else:
            condition = self._comparison(one, form("{}.{}", alias, quoted(one.column)))
        return form("not ({})", condition) if one.negated else condition

    def _comparison(self, one: Filter, column: Sql) -> Sql:
        if isinstance(one.value, tuple):
            return form("{} = any ({})", column, self.parameter(_array(one.value)))
        if one.operator == "is":
            return form(_IS[one.value.lower()], column)
        value = one.value.replace("*", "%") if one.operator in ("like", "ilike") else one.value
        return form("{} {} {}", column, sql.SQL(COMPARISONS[one.operator]), self.parameter(value))

    def _order(self, rows: Rows, alias: Sql) -> Sql:
        terms = (
            form("{}.{}{}{}", alias, quoted(one.column), sql.SQL(" desc" if one.descending else ""),
                 sql.SQL(_NULLS[one.nulls]))
            for one in rows.orders
        )  # fmt: skip
        return form(" order by {}", listed(terms)) if rows.orders else sql.SQL("")

    def _tail(self, rows: Rows, alias: Sql) -> Sql:
        limit = self.max_rows if rows.limit is None else min(rows.limit, self.max_rows)
        return form("{} limit {} offset {}", self._order(rows, alias), sql.Literal(limit), sql.Literal(rows.offset))


def answer(page: Sql, source: Sql | None = None, total: Sql | None = None) -> sql.Composed:
    """The whole statement: one row of the JSON array, its length, the rows written, and the rows in all."""
    written = form("source as ({}), ", source) if source is not None else sql.SQL("")
    affected = sql.SQL("(select count(*) from source)" if source is not None else "null::bigint")
    return form(
        "with {}page as ({}) select coalesce(json_agg(row_to_json(page)), '[]')::text, count(*), {}, {} from page",
        written, page, affected, total or sql.SQL("null::bigint"),
    )  # fmt: skip


def call(function: Function, names: list[str], body: sql.Placeholder) -> sql.Composed:
    """A function called with the named members of a JSON object, as a `from` item; a single value is `value`."""
    given = listed(form("{} := given.{}", quoted(name), quoted(name)) for name in names)
    alias = quoted(function.name)
    called = form("{}({}) as {}", public(function.name), given, alias)
    if not function.is_composite:
        called = form("{}(value)", called)
    if not names:
        return called
    return form("json_to_record{}, lateral {}", typed(names, function.arguments, body), called)


def typed(names: Iterable[str], types: Mapping[str, str], body: sql.Placeholder) -> sql.Composed:
    """The arguments and columns of `json_to_record` or `json_to_recordset`, with the alias `given`."""
    columns = listed(form("{} {}", quoted(name), sql.SQL(types[name])) for name in names)
    return form("({}::json) as given({})", body, columns)


def _array(values: tuple[str, ...]) -> str:
    """An array literal of texts, every one quoted."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"
