"""PostgREST's query string, as far as it is spoken: what a select names, and what filters and orders say.

select   = field {"," field}
field    = [alias ":"] name ["::" cast] | [alias ":"] name ["!" hint] ["!inner"] "(" select ")"
filter   = column "=" ["not."] operator "." value
group    = ["not."] ("and" | "or") "=(" member {"," member} ")"
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from riskkit.local.answer import RestError, not_spoken

#: Operators that compare with one value, and their SQL.
COMPARISONS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "like": "like", "ilike": "ilike"}
_OPERATORS = {*COMPARISONS, "in", "is"}
_IS = {"null", "not_null", "true", "false", "unknown"}
_PLAIN = re.compile(r"(?:[\w$ ]|-(?!>))+")
_OPERATION = re.compile(r"(not\.)?([a-z]+)(\([a-z]+\))?\.", re.ASCII)
_DEEPEST = 8
_LONGEST = 16_384


@dataclass(frozen=True)
class Column:
    """One column of a select; `name` is `*` for all of them."""

    name: str
    alias: str | None = None
    cast: str | None = None


@dataclass(frozen=True)
class Embed:
    """Rows of another table inside each row; with `inner`, rows without any are left out."""

    target: str
    alias: str | None
    hint: str | None
    inner: bool
    fields: tuple[Column | Embed, ...]

    @property
    def key(self) -> str:
        """What it is called in the answer and in filters on it."""
        return self.alias or self.target


@dataclass(frozen=True)
class Filter:
    """A condition on a column: `value` is text as given, or the members of an `in` list."""

    column: str
    operator: str
    value: str | tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Group:
    """Conditions joined by `and` or `or`."""

    word: str
    members: tuple[Filter | Group, ...]
    negated: bool = False


@dataclass(frozen=True)
class Order:
    """A column to sort by; `nulls` is `first`, `last` or empty for Postgres' own way."""

    column: str
    descending: bool = False
    nulls: str = ""


class Scanner:
    """Reads one value of the query string from left to right."""

    def __init__(self, text: str) -> None:
        if len(text) > _LONGEST or "\x00" in text:
            raise wrong(text[:40], "a shorter value without NUL")
        self.text, self.at = text, 0

    @property
    def done(self) -> bool:
        """Whether everything has been read."""
        return self.at >= len(self.text)

    def take(self, word: str) -> bool:
        """Read `word` if it comes next."""
        if self.text.startswith(word, self.at):
            self.at += len(word)
            return True
        return False

    def expect(self, word: str) -> None:
        """Read `word`, or refuse the text."""
        if not self.take(word):
            raise wrong(self.text, f"{word!r} at character {self.at + 1}")

    def quoted(self) -> str | None:
        r"""A value in double quotes, where \ escapes, if one comes next."""
        if not self.take('"'):
            return None
        letters = []
        while not self.take('"'):
            self.take("\\")
            if self.done:
                raise wrong(self.text, "a closing quote")
            letters.append(self.text[self.at])
            self.at += 1
        return "".join(letters)

    def name(self) -> str:
        """An identifier, quoted or of letters, digits, _ and $."""
        found = self.quoted()
        if found is None:
            match = _PLAIN.match(self.text, self.at)
            if match is None:
                raise wrong(self.text, f"a name at character {self.at + 1}")
            found, self.at = match[0], match.end()
        return found

    def until(self, stops: str) -> str:
        """A value, quoted or up to one of the stops."""
        found = self.quoted()
        if found is not None:
            return found
        begun = self.at
        while not self.done and self.text[self.at] not in stops:
            self.at += 1
        return self.text[begun : self.at]


def wrong(text: str, expected: str) -> RestError:
    """PostgREST's refusal of what it cannot parse."""
    return RestError(400, "PGRST100", f'"failed to parse ({text})"', f"expected {expected}")


def parse_select(text: str) -> tuple[Column | Embed, ...]:
    """The fields of a select.

    >>> parse_select("id,day:as_of::text,team:teams!inner(name)")[1]
    Column(name='as_of', alias='day', cast='text')
    """
    scanner = Scanner(text)
    fields = _fields(scanner, 0)
    if not scanner.done:
        raise wrong(text, f"',' at character {scanner.at + 1}")
    return fields


def _fields(scanner: Scanner, depth: int) -> tuple[Column | Embed, ...]:
    if depth > _DEEPEST:
        raise wrong(scanner.text, f"at most {_DEEPEST} levels")
    fields: list[Column | Embed] = []
    if scanner.done or scanner.text[scanner.at] == ")":
        return ()
    while True:
        fields.append(_field(scanner, depth))
        if not scanner.take(","):
            return tuple(fields)


def _field(scanner: Scanner, depth: int) -> Column | Embed:
    if scanner.take("*"):
        return Column("*")
    if scanner.take("..."):
        raise not_spoken("spread embedding (...)")
    name, alias = scanner.name(), None
    if scanner.text.startswith(":", scanner.at) and not scanner.text.startswith("::", scanner.at):
        scanner.take(":")
        alias, name = name, scanner.name()
    if scanner.take("->"):
        raise not_spoken("JSON paths (->)")
    if scanner.take("."):
        raise not_spoken("aggregates")
    hint, inner = None, False
    while scanner.take("!"):
        word = scanner.name()
        if word in ("inner", "left"):
            inner = word == "inner"
        else:
            hint = word
    if scanner.take("("):
        fields = _fields(scanner, depth + 1)
        scanner.expect(")")
        return Embed(name, alias, hint, inner, fields)
    return Column(name, alias, scanner.name() if scanner.take("::") else None)


def parse_filter(column: str, text: str) -> Filter:
    """The condition that `column=text` states.

    >>> parse_filter("qty", "not.in.(1,2)")
    Filter(column='qty', operator='in', value=('1', '2'), negated=True)
    """
    scanner = Scanner(text)
    operator, negated = _operation(scanner)
    if operator == "in":
        value: str | tuple[str, ...] = _list(scanner)
        if not scanner.done:
            raise wrong(text, "nothing after the list")
    else:
        value = text[scanner.at :]
    return _checked(Filter(column, operator, value, negated))


def parse_group(word: str, text: str, negated: bool) -> Group:
    """The conditions that `word=text` joins, where text is `(a.eq.1,or(b.is.null,c.gt.2))`."""
    scanner = Scanner(text)
    scanner.expect("(")
    group = Group(word, _members(scanner, 0), negated)
    if not scanner.done:
        raise wrong(text, "nothing after the group")
    return group


def _members(scanner: Scanner, depth: int) -> tuple[Filter | Group, ...]:
    if depth > _DEEPEST:
        raise wrong(scanner.text, f"at most {_DEEPEST} levels")
    members: list[Filter | Group] = []
    while not members or scanner.take(","):
        members.append(_member(scanner, depth))
    scanner.expect(")")
    return tuple(members)


def _member(scanner: Scanner, depth: int) -> Filter | Group:
    begun = scanner.at
    negated = scanner.take("not.")
    for word in ("and", "or"):
        if scanner.take(word + "("):
            return Group(word, _members(scanner, depth + 1), negated)
    scanner.at = begun
    column = scanner.name()
    scanner.expect(".")
    operator, negated = _operation(scanner)
    value = _list(scanner) if operator == "in" else scanner.until(",)")
    return _checked(Filter(column, operator, value, negated))


def _operation(scanner: Scanner) -> tuple[str, bool]:
    match = _OPERATION.match(scanner.text, scanner.at)
    if match is None:
        raise wrong(scanner.text, "an operator (eq, gt, …)")
    if match[2] not in _OPERATORS or match[3]:
        raise not_spoken(f"the operator {match[0]!r}")
    scanner.at = match.end()
    return match[2], match[1] is not None


def _list(scanner: Scanner) -> tuple[str, ...]:
    scanner.expect("(")
    values: list[str] = []
    if not scanner.take(")"):
        while not values or scanner.take(","):
            values.append(scanner.until(",)"))
        scanner.expect(")")
    return tuple(values)


def _checked(condition: Filter) -> Filter:
    if condition.operator == "is" and str(condition.value).lower() not in _IS:
        raise wrong(f"is.{condition.value}", "null, not_null, true, false or unknown")
    return condition


def parse_order(text: str) -> tuple[Order, ...]:
    """What to sort by.

    >>> parse_order("day.desc.nullslast,id")
    (Order(column='day', descending=True, nulls='last'), Order(column='id', descending=False, nulls=''))
    """
    scanner = Scanner(text)
    orders: list[Order] = []
    while not orders or scanner.take(","):
        column, descending, nulls = scanner.name(), False, ""
        if scanner.take("("):
            raise not_spoken("ordering by an embedded table's column")
        if scanner.take(".desc"):
            descending = True
        else:
            scanner.take(".asc")
        for word in ("first", "last"):
            if scanner.take(".nulls" + word):
                nulls = word
        orders.append(Order(column, descending, nulls))
    if not scanner.done:
        raise wrong(text, "column[.asc|.desc][.nullsfirst|.nullslast]")
    return tuple(orders)


def parse_key(text: str) -> tuple[str, ...]:
    """The dotted segments of a parameter's name: `team.or` is the embed `team` and the word `or`."""
    scanner = Scanner(text)
    names: list[str] = []
    while not names or scanner.take("."):
        names.append(scanner.name())
    if scanner.take("->"):
        raise not_spoken("JSON paths (->)")
    if not scanner.done:
        raise wrong(text, "a column or embed.column")
    return tuple(names)
