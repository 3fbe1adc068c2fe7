"""What the exposed schema holds: tables, foreign keys, functions. Names and types that reach SQL come from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources

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
    """A reference by pairs of columns (own, other's); `is_unique` when a row is referred to at most once."""

    name: str
    table: str
    foreign_table: str
    pairs: tuple[tuple[str, str], ...]
    is_unique: bool


@dataclass(frozen=True)
class Function:
    """A function: its arguments with their SQL types, the last `defaults` of them optional, and what comes back."""

    name: str
    arguments: Mapping[str, str]
    defaults: int
    returns_set: bool
    is_composite: bool
    is_void: bool
    table: str | None

    def takes(self, given: set[str]) -> bool:
        """Whether it can be called with these arguments."""
        names = list(self.arguments)
        return set(names[: len(names) - self.defaults]) <= given <= set(names)


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
    functions: tuple[Function, ...]

    def table(self, name: str) -> Table:
        """The table of that name, or PGRST205."""
        if name not in self.tables:
            raise RestError(404, "PGRST205", f"Could not find the table 'public.{name}' in the schema cache")
        return self.tables[name]

    def function(self, name: str, given: set[str]) -> Function:
        """The one function of that name whose arguments fit, or PGRST202 or PGRST203."""
        fitting = [one for one in self.functions if one.name == name and one.takes(given)]
        if len(fitting) == 1:
            return fitting[0]
        shown = f"public.{name}({', '.join(sorted(given))})"
        if fitting:
            raise RestError(300, "PGRST203", f"Could not choose the best candidate function for {shown}")
        raise RestError(404, "PGRST202", f"Could not find the function {shown} in the schema cache")

    def link(self, parent: str, target: str, hint: str | None) -> Link:
        """How `target` (a table, a foreign key or a referring column) joins `parent`, or PGRST200 or PGRST201."""
        found = list(self._links(parent, target, hint))
        if len(found) == 1:
            return found[0]
        if found:
            message = f"Could not embed because more than one relationship was found for '{parent}' and '{target}'"
            raise RestError(300, "PGRST201", message, hint=f"Try '{target}!<foreign key>'.")
        message = f"Could not find a relationship between '{parent}' and '{target}' in the schema cache"
        raise RestError(400, "PGRST200", message)

    def _links(self, parent: str, target: str, hint: str | None) -> Iterator[Link]:
        for key in self.keys:
            names = {key.name, *(own for own, _ in key.pairs if len(key.pairs) == 1)}
            if hint is not None and hint not in names:
                continue
            # A table that refers to itself: by column or key the row referred to, by table the rows referring.
            to_itself = key.table == key.foreign_table
            if key.table == parent and (target in names or (key.foreign_table == target and not to_itself)):
                yield Link(key.foreign_table, key.pairs, to_one=True)
            elif key.foreign_table == parent and target in (key.table, key.name):
                yield Link(key.table, tuple((other, own) for own, other in key.pairs), to_one=key.is_unique)


async def load_catalog(cursor: AsyncCursor[TupleRow], version: int) -> Catalog:
    """Read the catalogue in the current transaction."""
    await cursor.execute(_QUERY)
    row = await cursor.fetchone()
    known = row[0] if row else {}
    return Catalog(
        version,
        {one["name"]: Table(**one) for one in known["tables"]},
        tuple(ForeignKey(**one) for one in known["keys"]),
        tuple(Function(**one) for one in known["functions"]),
    )
