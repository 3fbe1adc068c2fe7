"""The columns of a positions file: what each may hold, and which instrument it belongs to."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable

from riskkit import names
from riskkit.errors import InputError, InputErrors
from riskkit.feeds.cells import DAY, NUMBER, day, number
from riskkit.feeds.schema import check_cells
from riskkit.feeds.table import Limits, Table

LIMITS = Limits(megabytes=5, rows=10_000, columns=50)

#: Other names people give to a column.
ALIASES = {"ticker": "symbol", "instrument": "symbol", "shares": "quantity", "units": "quantity"}
#: Columns that are terms of an instrument, and the type of each.
TERMS: dict[str, type] = {
    "factor": str,
    "underlying": str,
    "volatility": str,
    "strike": float,
    "expiry": str,
    "kind": str,
    "rate": float,
    "dividend_yield": float,
    "multiplier": float,
    "yield_factor": str,
    "maturity": str,
    "coupon": float,
    "frequency": int,
    "face": float,
}
COLUMNS = ("symbol", "quantity", "asset_class", "currency", "sector", *TERMS)
ASSET_CLASSES = ("equity", "cash", "option", "bond")

_Rule = tuple[Callable[[str], bool], str]


def columns_of(table: Table) -> dict[str, str]:
    """The file's column for each of ours; all of its cells checked.

    Raises
    ------
    InputErrors
        A column is missing, unknown or there under two names; a cell does not hold what its column says.
    """
    found: dict[str, str] = {}
    faults: list[InputError] = []
    for place, written in enumerate(table.header, 1):
        lower = written.casefold().replace(" ", "_")
        name = ALIASES.get(lower, lower)
        if name not in COLUMNS:
            near = difflib.get_close_matches(name, COLUMNS, n=1)
            expected = f"one of {', '.join(COLUMNS)}" + (f"; did you mean {near[0]}?" if near else "")
        elif name in found:
            expected = f"one column for {name}; {found[name]} is it already"
        else:
            found[name] = written
            continue
        faults.append(InputError("header", written, expected, line=1, column=place, source=table.source))
    header = ", ".join(table.header)
    faults += [
        InputError("header", header, f"a column {name!r}", line=1, source=table.source)
        for name in ("symbol", "quantity")
        if name not in found
    ]
    if faults:
        raise InputErrors(faults)
    check_cells(table, {written: _rule(name) for name, written in found.items()})
    return found


def _rule(name: str) -> _Rule:
    if name == "quantity":
        return (lambda text: number(text) is not None, NUMBER)
    required = name == "symbol"
    holds, expected = _RULES.get(name) or _RULES_BY_TYPE[TERMS[name]]
    return (holds, expected) if required else (lambda text: text == "" or holds(text), expected)


def _passes(check: Callable[[str, str], object], name: str) -> Callable[[str], bool]:
    def holds(text: str) -> bool:
        try:
            check(name, text)
        except InputError:
            return False
        return True

    return holds


def is_currency(text: str) -> bool:
    """Whether the text is written like an ISO 4217 code."""
    return re.fullmatch(r"[A-Z]{3}", text) is not None


_SYMBOL: _Rule = (
    _passes(names.symbol, "symbol"),
    "a symbol: ASCII letters, digits, spaces or . _ / ^ = : & -, at most 63",
)
_DAY: _Rule = (lambda text: day(text) is not None, DAY)
_RULES: dict[str, _Rule] = {
    "symbol": _SYMBOL,
    "asset_class": (lambda text: text.casefold() in ASSET_CLASSES, "one of " + ", ".join(ASSET_CLASSES)),
    "currency": (is_currency, "a currency code of three capital letters, such as USD"),
    "sector": (_passes(names.title, "sector"), "a text of at most 200 characters, none of them invisible"),
    "expiry": _DAY,
    "maturity": _DAY,
    "kind": (lambda text: text.casefold() in ("call", "put"), "call or put"),
    "frequency": (lambda text: text in ("1", "2", "4", "12"), "1, 2, 4 or 12 coupons a year"),
    **dict.fromkeys(("factor", "underlying", "volatility", "yield_factor"), _SYMBOL),
}
_RULES_BY_TYPE: dict[type, _Rule] = {float: (lambda text: number(text) is not None, NUMBER)}
