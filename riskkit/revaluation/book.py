"""A portfolio bound to a snapshot: who depends on which column, and what it is worth today."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import MarketDataError
from riskkit.market import FactorKind, MarketSnapshot
from riskkit.portfolio import (
    PIVOT_CURRENCY,
    Cash,
    Equity,
    EuropeanOption,
    Instrument,
    Portfolio,
    fx_factor,
)
from riskkit.pricing import instrument_value

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


def bind(portfolio: Portfolio, snapshot: MarketSnapshot) -> tuple[Holding, ...]:
    """Find every position's columns; MarketDataError names a missing factor, or one of the wrong kind or currency."""
    return tuple(_holding(p.instrument, p.quantity, portfolio.base_currency, snapshot) for p in portfolio.positions)


def _holding(instrument: Instrument, quantity: float, base: str, snapshot: MarketSnapshot) -> Holding:
    columns = tuple(snapshot.index(name) for name in instrument.factors)
    for name, kind in zip(instrument.factors, _kinds(instrument), strict=True):
        _check_factor(snapshot, name, kind, instrument.currency if kind == "equity" else None)
    rates: list[int | None] = []
    for currency in (instrument.currency, base):
        if instrument.currency == base or currency == PIVOT_CURRENCY:
            rates.append(None)
            continue
        _check_factor(snapshot, fx_factor(currency), "fx", PIVOT_CURRENCY)
        rates.append(snapshot.index(fx_factor(currency)))
    levels = [np.asarray(snapshot.levels[column]) for column in columns]
    unit_value = float(instrument_value(instrument, snapshot.as_of, levels))
    return Holding(quantity, instrument, columns, rates[0], rates[1], unit_value)


def _kinds(instrument: Instrument) -> tuple[FactorKind, ...]:
    if isinstance(instrument, Cash):
        return ()
    if isinstance(instrument, Equity):
        return ("equity",)
    return ("equity", "volatility") if isinstance(instrument, EuropeanOption) else ("yield",)


def _check_factor(snapshot: MarketSnapshot, name: str, kind: FactorKind, currency: str | None) -> None:
    factor = snapshot.factor(name)
    if factor.kind != kind:
        raise MarketDataError(name, factor.kind, f"a factor of kind {kind}")
    if currency is not None and factor.currency != currency:
        raise MarketDataError(name, factor.currency, f"levels quoted in {currency}, the currency of what depends on it")
