"""A file of positions to positions, each checked against the market data there are: all or nothing."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from riskkit.errors import InputError, InputErrors
from riskkit.feeds.table import MOST_FAULTS, Table, read_table
from riskkit.imports.columns import LIMITS, columns_of
from riskkit.imports.rows import Row, instrument_of
from riskkit.market import RiskFactor
from riskkit.portfolio import PIVOT_CURRENCY, Instrument, Position, fx_factor

#: Names listed in an error before it says how many more there are.
_MOST_NAMES = 30
#: Fields of instruments that name factors, and of which kind.
_KINDS = {"factor": "equity", "underlying": "equity", "volatility": "volatility", "yield_factor": "yield"}


@dataclass(frozen=True, eq=False)
class Market:
    """What positions may refer to.

    Attributes
    ----------
    factors : mapping of str to RiskFactor
        Every risk factor with data that the team sees.
    instruments : mapping of str to Instrument
        Instruments that exist already, by symbol; a row that says no more than symbol and quantity means these.
    """

    factors: dict[str, RiskFactor]
    instruments: dict[str, Instrument]

    @classmethod
    def of(cls, factors: Iterable[RiskFactor], instruments: Iterable[Instrument] = ()) -> Market:
        """By name and by symbol; a later one wins."""
        return cls({f.name: f for f in factors}, {i.symbol: i for i in instruments})


@dataclass(frozen=True)
class PositionsFile:
    """What a file held: one position an instrument, in the order of the file, and what was done to it."""

    positions: tuple[Position, ...]
    notes: tuple[str, ...]


def read_positions(path: Path, market: Market, base_currency: str) -> PositionsFile:
    """The positions in a CSV file.

    Columns: `symbol` (or `ticker`) and `quantity`; optional `asset_class` (equity, cash, option, bond), `currency`,
    `sector`, and the terms of options (`underlying`, `strike`, `expiry`, `kind`, `volatility`, `rate`,
    `dividend_yield`, `multiplier`) and bonds (`yield_factor`, `maturity`, `coupon`, `frequency`, `face`).
    Rows of the same instrument are added up, and that is said.

    Parameters
    ----------
    path : Path
    market : Market
        Each instrument's factors, and each currency's rate, must be in it.
    base_currency : str
        Of the portfolio.

    Raises
    ------
    InputErrors
        Everything wrong with the rows together, with line and column; symbols without market data are all listed.
    """
    table = read_table(path, LIMITS)
    columns = columns_of(table)
    held: dict[str, tuple[Instrument, list[Row]]] = {}
    faults: list[InputError] = []
    for row in _rows(table, columns):
        try:
            instrument = instrument_of(row, market.factors, market.instruments)
            _require_factors(row, instrument, market)
            first = held.setdefault(instrument.symbol, (instrument, []))
            if first[0] != instrument:
                expected = f"the terms of line {first[1][0].line}, or another symbol"
                raise row.error("symbol", expected)
            first[1].append(row)
        except InputErrors as several:
            faults.extend(several.errors)
        except InputError as error:
            faults.append(error)
    faults += _missing_rates(held.values(), market, base_currency, table)
    if faults:
        raise InputErrors(_listed(faults, market)[:MOST_FAULTS])
    positions = tuple(
        Position(instrument, math.fsum(row.quantity for row in rows)) for instrument, rows in held.values()
    )
    notes = tuple(
        _merged(position, rows) for position, (_, rows) in zip(positions, held.values(), strict=True) if rows[1:]
    )
    return PositionsFile(positions, notes)


def _rows(table: Table, columns: dict[str, str]) -> Iterable[Row]:
    for line, *cells in table.cells.itertuples():
        by_column = dict(zip(table.header, cells, strict=True))
        yield Row(table, int(line), columns, {name: str(by_column[written]) for name, written in columns.items()})


class _UnknownSymbol(InputError):
    """A factor without market data."""


def _require_factors(row: Row, instrument: Instrument, market: Market) -> None:
    faults: list[InputError] = []
    for name in instrument.factors:
        role = next(role for role in _KINDS if getattr(instrument, role, None) == name)
        field = role if row.cells.get(role) else "symbol"
        known = market.factors.get(name)
        if known is not None:
            if known.kind != _KINDS[role]:
                faults.append(row.error(field, f"a factor of kind {_KINDS[role]}; {name} is of kind {known.kind}"))
            continue
        close = difflib.get_close_matches(name, market.factors, n=1)
        close = close or [other for other in market.factors if other.casefold() == name.casefold()]
        expected = "a symbol with market data" + (f"; did you mean {close[0]}?" if close else "")
        place = row.error(field, expected, name)
        faults.append(_UnknownSymbol(field, name, expected, line=row.line, column=place.column, source=place.source))
    if faults:
        raise InputErrors(faults)


def _missing_rates(
    held: Iterable[tuple[Instrument, list[Row]]], market: Market, base_currency: str, table: Table
) -> list[InputError]:
    faults: list[InputError] = []
    foreign = False
    for instrument, rows in held:
        if instrument.currency == base_currency:
            continue
        foreign = True
        if instrument.currency != PIVOT_CURRENCY and fx_factor(instrument.currency) not in market.factors:
            faults.append(rows[0].error("currency", _rate_expected(instrument.currency, market), instrument.currency))
    if foreign and base_currency != PIVOT_CURRENCY and fx_factor(base_currency) not in market.factors:
        expected = _rate_expected(base_currency, market)
        faults.append(InputError("base_currency", base_currency, expected, source=table.source))
    return faults


def _rate_expected(currency: str, market: Market) -> str:
    rates = sorted(name for name, factor in market.factors.items() if factor.kind == "fx")
    return f"a currency with exchange rates; {fx_factor(currency)} has none, there are {', '.join(rates) or 'none'}"


def _listed(faults: Sequence[InputError], market: Market) -> list[InputError]:
    """The faults, the last unknown symbol followed by what is available."""
    listed = list(faults)
    unknown = [at for at, fault in enumerate(listed) if isinstance(fault, _UnknownSymbol)]
    if unknown:
        known = sorted(name for name, factor in market.factors.items() if factor.kind != "fx")
        more = f" and {len(known) - _MOST_NAMES} more" if len(known) > _MOST_NAMES else ""
        last = listed[unknown[-1]]
        there_are = f"; there are {', '.join(known[:_MOST_NAMES])}{more}" if known else "; there are none yet"
        listed[unknown[-1]] = InputError(
            last.field, last.value, last.expected + there_are, line=last.line, column=last.column, source=last.source
        )
    return listed


def _merged(position: Position, rows: list[Row]) -> str:
    lines = " and ".join(str(row.line) for row in rows)
    return f"{position.symbol}: lines {lines} added up to {position.quantity:,.15g}."
