"""Statements from a query: names quoted, values always parameters, and the JSON made by Postgres itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import LiteralString

from psycopg import sql

from riskkit.local.answer import RestError, not_spoken
from riskkit.local.catalog import Catalog, Function, Link, Table
from riskkit.local.grammar import COMPARISONS, Column, Embed, Filter, Group
from riskkit.local.query import Query, Rows

#: Types a select may cast to.
_CASTS: dict[str, LiteralString] = {
    "text": "text", "varchar": "text", "int": "int", "integer": "int", "int4": "int", "bigint": "bigint",
    "int8": "bigint", "numeric": "numeric", "float4": "float4", "float8": "float8", "date": "date",
    "timestamptz": "timestamptz", "bool": "boolean", "boolean": "boolean", "uuid": "uuid", "json": "json",
    "jsonb": "jsonb",
}  # fmt: skip
_ALL: LiteralString = "true"


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

    def page(
        self, source: sql.Composable, table: str, rows: Rows | None, alias: sql.Composable | None = None
    ) -> sql.Composed:
        """`page` and the answer's columns: the JSON array, and how many rows it has.

        Parameters
        ----------
        source : Composable
            What to select from, as a `from` item whose alias is `table`.
        table : str
            The table whose columns and foreign keys the source's rows have.
        rows : Rows or None
            Which of the rows; None where that has been decided (the rows a write returned).
        """
        alias = alias or quoted(table)
        wanted = self._select(self.query.fields, table, alias, ())
        where = self._where(rows or Rows(), self.query.fields, table, alias, ())
        tail = self._tail(rows if rows else Rows(orders=self.query.own.orders), alias, capped=rows is not None)
        self._check_paths()
        return sql.SQL("select {} from {} where {}{}").format(wanted, source, where, tail)

    def count(self, table: str) -> sql.Composed:
        """How many rows the query has in all."""
        alias = quoted(table)
        where = self._where(self.query.own, self.query.fields, table, alias, ())
        return sql.SQL("(select count(*) from {} where {})").format(public(table), where)

    def conditions(self, rows: Rows, alias: sql.Composable) -> sql.Composable:
        """A row's own conditions, joined by and."""
        if not rows.conditions:
            return sql.SQL(_ALL)
        return sql.SQL(" and ").join(self._condition(one, alias) for one in rows.conditions)

    def needed_columns(self, table: Table) -> list[str]:
        """The columns a write must return for the select: no more, for a role may not read every column."""
        needed: dict[str, None] = {}
        for one in self.query.fields:
            if isinstance(one, Embed):
                link = self.catalog.link(table.name, one.target, one.hint)
                needed |= dict.fromkeys(own for own, _ in link.pairs)
            else:
                needed |= dict.fromkeys(table.columns if one.name == "*" else (one.name,))
        return list(needed | dict.fromkeys(order.column for order in self.query.own.orders))

    def _select(
        self, fields: tuple[Column | Embed, ...], table: str, alias: sql.Composable, path: tuple[str, ...]
    ) -> sql.Composable:
        parts: list[sql.Composable] = []
        for one in fields:
            if isinstance(one, Embed):
                if one.fields:
                    parts.append(sql.SQL("{} as {}").format(self._embed(one, table, alias, path), quoted(one.key)))
            elif one.name == "*":
                parts.append(sql.SQL("{}.*").format(alias))
            else:
                parts.append(self._column(one, alias))
        return sql.SQL(", ").join(parts)

    def _column(self, column: Column, alias: sql.Composable) -> sql.Composable:
        value: sql.Composable = sql.SQL("{}.{}").format(alias, quoted(column.name))
        if column.cast is not None:
            if column.cast not in _CASTS:
                raise not_spoken(f"the cast ::{column.cast}")
            value = sql.SQL("cast({} as {})").format(value, sql.SQL(_CASTS[column.cast]))
        return sql.SQL("{} as {}").format(value, quoted(column.alias or column.name))

    def _embed(self, embed: Embed, parent: str, outer: sql.Composable, path: tuple[str, ...]) -> sql.Composed:
        link = self.catalog.link(parent, embed.target, embed.hint)
        wanted, source = self._embedded(embed, link, outer, path)
        if link.to_one:
            return sql.SQL("(select row_to_json(e) from (select {} {} limit 1) e)").format(wanted, source)
        tail = self._tail(self._rows(path, embed), self._alias(path, embed), capped=True)
        form = sql.SQL("(select coalesce(json_agg(row_to_json(e)), '[]') from (select {} {}{}) e)")
        return form.format(wanted, source, tail)

    def _embedded(
        self, embed: Embed, link: Link, outer: sql.Composable, path: tuple[str, ...]
    ) -> tuple[sql.Composable, sql.Composed]:
        """What is selected of an embedded table, and its `from … where …`."""
        alias, inside = self._alias(path, embed), (*path, embed.key)
        joined = sql.SQL(" and ").join(
            sql.SQL("{}.{} = {}.{}").format(alias, quoted(own), outer, quoted(theirs)) for theirs, own in link.pairs
        )
        where = self._where(self._rows(path, embed), embed.fields, link.table, alias, inside)
        source = sql.SQL("from {} as {} where {} and {}").format(public(link.table), alias, joined, where)
        return self._select(embed.fields, link.table, alias, inside), source

    def _where(
        self,
        rows: Rows,
        fields: tuple[Column | Embed, ...],
        table: str,
        alias: sql.Composable,
        path: tuple[str, ...],
    ) -> sql.Composable:
        parts = [self.conditions(rows, alias)]
        for one in fields:
            if isinstance(one, Embed):
                self._rows(path, one)
                if one.inner:
                    link = self.catalog.link(table, one.target, one.hint)
                    _, source = self._embedded(one, link, alias, path)
                    parts.append(sql.SQL("exists (select {})").format(source))
        return sql.SQL(" and ").join(parts)

    def _rows(self, path: tuple[str, ...], embed: Embed) -> Rows:
        """The filters on an embed, said of its alias or of its table."""
        for name in dict.fromkeys((embed.key, embed.target)):
            if (*path, name) in self.query.rows:
                self.used.add((*path, name))
                return self.query.rows[*path, name]
        return Rows()

    def _check_paths(self) -> None:
        for path in self.query.rows:
            if path not in self.used:
                message = f"'{'.'.join(path)}' is not an embedded resource in this request"
                hint = f"Verify that '{path[-1]}' is included in the 'select' query parameter."
                raise RestError(400, "PGRST108", message, None, hint)

    def _alias(self, path: tuple[str, ...], embed: Embed) -> sql.Composable:
        return quoted("_".join((*path, embed.key, str(len(path) + 1))))

    def _condition(self, one: Filter | Group, alias: sql.Composable) -> sql.Composable:
        if isinstance(one, Group):
            word = sql.SQL(" and ") if one.word == "and" else sql.SQL(" or ")
            condition: sql.Composable = sql.SQL("({})").format(
                word.join(self._condition(m, alias) for m in one.members)
            )
        else:
            condition = self._comparison(one, sql.SQL("{}.{}").format(alias, quoted(one.column)))
        return sql.SQL("not ({})").format(condition) if one.negated else condition

    def _comparison(self, one: Filter, column: sql.Composable) -> sql.Composable:
        if one.operator == "in":
            return sql.SQL("{} = any ({})").format(column, self.parameter(_array(one.value)))
        value = str(one.value)
        if one.operator == "is":
            tests: dict[str, LiteralString] = {
                "null": "{} is null", "not_null": "{} is not null", "true": "{} is true", "false": "{} is false",
                "unknown": "{} is unknown",
            }  # fmt: skip
            return sql.SQL(tests[value.lower()]).format(column)
        if one.operator in ("like", "ilike"):
            value = value.replace("*", "%")
        operator: LiteralString = COMPARISONS[one.operator]
        return sql.SQL("{} {} {}").format(column, sql.SQL(operator), self.parameter(value))

    def _tail(self, rows: Rows, alias: sql.Composable, *, capped: bool) -> sql.Composed:
        parts: list[sql.Composable] = []
        if rows.orders:
            parts.append(sql.SQL(" order by "))
            directions: dict[tuple[bool, str], LiteralString] = {
                (False, ""): "", (True, ""): " desc", (False, "first"): " nulls first", (False, "last"): " nulls last",
                (True, "first"): " desc nulls first", (True, "last"): " desc nulls last",
            }  # fmt: skip
            parts.append(
                sql.SQL(", ").join(
                    sql.SQL("{}.{}{}").format(alias, quoted(o.column), sql.SQL(directions[o.descending, o.nulls]))
                    for o in rows.orders
                )
            )
        if capped:
            limit = self.max_rows if rows.limit is None else min(rows.limit, self.max_rows)
            parts.append(sql.SQL(" limit {}").format(sql.Literal(limit)))
            if rows.offset:
                parts.append(sql.SQL(" offset {}").format(sql.Literal(rows.offset)))
        return sql.Composed(parts)


def answer(page: sql.Composable, source: sql.Composable | None, total: sql.Composable | None) -> sql.Composed:
    """The whole statement: one row of the JSON array, its length, the rows written, and the rows in all."""
    form = "with {}page as ({}) select coalesce(json_agg(row_to_json(page)), '[]')::text, count(*), {}, {} from page"
    written = sql.SQL("source as ({}), ").format(source) if source is not None else sql.SQL("")
    affected = sql.SQL("(select count(*) from source)" if source is not None else "null::bigint")
    return sql.SQL(form).format(written, page, affected, total or sql.SQL("null::bigint"))


def call_source(function: Function, names: list[str], body: sql.Placeholder) -> sql.Composed:
    """A function called with the named members of a JSON object, as a `from` item."""
    alias = quoted(function.name)
    column = sql.SQL("") if function.composite else sql.SQL("({})").format(quoted("value"))
    called = sql.SQL(", ").join(
        sql.SQL("{} := {}.{}").format(quoted(name), quoted("given"), quoted(name)) for name in names
    )
    call = sql.SQL("{}({}) as {}{}").format(public(function.name), called, alias, column)
    if not names:
        return call
    given = recordset(names, function.arguments, body, sql.SQL("json_to_record"))
    return sql.SQL("{}, lateral {}").format(given, call)


def recordset(names: list[str], types: object, body: sql.Placeholder, maker: sql.SQL) -> sql.Composed:
    """A JSON body's members as typed columns, as the `from` item `given`."""
    known = dict(types) if not isinstance(types, dict) else types  # type: ignore[call-overload]
    columns = sql.SQL(", ").join(sql.SQL("{} {}").format(quoted(name), sql.SQL(known[name])) for name in names)
    return sql.SQL("{}({}::json) as {}({})").format(maker, body, quoted("given"), columns)


def public(name: str) -> sql.Composed:
    """A name in the exposed schema."""
    return sql.SQL("public.{}").format(quoted(name))


def quoted(name: str) -> sql.Composable:
    """A quoted identifier, safe beside placeholders: a percent sign in a name must not look like one."""
    return sql.SQL(sql.Identifier(name).as_string(None).replace("%", "%%"))


def _array(values: str | tuple[str, ...]) -> str:
    """An array literal of texts, every one quoted."""
    escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"
