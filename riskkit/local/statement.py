"""A query string as PostgREST has it, as far as riskkit speaks it, made into SQL.

select = field {"," field};  field = [alias ":"] column | [alias ":"] table ["!" foreign key] "(" select ")"
filter = column "=" ["not."] operator "." value;  group = ["not."] ("and" | "or") "=(" member {"," member} ")"

Names are plain and quoted, values are always parameters, and Postgres itself writes the JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import LiteralString

from psycopg import sql

from riskkit.local.answer import RestError, not_spoken
from riskkit.local.relations import Link, link_between

Sql = sql.Composable
_NAME = "[A-Za-z_][A-Za-z0-9_]*"
_FIELD = re.compile(rf"(?:({_NAME}):)?({_NAME})(?:(?:!({_NAME}))?\((.*)\))?", re.DOTALL)
_FILTER = re.compile(r"(not\.)?([a-z]+)\.(.*)", re.DOTALL)
_GROUP = re.compile(r"(not\.)?(and|or)(\(.*\))", re.DOTALL)
_MEMBER = re.compile(rf"({_NAME})\.(.*)", re.DOTALL)
_ORDER = re.compile(rf"({_NAME})(\.asc|\.desc)?(\.nullsfirst|\.nullslast)?")
_COMPARISONS: dict[str, LiteralString] = {
    "eq": "{} = {}", "neq": "{} <> {}", "gt": "{} > {}", "gte": "{} >= {}", "lt": "{} < {}", "lte": "{} <= {}",
    "like": "{} like {}", "ilike": "{} ilike {}",
}  # fmt: skip
_CONSTANTS: dict[str, LiteralString] = {"null": "{} is null", "true": "{} is true", "false": "{} is false"}
_WAYS: dict[str | None, LiteralString] = {
    None: "", ".asc": "", ".desc": " desc", ".nullsfirst": " nulls first", ".nullslast": " nulls last",
}  # fmt: skip
_DEEPEST, _LONGEST = 4, 16_384


def form(text: LiteralString, *parts: Sql) -> sql.Composed:
    """SQL with its parts put in."""
    return sql.SQL(text).format(*parts)


def listed(parts: Iterable[Sql], between: LiteralString = ", ") -> Sql:
    """Parts with commas between them."""
    return sql.SQL(between).join(parts)


def quoted(*names: str) -> Sql:
    """A name, or several with dots between them."""
    return sql.Identifier(*names)


def public(name: str) -> Sql:
    """A table or function of the exposed schema."""
    return sql.Identifier("public", name)


def wrong(text: str, expected: str) -> RestError:
    """PostgREST's refusal of what it cannot parse."""
    return RestError(400, "PGRST100", f'"failed to parse ({text[:80]})"', f"expected {expected}")


def plain(text: str) -> str:
    """A column's name, in quotes or not.

    >>> plain('"team_id"')
    'team_id'
    """
    name = text.removeprefix('"').removesuffix('"')
    if not re.fullmatch(_NAME, name):
        raise not_spoken(f"the name {text[:80]!r}: names are letters, digits and _")
    return name


def split(text: str) -> list[str]:
    r"""The parts between commas that no bracket or quote encloses; in quotes, \ escapes.

    >>> split('a,b(c,d),"e,\\""')
    ['a', 'b(c,d)', '"e,\\""']
    """
    if len(text) > _LONGEST:
        raise wrong(text, "a shorter value")
    parts, depth, quote, escaped = [""], 0, False, False
    for letter in text:
        if letter == "," and depth == 0 and not quote:
            parts.append("")
            continue
        parts[-1] += letter
        if quote and (escaped or letter == "\\"):
            escaped = not escaped
        elif letter == '"':
            quote = not quote
        elif not quote:
            depth += (letter == "(") - (letter == ")")
    if depth or quote:
        raise wrong(text, "every bracket and quote closed")
    return parts


class Statement:
    """One request's query string, and what it becomes for its table.

    Attributes
    ----------
    parameters : dict
        The values that the SQL refers to.
    links : sequence of Link
        How tables refer to each other; needed where the select embeds one.
    """

    def __init__(self, table: str, pairs: Sequence[tuple[str, str]]) -> None:
        self.table = table
        self.parameters: dict[str, object] = {}
        self.links: Sequence[Link] = ()
        self._words = {key: text for key, text in pairs if key in ("select", "order", "on_conflict", "columns")}
        self._bounds = {key: text for key, text in pairs if key in ("limit", "offset")}
        self._conditions = [pair for pair in pairs if pair[0] not in self._words and pair[0] not in self._bounds]

    @property
    def embeds(self) -> bool:
        """Whether rows of other tables are wanted."""
        return "(" in self._words.get("select", "")

    @property
    def offset(self) -> int:
        """How many rows are left out before the first."""
        return self._bound("offset") or 0

    def select(self, max_rows: int, count: bool) -> sql.Composed:
        """The rows asked for as one JSON array, how many they are, and with `count` how many without a limit."""
        where, limit = self._where(), self._bound("limit")
        total = form("(select count(*) from {} where {})", public(self.table), where) if count else sql.NULL
        page = form(
            "select {} from {} where {}{} limit {} offset {}", self._wanted(), public(self.table), where, self._order(),
            sql.Literal(max_rows if limit is None else min(limit, max_rows)), sql.Literal(self.offset),
        )  # fmt: skip
        return _answered(page, total)

    def insert(self, columns: Sequence[str], body: str, resolution: str | None) -> Sql:
        """Insert the rows of a JSON array; `resolution` says what becomes of those whose key is there already."""
        if not columns:
            return form("insert into {} default values", public(self.table))
        names = listed(map(quoted, columns))
        change = form(
            "insert into {} ({}) select {} from json_populate_recordset(null::{}, {}::json)",
            public(self.table), names, names, public(self.table), self._parameter(body),
        )  # fmt: skip
        if resolution is None:
            return change
        if "on_conflict" not in self._words:
            raise not_spoken("an upsert without on_conflict")
        keys = listed(quoted(plain(one)) for one in self._words["on_conflict"].split(","))
        if resolution == "ignore-duplicates":
            return form("{} on conflict ({}) do nothing", change, keys)
        changes = listed(form("{} = excluded.{}", quoted(one), quoted(one)) for one in columns)
        return form("{} on conflict ({}) do update set {}", change, keys, changes)

    def update(self, columns: Sequence[str], body: str) -> Sql:
        """Set the columns of a JSON object in the rows of the conditions."""
        if not columns:
            raise RestError(400, "PGRST102", "Expected a JSON object of the columns to change")
        changes = listed(form("{} = given.{}", quoted(one), quoted(one)) for one in columns)
        given = form("json_populate_record(null::{}, {}::json) as given", public(self.table), self._parameter(body))
        return form("update {} set {} from {} where {}", public(self.table), changes, given, self._filtered("UPDATE"))

    def delete(self) -> Sql:
        """Delete the rows of the conditions."""
        return form("delete from {} where {}", public(self.table), self._filtered("DELETE"))

    def written(self, change: Sql, returning: bool) -> sql.Composed:
        """A change, answering like `select` with the rows it wrote or with none."""
        if self.embeds or self._bounds or "order" in self._words:
            raise not_spoken("embedded tables, an order or a limit in a write")
        if not returning:
            return form("with page as ({} returning 1) select '', count(*), null from page", change)
        return _answered(form("{} returning {}", change, self._wanted()), sql.NULL)

    def _wanted(self) -> Sql:
        return self._fields(self._words.get("select", "*"), self.table, quoted(self.table), 0)

    def _fields(self, text: str, table: str, alias: Sql, depth: int) -> Sql:
        parts: list[Sql] = []
        for part in split(text):
            match = _FIELD.fullmatch(part)
            if part == "*":
                parts.append(form("{}.*", alias))
            elif match is None:
                raise not_spoken(f"{part[:80]!r} in a select: only columns, and tables with columns in brackets")
            else:
                label, name, key, inside = match.groups()
                value = form("{}.{}", alias, quoted(name))
                if inside is not None:
                    value = self._embedded(link_between(self.links, table, name, key), inside, alias, depth)
                parts.append(form("{} as {}", value, quoted(label or name)))
        return listed(parts)

    def _embedded(self, link: Link, text: str, outer: Sql, depth: int) -> sql.Composed:
        """The row of the other table, or the array of its rows, as JSON."""
        if depth == _DEEPEST:
            raise wrong(text, f"tables at most {_DEEPEST} deep")
        alias = quoted(f"{link.table}_{depth}")
        on = (form("{}.{} = {}.{}", alias, quoted(own), outer, quoted(theirs)) for theirs, own in link.pairs)
        wanted = self._fields(text, link.table, alias, depth + 1)
        rows = form("(select {} from {} as {} where {}) e", wanted, public(link.table), alias, listed(on, " and "))
        if link.to_one:
            return form("(select row_to_json(e) from {})", rows)
        return form("(select coalesce(json_agg(row_to_json(e)), '[]') from {})", rows)

    def _filtered(self, word: str) -> Sql:
        if not self._conditions:
            raise RestError(400, "21000", f"{word} requires a WHERE clause")
        return self._where()

    def _where(self) -> Sql:
        parts: list[Sql] = [sql.SQL("true")]
        for key, text in self._conditions:
            group = _GROUP.fullmatch(key + text)
            parts.append(self._group(group, 0) if group else self._filter(plain(key), text, raw=True))
        return listed(parts, " and ")

    def _group(self, match: re.Match[str], depth: int) -> Sql:
        members: list[Sql] = []
        for part in split(match[3][1:-1]):
            group, member = _GROUP.fullmatch(part), _MEMBER.fullmatch(part)
            if group is not None and depth < _DEEPEST:
                members.append(self._group(group, depth + 1))
            elif group is None and member is not None:
                members.append(self._filter(member[1], member[2], raw=False))
            else:
                raise wrong(part, f"column.operator.value, in groups at most {_DEEPEST} deep")
        return form("not ({})" if match[1] else "({})", listed(members, " and " if match[2] == "and" else " or "))

    def _filter(self, name: str, text: str, *, raw: bool) -> Sql:
        """A condition on a column; a `raw` value is what it is, else quotes around it are not part of it."""
        match = _FILTER.fullmatch(text)
        if match is None:
            raise wrong(text, "operator.value")
        operator, value, column = match[2], match[3], quoted(self.table, name)
        if operator == "in":
            if not (value.startswith("(") and value.endswith(")")):
                raise wrong(text, "values in brackets")
            condition = form("{} = any ({})", column, self._parameter(_array(split(value[1:-1]))))
        elif operator == "is":
            if value.lower() not in _CONSTANTS:
                raise wrong(text, "null, true or false")
            condition = form(_CONSTANTS[value.lower()], column)
        elif operator in _COMPARISONS:
            value = value if raw else _unquoted(value)
            value = value.replace("*", "%") if operator in ("like", "ilike") else value
            condition = form(_COMPARISONS[operator], column, self._parameter(value))
        else:
            raise not_spoken(f"the operator {operator!r}")
        return form("not ({})", condition) if match[1] else condition

    def _order(self) -> Sql:
        if "order" not in self._words:
            return sql.SQL("")
        terms = []
        for part in split(self._words["order"]):
            match = _ORDER.fullmatch(part)
            if match is None:
                raise wrong(part, "column[.asc|.desc][.nullsfirst|.nullslast]")
            column, direction, nulls = quoted(self.table, match[1]), _WAYS[match[2]], _WAYS[match[3]]
            terms.append(form("{}{}{}", column, sql.SQL(direction), sql.SQL(nulls)))
        return form(" order by {}", listed(terms))

    def _bound(self, key: str) -> int | None:
        text = self._bounds.get(key)
        if text is not None and not re.fullmatch("[0-9]{1,15}", text):
            raise wrong(f"{key}={text}", "a whole number")
        return None if text is None else int(text)

    def _parameter(self, value: object) -> sql.Placeholder:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return sql.Placeholder(name)


def _answered(page: Sql, total: Sql) -> sql.Composed:
    answer: LiteralString = "select coalesce(json_agg(row_to_json(page)), '[]')::text, count(*), {} from page"
    return form("with page as ({}) " + answer, page, total)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL) if text[:1] == '"' else text


def _array(parts: list[str]) -> str:
    """An array literal of texts, every one quoted."""
    escaped = (_unquoted(part).replace("\\", "\\\\").replace('"', '\\"') for part in parts if parts != [""])
    return "{" + ",".join(f'"{value}"' for value in escaped) + "}"
