"""One row of a positions file to one instrument."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from riskkit.errors import InputError
from riskkit.feeds.table import Table
from riskkit.imports.columns import TERMS, is_currency
from riskkit.market import RiskFactor
from riskkit.portfolio import PIVOT_CURRENCY, Instrument, instrument_from_terms, instrument_terms

_CASH = re.compile(r"([A-Z]{3}) cash")
_TYPES = {"equity": "equity", "cash": "cash", "option": "european_option"}
#: Which term names the factor whose currency an instrument has, by type.
_LEADING = {
    "equity": "factor",
    "european_option": "underlying",
    "zero_coupon_bond": "yield_factor",
    "fixed_coupon_bond": "yield_factor",
}


@dataclass(frozen=True, eq=False)
class Row:
    """A row of checked cells, by our column names.

    Attributes
    ----------
    table : Table
    line : int
    columns : mapping of str to str
        The file's column for each of ours.
    cells : mapping of str to str
        Text by our column; empty where nothing is said.
    """

    table: Table
    line: int
    columns: Mapping[str, str]
    cells: Mapping[str, str]

    @property
    def quantity(self) -> float:
        """Units, long above zero."""
        return float(self.cells["quantity"])

    def place(self, field: str) -> int:
        """The column of a field in the file, from 1; the symbol's if the file has no such column."""
        return self.table.header.index(self.columns.get(field, self.columns["symbol"])) + 1

    def error(self, field: str, expected: str, value: object = None) -> InputError:
        """The error that says what a cell should have held."""
        shown = self.cells.get(field, "") if value is None else value
        return InputError(field, shown, expected, line=self.line, column=self.place(field), source=self.table.source)


def instrument_of(row: Row, factors: Mapping[str, RiskFactor], instruments: Mapping[str, Instrument]) -> Instrument:
    """The instrument a row means: one that exists already, or one made from its cells.

    Cells that say something go before what is known of an instrument of that symbol.

    Raises
    ------
    InputError
        With line and column.
    """
    if _is_cash(row):
        return _cash(row)
    symbol = row.cells["symbol"]
    given = _given(row)
    asset_class = row.cells.get("asset_class", "").casefold()
    known = instruments.get(symbol)
    if known is not None and asset_class in ("", known.asset_class):
        terms = instrument_terms(known) | given
    else:
        terms = {"type": _type(asset_class or "equity", given), "symbol": symbol} | given
    if terms["type"] == "european_option" and "underlying" in terms:
        terms.setdefault("volatility", f"{terms['underlying']}.vol")
    leading = factors.get(str(terms.get(_LEADING[terms["type"]], symbol)))
    if leading is not None:
        currency = terms.setdefault("currency", leading.currency)
        if currency != leading.currency:
            raise row.error("currency", f"{leading.currency}, the currency of the prices of {leading.name}", currency)
    terms.setdefault("currency", PIVOT_CURRENCY)  # a factor nobody knows: refused next, whatever the currency
    try:
        return instrument_from_terms(terms)
    except InputError as error:
        raise row.error(error.field, error.expected, error.value) from error


def _given(row: Row) -> dict[str, Any]:
    """The cells that say something about the instrument, typed."""
    given: dict[str, Any] = {}
    for name in ("currency", "sector", *TERMS):
        text = row.cells.get(name, "")
        if text:
            kind = TERMS.get(name, str)
            given[name] = text.casefold() if name == "kind" else kind(text)
    return given


def _type(asset_class: str, given: Mapping[str, Any]) -> str:
    if asset_class == "bond":
        return "fixed_coupon_bond" if "coupon" in given else "zero_coupon_bond"
    return _TYPES[asset_class]


def _is_cash(row: Row) -> bool:
    asset_class = row.cells.get("asset_class", "").casefold()
    return asset_class == "cash" or (asset_class == "" and _CASH.fullmatch(row.cells["symbol"]) is not None)


def _cash(row: Row) -> Instrument:
    """Cash is its currency: `EUR cash`, or class cash with the symbol `EUR` or the currency `EUR`."""
    symbol, currency = row.cells["symbol"], row.cells.get("currency", "")
    match = _CASH.fullmatch(symbol)
    named = match[1] if match else symbol if is_currency(symbol) else ""
    if not currency and not named:
        raise row.error("currency", "the currency of the cash")
    if currency and named and currency != named:
        raise row.error("currency", f"{named}, as the symbol says")
    for name in ("sector", *TERMS):
        if row.cells.get(name):
            raise row.error(name, "an empty cell: cash has no such term")
    return instrument_from_terms({"type": "cash", "currency": currency or named})
