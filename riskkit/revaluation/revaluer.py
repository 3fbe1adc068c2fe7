"""Profit and loss of a portfolio under scenarios: full revaluation, or its quadratic approximation."""

from __future__ import annotations

from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.market import MarketSnapshot
from riskkit.portfolio import EuropeanOption, Portfolio
from riskkit.pricing import instrument_value
from riskkit.revaluation.book import Holding, bind
from riskkit.revaluation.option_block import OptionBlock
from riskkit.revaluation.taylor import Sensitivity, sensitivities
from riskkit.scenarios import ScenarioSet, unit_moves

FloatArray = NDArray[np.float64]
Method = Literal["full", "delta_gamma"]
_ONE = np.ones(1)


class Revaluer:
    """A portfolio on a snapshot, ready to be valued under level changes.

    Equities and cash are aggregated by factor and currency, so that a thousand of them cost one matrix product; options
    are valued as arrays, by underlying.

    Attributes
    ----------
    values : array (P,)
        Value of each position today, base currency.

    Parameters
    ----------
    portfolio : Portfolio
    snapshot : MarketSnapshot
        Must have every factor of the portfolio; more are allowed.
    method : {"full", "delta_gamma"}
        `delta_gamma` is the second-order Taylor expansion in all factors of each position, volatilities and currency
        rates included, with all cross terms.

    Raises
    ------
    InputError
        An expired option, a bond that has been repaid.
    MarketDataError
        A factor is missing, or of the wrong kind or currency.
    """

    def __init__(self, portfolio: Portfolio, snapshot: MarketSnapshot, method: Method = "full") -> None:
        if method not in get_args(Method):
            raise InputError("revaluation", method, f"one of {', '.join(get_args(Method))}")
        self._snapshot = snapshot
        self._quadratic = method == "delta_gamma"
        self._holdings = bind(portfolio, snapshot)
        self.values: FloatArray = np.array(
            [holding.quantity * holding.unit_value * self._rate_now(holding) for holding in self._holdings], np.float64
        )
        self._linear = _LinearBlock.all(self._holdings, len(snapshot.factors))
        self._options = OptionBlock.all(self._holdings, snapshot)
        self._others = [h for h in self._holdings if not (h.is_linear or isinstance(h.instrument, EuropeanOption))]

    @cached_property
    def sensitivities(self) -> tuple[Sensitivity, ...]:
        """Taylor coefficients, one a position."""
        return sensitivities(self._holdings, self._snapshot)

    @cached_property
    def exposure(self) -> FloatArray:
        """Base currency per unit of return of the whole book by factor, (F,): the sum of `exposures`."""
        total = np.zeros(len(self._snapshot.factors))
        for one in self.sensitivities:
            np.add.at(total, one.columns, one.gradient)
        return total * unit_moves(self._snapshot)

    @cached_property
    def exposures(self) -> FloatArray:
        """Base currency per unit of return by position and factor, (P, F).

        The P&L of a position to first order is its row times the factor returns (each by its `return_type`).
        """
        exposures = np.zeros((len(self._holdings), len(self._snapshot.factors)))
        for row, one in zip(exposures, self.sensitivities, strict=True):
            np.add.at(row, one.columns, one.gradient)
        exposures *= unit_moves(self._snapshot)
        return exposures

    @cached_property
    def curved(self) -> NDArray[np.bool_]:
        """Which factors, moving alone, change the book's value by more or less than in proportion, (F,)."""
        columns = np.zeros(len(self._snapshot.factors), bool)
        for holding in self._holdings:
            if holding.quantity:
                columns[[] if holding.is_linear else list(holding.columns)] = True
                columns[[] if holding.base_column is None else [holding.base_column]] = True
        return columns

    @property
    def is_linear(self) -> bool:
        """Whether the P&L is exactly a weighted sum of the level changes, cross terms included."""
        if all(h.quantity == 0 or h.is_weighted_level for h in self._holdings):
            return True  # seen without working out derivatives, which would cost more than the P&L of a short history
        return not any(
            h.quantity and one.hessian.any() for h, one in zip(self._holdings, self.sensitivities, strict=True)
        ) and (self._quadratic or not self.curved.any())

    def pnl(self, changes: FloatArray) -> FloatArray:
        """P&L of the portfolio, base currency, gain positive.

        Parameters
        ----------
        changes : array (S, F)
            Level changes of the snapshot's factors.

        Returns
        -------
        array (S,)
        """
        if self._quadratic:
            gradient, columns, hessian = self._taylor
            inner = changes[:, columns]
            total: FloatArray = changes @ gradient + 0.5 * np.einsum("sf,sf->s", inner @ hessian, inner)
            return total
        total = np.zeros(len(changes))
        blocks: list[_LinearBlock | OptionBlock] = [*self._linear, *self._options]
        for block in blocks:
            total += block.pnl(changes, self._rate(block.holding, changes), self._rate_now(block.holding))
        for holding in self._others:
            total += self._one(holding, changes)
        return total

    def position_pnl(self, changes: FloatArray) -> FloatArray:
        """P&L of each position under level changes (S, F): array (S, P), base currency, gain positive."""
        out = np.empty((len(changes), len(self._holdings)))
        if self._quadratic:
            for column, one in enumerate(self.sensitivities):
                inner = changes[:, one.columns]
                out[:, column] = inner @ one.gradient + 0.5 * np.einsum("sf,sf->s", inner @ one.hessian, inner)
            return out
        blocks: list[_LinearBlock | OptionBlock] = [*self._linear, *self._options]
        for block in blocks:
            rate, rate_now = self._rate(block.holding, changes), self._rate_now(block.holding)
            out[:, block.places] = block.position_pnl(changes, rate, rate_now)
        for column, holding in enumerate(self._holdings):
            if not holding.is_linear and not isinstance(holding.instrument, EuropeanOption):
                out[:, column] = self._one(holding, changes)
        return out

    @cached_property
    def _taylor(self) -> tuple[FloatArray, NDArray[np.intp], FloatArray]:
        n = len(self._snapshot.factors)
        gradient, hessian = np.zeros(n), np.zeros((n, n))
        for one in self.sensitivities:
            np.add.at(gradient, one.columns, one.gradient)
            np.add.at(hessian, np.ix_(one.columns, one.columns), one.hessian)
        columns = np.flatnonzero(hessian.any(axis=0))
        return gradient, columns, hessian[np.ix_(columns, columns)]

    def _one(self, holding: Holding, changes: FloatArray) -> FloatArray:
        rate, rate_now = self._rate(holding, changes), self._rate_now(holding)
        levels = [self._snapshot.levels[column] + changes[:, column] for column in holding.columns]
        gain = (instrument_value(holding.instrument, self._snapshot.as_of, levels) - holding.unit_value) * rate
        pnl: FloatArray = holding.quantity * (gain + holding.unit_value * (rate - rate_now))
        return pnl

    def _rate(self, holding: Holding, changes: FloatArray) -> FloatArray:
        """Base currency per unit of the position's, under each scenario; length 1 where it is always 1."""
        rate = _ONE
        if holding.currency_column is not None:
            rate = self._snapshot.levels[holding.currency_column] + changes[:, holding.currency_column]
        if holding.base_column is not None:
            rate = rate / (self._snapshot.levels[holding.base_column] + changes[:, holding.base_column])
        return rate

    def _rate_now(self, holding: Holding) -> float:
        levels = self._snapshot.levels
        rate = 1.0 if holding.currency_column is None else float(levels[holding.currency_column])
        return rate if holding.base_column is None else rate / float(levels[holding.base_column])


class _LinearBlock:
    """Equities and cash of one currency: netted by factor, or position by position at once."""

    def __init__(self, numbered: list[tuple[int, Holding]], n_factors: int) -> None:
        holdings = [holding for _, holding in numbered]
        self.holding = holdings[0]
        self.places = np.array([place for place, _ in numbered], np.intp)
        self._held = np.array([holding.quantity for holding in holdings], np.float64)
        self._units = np.array([holding.unit_value for holding in holdings], np.float64)
        self._priced = np.array([bool(holding.columns) for holding in holdings], np.bool_)
        self._columns = np.array([holding.columns[0] for holding in holdings if holding.columns], np.intp)
        self.quantities = np.bincount(self._columns, self._held[self._priced], n_factors)
        self.value = float(self._held @ self._units)

    @classmethod
    def all(cls, holdings: tuple[Holding, ...], n_factors: int) -> list[_LinearBlock]:
        by_currency: dict[str, list[tuple[int, Holding]]] = {}
        for place, holding in enumerate(holdings):
            if holding.is_linear:
                by_currency.setdefault(holding.instrument.currency, []).append((place, holding))
        return [cls(block, n_factors) for block in by_currency.values()]

    def position_pnl(self, changes: FloatArray, rate: FloatArray, rate_now: float) -> FloatArray:
        gain = np.zeros((len(changes), len(self.places)))
        gain[:, self._priced] = changes[:, self._columns] * rate[:, None]
        pnl: FloatArray = self._held * (gain + self._units * (rate - rate_now)[:, None])
        return pnl

    def pnl(self, changes: FloatArray, rate: FloatArray, rate_now: float) -> FloatArray:
        gain: FloatArray = (changes @ self.quantities) * rate + self.value * (rate - rate_now)
        return gain


def revalue(portfolio: Portfolio, scenarios: ScenarioSet, method: Method = "full") -> FloatArray:
    """P&L of each position under each scenario of a set.

    Parameters
    ----------
    portfolio : Portfolio
    scenarios : ScenarioSet
    method : {"full", "delta_gamma"}

    Returns
    -------
    array (S, P)
        Base currency, gain positive.

    Raises
    ------
    InputError
        An unknown method, an expired option.
    MarketDataError
        A factor is missing, or of the wrong kind or currency.

    References
    ----------
    Jorion, Value at Risk, "Full valuation".

    Examples
    --------
    >>> from datetime import date
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> factor = RiskFactor("ABC", "equity", "USD")
    >>> base = MarketSnapshot(date(2020, 1, 1), (factor,), np.array([100.0]))
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 3),))
    >>> revalue(book, ScenarioSet(("down",), (factor,), np.array([[90.0]]), base))
    array([[-30.]])
    """
    return Revaluer(portfolio, scenarios.base, method).position_pnl(scenarios.changes)
