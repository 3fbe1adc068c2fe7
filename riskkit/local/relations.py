"""How tables refer to each other, so that a select can hold rows of another table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import LiteralString

from psycopg import AsyncCursor
from psycopg.rows import TupleRow

from riskkit.local.answer import RestError

_QUERY: LiteralString = """
with found as (
  select f.conname as key, own.relname as own, other.relname as other,
    json_agg(json_build_array(a.attname, b.attname)) as pairs,
    exists (select from pg_index i where i.indrelid = f.conrelid and i.indisunique and i.indpred is null
      and i.indkey::int2[] <@ f.conkey) as is_unique
  from pg_constraint f join pg_class own on own.oid = f.conrelid join pg_class other on other.oid = f.confrelid,
    unnest(f.conkey, f.confkey) as k (own, other), pg_attribute a, pg_attribute b
  where f.contype = 'f' and (own.relnamespace, other.relnamespace) = ('public'::regnamespace, 'public'::regnamespace)
    and (a.attrelid, a.attnum) = (f.conrelid, k.own) and (b.attrelid, b.attnum) = (f.confrelid, k.other)
  group by f.oid, own.oid, other.oid
)
select key, own, other, pairs, true from found union all
select key, other, own, (select json_agg(json_build_array(p -> 1, p -> 0)) from json_array_elements(pairs) p), is_unique
from found
"""


@dataclass(frozen=True)
class Link:
    """How an embedded table joins its parent: pairs of columns (parent's, its own), and whether it is one row."""

    key: str
    parent: str
    table: str
    pairs: tuple[tuple[str, str], ...]
    to_one: bool


async def load_links(cursor: AsyncCursor[TupleRow]) -> list[Link]:
    """Every foreign key of the exposed schema, in both directions."""
    await cursor.execute(_QUERY)
    return [Link(*row) for row in await cursor.fetchall()]


def link_between(links: Sequence[Link], parent: str, target: str, key: str | None) -> Link:
    """How `target` joins `parent`, by the foreign key if one is named; PGRST200 or PGRST201 unless there is one way."""
    found = [one for one in links if (one.parent, one.table) == (parent, target) and key in (None, one.key)]
    if len(found) == 1:
        return found[0]
    if found:
        message = f"Could not embed because more than one relationship was found for '{parent}' and '{target}'"
        raise RestError(300, "PGRST201", message, hint=f"Try '{target}!<foreign key>'.")
    message = f"Could not find a relationship between '{parent}' and '{target}' in the schema cache"
    raise RestError(400, "PGRST200", message)
