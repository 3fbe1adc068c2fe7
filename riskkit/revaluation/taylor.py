"""Sensitivities of positions to level changes: gradients and Hessians in base currency."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.market import MarketSnapshot
from riskkit.portfolio import Equity, EuropeanOption
from riskkit.pricing import OptionTerms, instrument_derivatives
from riskkit.revaluation.book import Holding

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sensitivity:
    """Taylor coefficients of one position in the n factors it reads, currency rates included.

    Attributes
    ----------
    columns : array (n,) of int
    gradient : array (n,)
        Base currency per unit of level.
    hessian : array (n, n)
        Base currency per unit of level squared, all cross terms.
    """

    columns: NDArray[np.intp]
    gradient: FloatArray
    hessian: FloatArray


def sensitivities(holdings: Sequence[Holding], snapshot: MarketSnapshot) -> tuple[Sensitivity, ...]:
    """First and second derivatives of quantity * v(x) * a / b, one a position; options all at once.

    v is the unit value by its own factors x; a and b are the pivot rates of the position's and the base currency.
    """
    options = _option_derivatives(holdings, snapshot)
    return tuple(_sensitivity(holding, snapshot, options.get(i)) for i, holding in enumerate(holdings))


def _option_derivatives(
    holdings: Sequence[Holding], snapshot: MarketSnapshot
) -> dict[int, tuple[FloatArray, FloatArray]]:
    """`instrument_derivatives` of the options, by place."""
    found = [(i, h.columns, h.instrument) for i, h in enumerate(holdings) if isinstance(h.instrument, EuropeanOption)]
    terms = OptionTerms.of([option for _, _, option in found], snapshot.as_of)
    levels = snapshot.levels[np.array([columns for _, columns, _ in found], np.intp).reshape(-1, 2)]
    greeks = terms.greeks(levels[:, 0], levels[:, 1])
    first = terms.multiplier * np.array([greeks.delta, greeks.vega])
    second = terms.multiplier * np.array([[greeks.gamma, greeks.vanna], [greeks.vanna, greeks.volga]])
    return {i: (first[:, n], second[:, :, n]) for n, (i, _, _) in enumerate(found)}


def _sensitivity(
    holding: Holding, snapshot: MarketSnapshot, derivatives: tuple[FloatArray, FloatArray] | None
) -> Sensitivity:
    if holding.currency_column is None and holding.base_column is None:  # the many simple ones, done shortly
        columns = np.array(holding.columns, np.intp)
        if isinstance(holding.instrument, Equity):
            return Sensitivity(columns, np.array([float(holding.quantity)]), np.zeros((1, 1)))
        if derivatives is not None:
            return Sensitivity(columns, holding.quantity * derivatives[0], holding.quantity * derivatives[1])
    own = snapshot.levels[list(holding.columns)]
    if derivatives is None:
        derivatives = instrument_derivatives(holding.instrument, snapshot.as_of, [float(level) for level in own])
    first, second = derivatives
    value, n = holding.unit_value, len(own)
    a = 1.0 if holding.currency_column is None else float(snapshot.levels[holding.currency_column])
    b = 1.0 if holding.base_column is None else float(snapshot.levels[holding.base_column])
    size = n + 2  # own factors, then a, then b
    gradient, hessian = np.zeros(size), np.zeros((size, size))
    gradient[:n], gradient[n], gradient[n + 1] = first * a / b, value / b, -value * a / b**2
    hessian[:n, :n] = second * a / b
    hessian[:n, n] = hessian[n, :n] = first / b
    hessian[:n, n + 1] = hessian[n + 1, :n] = -first * a / b**2
    hessian[n, n + 1] = hessian[n + 1, n] = -value / b**2
    hessian[n + 1, n + 1] = 2.0 * value * a / b**3
    every = [*holding.columns, holding.currency_column, holding.base_column]
    used = [i for i, column in enumerate(every) if column is not None]
    return Sensitivity(
        np.array([column for column in every if column is not None], np.intp),
        holding.quantity * gradient[used],
        holding.quantity * hessian[np.ix_(used, used)],
    )
