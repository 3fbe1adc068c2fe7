"""A file of prices from outside, long or wide, to factor series; what was done to it is said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from riskkit import names
from riskkit.errors import InputError, InputErrors
from riskkit.feeds.cells import MISSING, NUMBER, moment, number
from riskkit.feeds.oddities import checked_series
from riskkit.feeds.price_format import PLAIN, PriceFormat, is_currency
from riskkit.feeds.schema import check_cells
from riskkit.feeds.sessions import session_dates
from riskkit.feeds.table import Limits, Table, read_table
from riskkit.market import FactorSeries

LIMITS = Limits(megabytes=50, rows=1_000_000, columns=1_001)
#: Most factors of one file, long or wide.
MOST_FACTORS = LIMITS.columns - 1

_NAME = ("symbol", "ticker", "factor")
_PRICE = ("price", "level", "close")


@dataclass(frozen=True, eq=False)
class Prices:
    """What a file held: one series a factor (dates ascending, each once, no gaps filled), and what was noticed."""

    series: tuple[FactorSeries, ...]
    notes: tuple[str, ...]


def read_prices(path: Path, form: PriceFormat = PLAIN, today: date | None = None) -> Prices:
    """The prices in a CSV file, all or nothing.

    Long: columns `date`, `symbol` (or `ticker`, `factor`), `price` (or `close`, `level`), optionally `currency`.
    Wide: `date`, then one column a symbol. An empty cell or NaN is a missing price; nothing is filled here.

    Parameters
    ----------
    path : Path
    form : PriceFormat
    today : date, optional
        No price may be of a later date; by default today in UTC.

    Raises
    ------
    InputErrors
        Everything wrong with the cells together, each with line and column.
    MarketDataError
        Two different prices for one day, a price that cannot be, a change like an unadjusted split.
    """
    table = read_table(path, LIMITS)
    dates = _column(table, ("date",))
    if dates is None:
        raise InputError("header", ", ".join(table.header[:20]), "a column 'date'", line=1, source=table.source)
    long = _long_columns(table)
    frame = _long(table, dates, *long, form) if long else _wide(table, dates, form)
    notes: list[str] = []
    frame["date"] = session_dates(table, dates, form.timezone, today or datetime.now(UTC).date(), notes)[
        frame["line"].to_numpy()
    ].to_numpy()
    series = _series(table, frame, form, notes)
    if not series:
        raise InputError("prices", "no price in any row", "at least one price", source=table.source)
    return Prices(tuple(series), tuple(notes))


def _series(table: Table, frame: pd.DataFrame, form: PriceFormat, notes: list[str]) -> list[FactorSeries]:
    found: list[FactorSeries] = []
    errors: list[InputError] = []
    for (name, currency), rows in frame.groupby(["name", "currency"], sort=False):
        present = rows[~np.isnan(rows["level"].to_numpy())]
        if present.empty:
            notes.append(f"{name}: no price at all; left out.")
            continue
        missing = len(rows) - len(present)
        if missing:
            notes.append(f"{name}: {missing:,} {'price' if missing == 1 else 'prices'} missing, left out.")
        try:
            found.append(checked_series(table, form.factor(str(name), str(currency)), present, form.jumps, notes))
        except InputErrors as several:
            errors.extend(several.errors)
        except InputError as error:
            errors.append(error if error.source else _placed(error, table.source, int(rows["line"].iloc[0])))
    twice = [name for name, count in frame.groupby("name")["currency"].nunique().items() if count > 1]
    errors += [InputError("currency", name, "one currency a symbol", source=table.source) for name in twice]
    if errors:
        raise InputErrors(errors)
    return found


def _placed(error: InputError, source: str, line: int) -> InputError:
    return type(error)(error.field, error.value, error.expected, line=line, source=source)


def _column(table: Table, wanted: tuple[str, ...]) -> str | None:
    return next((name for name in table.header if name.casefold() in wanted), None)


def _long_columns(table: Table) -> tuple[str, str] | None:
    """The columns of symbols and prices of a table with a row a price; None for one with a column a symbol."""
    name, price = _column(table, _NAME), _column(table, _PRICE)
    if name is not None and price is not None:
        return name, price
    if name is None and price is None:
        return None
    missing = "price" if price is None else "symbol"
    raise InputError("header", ", ".join(table.header[:20]), f"a column '{missing}' too", line=1, source=table.source)


def _long(table: Table, dates: str, name: str, price: str, form: PriceFormat) -> pd.DataFrame:
    currency = _column(table, ("currency",))
    for extra in table.header:
        if extra not in (dates, name, price, currency):
            column = table.header.index(extra) + 1
            expected = "one of the columns date, symbol, price, currency"
            raise InputError("header", extra, expected, line=1, column=column, source=table.source)
    rules = {dates: _DATE_RULE, name: _SYMBOL_RULE, price: _LEVEL_RULE}
    if currency is not None:
        rules[currency] = (is_currency, "a currency code of three capital letters, such as USD")
    check_cells(table, rules)
    symbols = table.cells[name]
    if symbols.nunique() > MOST_FACTORS:
        raise InputError("symbol", f"{symbols.nunique():,} symbols", f"at most {MOST_FACTORS:,}", source=table.source)
    return pd.DataFrame(
        {
            "line": table.cells.index,
            "column": table.header.index(price) + 1,
            "name": symbols.to_numpy(),
            "currency": form.currency if currency is None else table.cells[currency].to_numpy(),
            "level": _levels(table.cells[price]),
        }
    )


def _wide(table: Table, dates: str, form: PriceFormat) -> pd.DataFrame:
    symbols = [name for name in table.header if name != dates]
    if not symbols:
        raise InputError("header", dates, "a column for each symbol beside the date", line=1, source=table.source)
    for symbol in symbols:
        try:
            names.symbol("header", symbol, line=1, column=table.header.index(symbol) + 1)
        except InputError as error:
            raise InputError(
                "header", symbol, error.expected, line=1, column=error.column, source=table.source
            ) from error
    check_cells(table, {dates: _DATE_RULE} | dict.fromkeys(symbols, _LEVEL_RULE))
    parts = [
        pd.DataFrame(
            {
                "line": table.cells.index,
                "column": table.header.index(symbol) + 1,
                "name": symbol,
                "currency": form.currency,
                "level": _levels(table.cells[symbol]),
            }
        )
        for symbol in symbols
    ]
    return pd.concat(parts, ignore_index=True)


def _levels(cells: pd.Series) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([np.nan if text in MISSING else float(text) for text in cells.tolist()], np.float64)


def _is_symbol(text: str) -> bool:
    try:
        names.symbol("symbol", text)
    except InputError:
        return False
    return True


_Rule = tuple[Callable[[str], bool], str]
_DATE_RULE: _Rule = (lambda text: moment(text) is not None, "a date such as 2020-03-16, or a date with a time")
_SYMBOL_RULE: _Rule = (_is_symbol, "a symbol: ASCII letters, digits, . _ / ^ = : & -, at most 63")
_LEVEL_RULE: _Rule = (lambda text: text in MISSING or number(text) is not None, NUMBER)
