"""Functions of the exposed schema: the one that a call means, and the call as SQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import LiteralString

from psycopg import AsyncCursor, sql
from psycopg.rows import TupleRow

from riskkit.local.answer import RestError
from riskkit.local.statement import form, listed, public, quoted

_QUERY: LiteralString = """
select p.proname, (
    select coalesce(json_object_agg(arg.name, format_type(arg.type, null) order by arg.place), '{}')
    from unnest(coalesce(p.proallargtypes, p.proargtypes::oid[]), p.proargnames, p.proargmodes)
      with ordinality as arg (type, name, mode, place)
    where coalesce(arg.mode, 'i') in ('i', 'b', 'v') and arg.name <> ''
  ), p.pronargdefaults, p.proretset, p.prorettype = 'void'::regtype,
  t.typtype = 'c' or (p.prorettype = 'record'::regtype and p.proargmodes && '{o,b,t}')
from pg_proc p join pg_type t on t.oid = p.prorettype
where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.proname = %s
"""


@dataclass(frozen=True)
class Function:
    """A function: its arguments with their SQL types, the last `defaults` of them optional, and what comes back."""

    name: str
    arguments: Mapping[str, LiteralString]
    defaults: int
    returns_set: bool
    is_void: bool
    is_composite: bool

    def takes(self, given: set[str]) -> bool:
        """Whether it can be called with these arguments."""
        names = list(self.arguments)
        return set(names[: len(names) - self.defaults]) <= given <= set(names)

    def called(self, names: Iterable[str], max_rows: int) -> sql.Composed:
        """A call with the named members of the JSON object that is the parameter `body`; answers like a select."""
        arguments = listed(form("{} := given.{}", quoted(name), quoted(name)) for name in names)
        types = listed(form("{} {}", quoted(name), sql.SQL(self.arguments[name])) for name in names)
        source = form("{}({}) as result", public(self.name), arguments)
        if not self.is_composite:
            source = form("{}(value)", source)
        if names:
            source = form("json_to_record(%(body)s::json) as given({}), lateral {}", types, source)
        rows = form("select result.* from {} limit {}", source, sql.Literal(max_rows))
        value = sql.SQL("row_to_json(page)" if self.is_composite else "page.value")
        return form("select coalesce(json_agg({}), '[]')::text, count(*), null from ({}) as page", value, rows)


async def find_function(cursor: AsyncCursor[TupleRow], name: str, given: set[str]) -> Function:
    """The one function of that name whose arguments fit, or PGRST202 or PGRST203."""
    await cursor.execute(_QUERY, (name,))
    fitting = [one for one in (Function(*row) for row in await cursor.fetchall()) if one.takes(given)]
    if len(fitting) == 1:
        return fitting[0]
    shown = f"public.{name}({', '.join(sorted(given))})"
    if fitting:
        raise RestError(300, "PGRST203", f"Could not choose the best candidate function for {shown}")
    raise RestError(404, "PGRST202", f"Could not find the function {shown} in the schema cache")
