"""The value of any instrument in its own currency, and its derivatives by its factors."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
from numpy.typing import NDArray

from riskkit.portfolio import Cash, Equity, EuropeanOption, Instrument
from riskkit.pricing.bonds import cash_flows
from riskkit.pricing.options import black_scholes, black_scholes_greeks, years_to_expiry

FloatArray = NDArray[np.float64]


def instrument_value(instrument: Instrument, as_of: date, levels: Sequence[FloatArray]) -> FloatArray:
    """Value of one unit in the instrument's currency.

    Parameters
    ----------
    instrument : Instrument
    as_of : date
        Valuation date; also under a scenario, which is an instantaneous change.
    levels : sequence of arrays (S,)
        One for each of `instrument.factors`, in that order.

    Returns
    -------
    array (S,) ; for cash a scalar array, 1.

    Raises
    ------
    InputError
        An option that has expired, a bond that has been repaid.
    MarketDataError
        A yield at which nothing can be discounted.

    References
    ----------
    Hull, Options, Futures, and Other Derivatives.

    Examples
    --------
    >>> float(instrument_value(Equity("ABC", "USD"), date(2020, 1, 1), [np.array(12.5)]))
    12.5
    """
    if isinstance(instrument, Cash):
        return np.array(1.0)
    if isinstance(instrument, Equity):
        return levels[0]
    if isinstance(instrument, EuropeanOption):
        time = years_to_expiry(instrument, as_of)
        return instrument.multiplier * black_scholes(instrument, levels[0], levels[1], time)
    return cash_flows(instrument, as_of).value(levels[0])


def instrument_derivatives(
    instrument: Instrument, as_of: date, levels: Sequence[float]
) -> tuple[FloatArray, FloatArray]:
    """First (n,) and second (n, n) derivatives of `instrument_value` by the instrument's n factors.

    Parameters
    ----------
    instrument : Instrument
    as_of : date
    levels : sequence of float
        One for each of `instrument.factors`, in that order.

    Returns
    -------
    gradient : array (n,)
    hessian : array (n, n)
        Instrument's currency per (squared) unit of level.

    Raises
    ------
    InputError, MarketDataError
        As `instrument_value`.

    References
    ----------
    Haug (2007), chapter 2; Fabozzi, Fixed Income Mathematics, on duration and convexity.

    Examples
    --------
    >>> instrument_derivatives(Equity("ABC", "USD"), date(2020, 1, 1), [12.5])
    (array([1.]), array([[0.]]))
    """
    if isinstance(instrument, Cash):
        return np.zeros(0), np.zeros((0, 0))
    if isinstance(instrument, Equity):
        return np.ones(1), np.zeros((1, 1))
    if isinstance(instrument, EuropeanOption):
        time = years_to_expiry(instrument, as_of)
        greeks = black_scholes_greeks(instrument, levels[0], levels[1], time)
        first = np.array([greeks.delta, greeks.vega])
        second = np.array([[greeks.gamma, greeks.vanna], [greeks.vanna, greeks.volga]])
        return instrument.multiplier * first, instrument.multiplier * second
    flows = cash_flows(instrument, as_of)
    return flows.first_derivative(levels[0])[None], flows.second_derivative(levels[0])[None, None]
