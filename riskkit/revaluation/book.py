"""A portfolio bound to a snapshot: who depends on which column, and what it is worth today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import MarketDataError
from riskkit.market import FactorKind, MarketSnapshot, RiskFactor
from riskkit.portfolio import (
    PIVOT_CURRENCY,
    Cash,
    Equity,
    EuropeanOption,
    Instrument,
    Portfolio,
    fx_factor,
)
from riskkit.pricing import OptionTerms, instrument_value

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class Holding:
    """A position with the columns it reads.

    Attributes
    ----------
    quantity : float
    instrument : Instrument
    columns : tuple of int
        Columns of the instrument's own factors.
    currency_column, base_column : int or None
        Columns of the rates that convert its currency into the base currency; None where no rate is needed.
    unit_value : float
        Value of one unit today, instrument's currency.
    """

    quantity: float
    instrument: Instrument
    columns: tuple[int, ...]
    currency_column: int | None
    base_column: int | None
    unit_value: float

    @property
    def is_linear(self) -> bool:
        """Whether the value in its own currency is proportional to one factor, or constant."""
        return isinstance(self.instrument, Equity | Cash)

    @property
    def is_weighted_level(self) -> bool:
        """Whether its value is a multiple of one factor's level: linear, and without a product of price and rate."""
        one = self.currency_column is None or not self.columns
        return self.is_linear and one and self.base_column is None


def bind(portfolio: Portfolio, snapshot: MarketSnapshot) -> tuple[Holding, ...]:
    """Find every position's columns; MarketDataError names a missing factor, or one of the wrong kind or currency."""
    instruments = [position.instrument for position in portfolio.positions]
    columns = [_columns(instrument, snapshot) for instrument in instruments]
    currencies = dict.fromkeys(instrument.currency for instrument in instruments)
    rates = {currency: _rates(currency, portfolio.base_currency, snapshot) for currency in currencies}
    values = _unit_values(instruments, columns, snapshot)
    return tuple(
        Holding(position.quantity, position.instrument, own, *rates[position.instrument.currency], value)
        for position, own, value in zip(portfolio.positions, columns, values, strict=True)
    )


def _columns(instrument: Instrument, snapshot: MarketSnapshot) -> tuple[int, ...]:
    columns = tuple(snapshot.index(name) for name in instrument.factors)
    for column, kind in zip(columns, _kinds(instrument), strict=True):
        _check_factor(snapshot.factors[column], kind, instrument.currency if kind == "equity" else None)
    return columns


def _rates(currency: str, base: str, snapshot: MarketSnapshot) -> tuple[int | None, int | None]:
    """Columns of the pivot rates of a currency and of the base currency."""
    rates: list[int | None] = [None, None]
    for i, one in enumerate((currency, base)):
        if currency != base and one != PIVOT_CURRENCY:
            rates[i] = snapshot.index(fx_factor(one))
            _check_factor(snapshot.factor(fx_factor(one)), "fx", PIVOT_CURRENCY)
    return rates[0], rates[1]


def _unit_values(
    instruments: Sequence[Instrument], columns: Sequence[tuple[int, ...]], snapshot: MarketSnapshot
) -> list[float]:
    """Today's value of one unit of each; options all at once."""
    options = [(i, one) for i, one in enumerate(instruments) if isinstance(one, EuropeanOption)]
    prices: dict[int, float] = {}
    if options:
        terms = OptionTerms.of([option for _, option in options], snapshot.as_of)
        levels = snapshot.levels[np.array([columns[i] for i, _ in options], np.intp)]
        values = (terms.multiplier * terms.value(levels[:, 0], levels[:, 1])).tolist()
        prices = dict(zip((i for i, _ in options), values, strict=True))
    return [
        prices[i]
        if i in prices
        else float(instrument_value(one, snapshot.as_of, [np.asarray(snapshot.levels[column]) for column in own]))
        for i, (one, own) in enumerate(zip(instruments, columns, strict=True))
    ]


def _kinds(instrument: Instrument) -> tuple[FactorKind, ...]:
    if isinstance(instrument, Cash):
        return ()
    if isinstance(instrument, Equity):
        return ("equity",)
    return ("equity", "volatility") if isinstance(instrument, EuropeanOption) else ("yield",)


def _check_factor(factor: RiskFactor, kind: FactorKind, currency: str | None) -> None:
    if factor.kind != kind:
        raise MarketDataError(factor.name, factor.kind, f"a factor of kind {kind}")
    if currency is not None and factor.currency != currency:
        expected = f"levels quoted in {currency}, the currency of what depends on it"
        raise MarketDataError(factor.name, factor.currency, expected)
