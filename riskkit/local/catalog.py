"""What the exposed schema holds: tables, foreign keys, functions. Names and types that reach SQL come from here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from riskkit.local.answer import RestError

_QUERY = resources.files("riskkit.local").joinpath("catalog.sql").read_bytes()


@dataclass(frozen=True)
class Table:
    """A table or view: its columns with their SQL types, and its primary key."""

    name: str
    columns: Mapping[str, str]
    primary_key: tuple[str, ...]


@dataclass(frozen=True)
class ForeignKey:
    """A reference from `table` to `foreign_table`; `unique` when a row is referred to at most once."""

    name: str
    table: str
    columns: tuple[str, ...]
    foreign_table: str
    foreign_columns: tuple[str, ...]
    unique: bool


@dataclass(frozen=True)
class Function:
    """A function: its arguments with their SQL types, and what comes back (rows of `table`, if that is set)."""

    name: str
    arguments: Mapping[str, str]
    optional: frozenset[str]
    returns: str
    returns_set: bool
    composite: bool
    table: str | None


@dataclass(frozen=True)
class Link:
    """How an embedded table joins its parent: pairs of columns (parent's, its own), and whether it is one row."""

    table: str
    pairs: tuple[tuple[str, str], ...]
    to_one: bool


@dataclass(frozen=True)
class Catalog:
    """The schema `public` at one version."""

    version: int
    tables: Mapping[str, Table]
    keys: tuple[ForeignKey, ...]
    functions: Mapping[str, tuple[Function, ...]]

    def table(self, name: str) -> Table:
        """The table of that name, or PGRST205."""
        if name not in self.tables:
            raise RestError(404, "PGRST205", f"Could not find the table 'public.{name}' in the schema cache")
        return self.tables[name]

    def function(self, name: str, given: set[str]) -> Function:
        """The one function of that name whose arguments fit, or PGRST202 or PGRST203."""
        fitting = [
            one
            for one in self.functions.get(name, ())
            if given <= set(one.arguments) and set(one.arguments) - one.optional <= given
        ]
        if not fitting:
            shown = f"public.{name}({', '.join(sorted(given))})"
            raise RestError(404, "PGRST202", f"Could not find the function {shown} in the schema cache")
        if len(fitting) > 1:
            raise RestError(
                300, "PGRST203", f"Could not choose the best candidate function: public.{name} is overloaded"
            )
        return fitting[0]

    def link(self, parent: str, target: str, hint: str | None) -> Link:
        """How `target` (a table, a foreign key or a referring column) joins `parent`, or PGRST200 or PGRST201."""
        found = self._links(parent, target, hint)
        if not found:
            message = f"Could not find a relationship between '{parent}' and '{target}' in the schema cache"
            raise RestError(400, "PGRST200", message)
        if len(found) > 1:
            message = f"Could not embed because more than one relationship was found for '{parent}' and '{target}'"
            raise RestError(300, "PGRST201", message, None, f"Try '{target}!<foreign key>'.")
        return found[0]

    def _links(self, parent: str, target: str, hint: str | None) -> list[Link]:
        links = []
        for key in self.keys:
            names = {key.name, *(key.columns if len(key.columns) == 1 else ())}
            if hint is not None and hint not in names:
                continue
            # A table that refers to itself: by column or key the row referred to, by table the rows referring.
            to_itself = key.table == key.foreign_table
            named = target in names
            if key.table == parent and (named or (key.foreign_table == target and not to_itself)):
                pairs = tuple(zip(key.columns, key.foreign_columns, strict=True))
                links.append(Link(key.foreign_table, pairs, to_one=True))
            elif key.foreign_table == parent and target in (key.table, key.name):
                pairs = tuple(zip(key.foreign_columns, key.columns, strict=True))
                links.append(Link(key.table, pairs, to_one=key.unique))
        return links


async def load_catalog(cursor: AsyncCursor[TupleRow], version: int) -> Catalog:
    """Read the catalogue in the current transaction."""
    await cursor.execute(_QUERY)
    row = await cursor.fetchone()
    known: dict[str, list[dict[str, Any]]] = row[0] if row else {}
    functions: dict[str, list[Function]] = {}
    for one in known["functions"]:
        functions.setdefault(one["name"], []).append(_function(one))
    return Catalog(
        version,
        {
            one["name"]: Table(one["name"], one["columns"] or {}, tuple(one["primary_key"] or ()))
            for one in known["tables"]
        },
        tuple(_foreign_key(one) for one in known["keys"]),
        {name: tuple(same) for name, same in functions.items()},
    )


def _foreign_key(row: Mapping[str, Any]) -> ForeignKey:
    own, other = tuple(row["columns"]), tuple(row["foreign_columns"])
    return ForeignKey(row["name"], row["table_name"], own, row["foreign_table"], other, row["is_unique"])


def _function(row: Mapping[str, Any]) -> Function:
    arguments = {one["name"]: one["type"] for one in row["arguments"]}
    optional = frozenset(list(arguments)[len(arguments) - row["defaults"] :])
    return Function(
        row["name"], arguments, optional, row["returns"], row["returns_set"], row["is_composite"], row["table_name"]
    )
