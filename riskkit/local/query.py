"""One request's query string and headers, read into what the statement is built from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from riskkit.local.answer import RestError, not_spoken
from riskkit.local.grammar import (
    Column,
    Embed,
    Filter,
    Group,
    Order,
    parse_filter,
    parse_group,
    parse_key,
    parse_order,
    parse_select,
    wrong,
)

SINGLE = "application/vnd.pgrst.object+json"
_ACCEPTED = {"", "*/*", "application/*", "application/json", SINGLE}
_RANGE = re.compile(r"(\d{1,15})-(\d{1,15})?", re.ASCII)


@dataclass
class Rows:
    """Which rows of one table, and in which order: of the request's own table or of an embedded one."""

    conditions: list[Filter | Group] = field(default_factory=list)
    orders: tuple[Order, ...] = ()
    limit: int | None = None
    offset: int = 0


@dataclass(frozen=True)
class Query:
    """What a request asks.

    Attributes
    ----------
    fields : tuple
        The select; all columns when there is none.
    rows : dict
        By path of embeds, () for the request's own table.
    columns, on_conflict : tuple of str or None
        Which columns a body sets, and which make a duplicate.
    arguments : dict
        Parameters that are a function's arguments (GET only).
    """

    fields: tuple[Column | Embed, ...]
    rows: Mapping[tuple[str, ...], Rows]
    columns: tuple[str, ...] | None
    on_conflict: tuple[str, ...] | None
    arguments: Mapping[str, str]

    @property
    def own(self) -> Rows:
        """Which rows of the request's own table."""
        return self.rows.get((), Rows())


def read_query(pairs: Iterable[tuple[str, str]], argument_names: frozenset[str] = frozenset()) -> Query:
    """Read the query string's pairs; names in `argument_names` are a function's."""
    fields: tuple[Column | Embed, ...] = (Column("*"),)
    columns = on_conflict = None
    rows: dict[tuple[str, ...], Rows] = {}
    arguments: dict[str, str] = {}
    for key, text in pairs:
        if key in argument_names:
            arguments[key] = text
        elif key == "select":
            fields = parse_select(text)
        elif key == "columns":
            columns = _names(text)
        elif key == "on_conflict":
            on_conflict = _names(text)
        else:
            _read_rows(rows, key, text)
    return Query(fields, rows, columns, on_conflict, arguments)


def _read_rows(rows: dict[tuple[str, ...], Rows], key: str, text: str) -> None:
    *path, word = parse_key(key)
    negated = word in ("and", "or") and path[-1:] == ["not"]
    mine = rows.setdefault(tuple(path[:-1] if negated else path), Rows())
    if word in ("and", "or"):
        mine.conditions.append(parse_group(word, text, negated))
    elif word == "order":
        mine.orders = parse_order(text)
    elif word == "limit":
        mine.limit = _whole(word, text)
    elif word == "offset":
        mine.offset = _whole(word, text)
    else:
        mine.conditions.append(parse_filter(word, text))


def _names(text: str) -> tuple[str, ...]:
    fields = parse_select(text)
    if not all(isinstance(one, Column) and one == Column(one.name) and one.name != "*" for one in fields):
        raise wrong(text, "column names separated by commas")
    return tuple(one.name for one in fields if isinstance(one, Column))


def _whole(word: str, text: str) -> int:
    if not re.fullmatch(r"\d{1,15}", text, re.ASCII):
        raise wrong(f"{word}={text}", "a whole number")
    return int(text)


@dataclass(frozen=True)
class Preferences:
    """What the headers ask of the answer."""

    single: bool
    representation: bool
    headers_only: bool
    count: bool
    resolution: str | None

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Preferences:
        """Read Accept, Prefer and the schema profile; what is not spoken is refused, not ignored."""
        for name in ("accept-profile", "content-profile"):
            if headers.get(name, "public") != "public":
                raise RestError(406, "PGRST106", "The schema must be one of the following: public")
        accepted = [one.split(";q=")[0].strip() for one in headers.get("accept", "").split(",")]
        if not _ACCEPTED & set(accepted):
            raise not_spoken(f"the media type {headers.get('accept')!r}")
        wanted: dict[str, str] = {}
        for one in headers.get("prefer", "").split(","):
            name, _, value = one.strip().partition("=")
            if name:
                wanted[name] = value
        spoken = {
            "return": {"representation", "minimal", "headers-only"},
            "count": {"exact"},
            "resolution": {"merge-duplicates", "ignore-duplicates"},
            "missing": {"null"},
            "handling": {"lenient"},
        }
        for name, value in wanted.items():
            if value not in spoken.get(name, ()):
                raise not_spoken(f"the preference {name}={value}")
        returned = wanted.get("return")
        return cls(
            SINGLE in accepted,
            returned == "representation",
            returned == "headers-only",
            "count" in wanted,
            wanted.get("resolution"),
        )


def apply_range(rows: Rows, header: str | None) -> None:
    """Narrow the rows by a Range header (`0-24`), which counts only where no limit or offset is given."""
    if header is None or rows.limit is not None or rows.offset:
        return
    match = _RANGE.fullmatch(header.strip().removeprefix("items="))
    if match is None:
        raise wrong(f"Range: {header}", "first-last")
    rows.offset = int(match[1])
    if match[2] is not None:
        if int(match[2]) < rows.offset:
            raise RestError(416, "PGRST103", "Requested range not satisfiable", "The lower boundary must be lower")
        rows.limit = int(match[2]) - rows.offset + 1
