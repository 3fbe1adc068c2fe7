"""Volatility, drawdown and ratios of a portfolio's daily P&L or returns; gain positive.

A ratio whose denominator is zero does not exist: it is None, never infinite. A series counts as constant when it
varies by less than 1e-12 of its size, so that rounding does not pass for risk.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from riskkit.measures.arguments import Array, constant, number, paired, sample

TRADING_DAYS = 252


def volatility(returns: ArrayLike, periods_per_year: float = TRADING_DAYS) -> float:
    """Annualised standard deviation (1/(n - 1)); zero for a constant series.

    Parameters
    ----------
    returns : array_like (n,) [fraction or currency a period]
    periods_per_year : float
        1 for the deviation of one period.

    Returns
    -------
    float [the unit of `returns` a year]

    Raises
    ------
    InputError
        On fewer than two returns.

    References
    ----------
    Hull, Options, Futures, and Other Derivatives, "Estimating volatility from historical data".

    Examples
    --------
    >>> volatility([0.01, -0.01, 0.01, -0.01], periods_per_year=3)
    0.02
    """
    values = sample("returns", returns, at_least=2)
    return _deviation(values) * math.sqrt(_periods(periods_per_year))


def downside_deviation(returns: ArrayLike, target: float = 0.0, periods_per_year: float = TRADING_DAYS) -> float:
    """Annualised root mean square of the shortfalls below a target, over all n periods.

    Parameters
    ----------
    returns : array_like (n,) [fraction or currency a period]
    target : float
        A period's return that is not a shortfall.
    periods_per_year : float

    Returns
    -------
    float [the unit of `returns` a year]

    Raises
    ------
    InputError

    References
    ----------
    Sortino and van der Meer (1991), "Downside risk".

    Examples
    --------
    >>> downside_deviation([0.02, -0.02, 0.02, 0.02], periods_per_year=1)
    0.01
    """
    values = sample("returns", returns)
    short = np.minimum(values - number("target", target), 0.0)
    return math.sqrt(float(np.mean(short**2)) * _periods(periods_per_year))


def maximum_drawdown(pnl: ArrayLike) -> float:
    """Largest fall of the cumulated P&L from an earlier peak (the start included), as a number not below zero.

    Parameters
    ----------
    pnl : array_like (n,) [currency a period]
        In order of time. For a fraction of wealth pass log returns and take 1 - exp(-result).

    Returns
    -------
    float [currency]

    Raises
    ------
    InputError

    References
    ----------
    Magdon-Ismail and Atiya (2004), "Maximum drawdown", Risk 17(10).

    Examples
    --------
    >>> maximum_drawdown([3.0, -1.0, -2.0, 5.0, -4.0])
    4.0
    """
    path = np.concatenate([[0.0], np.cumsum(sample("pnl", pnl))])
    return float(np.max(np.maximum.accumulate(path) - path))


def sharpe_ratio(returns: ArrayLike, risk_free: float = 0.0, periods_per_year: float = TRADING_DAYS) -> float | None:
    """Annualised mean excess return per unit of volatility; None for a constant series.

    Parameters
    ----------
    returns : array_like (n,) [fraction or currency a period]
    risk_free : float
        A period's riskless return, same unit.
    periods_per_year : float

    Returns
    -------
    float or None

    Raises
    ------
    InputError

    References
    ----------
    Sharpe (1994), "The Sharpe ratio".

    Examples
    --------
    >>> sharpe_ratio([0.01, 0.03], periods_per_year=1), sharpe_ratio([0.01, 0.01])
    (1.4142135623730951, None)
    """
    values = sample("returns", returns, at_least=2)
    deviation = _deviation(values)
    if deviation == 0:
        return None
    return float(values.mean() - number("risk_free", risk_free)) / deviation * math.sqrt(_periods(periods_per_year))


def sortino_ratio(returns: ArrayLike, target: float = 0.0, periods_per_year: float = TRADING_DAYS) -> float | None:
    """Annualised mean return over the target per unit of downside deviation; None where nothing fell short.

    Parameters
    ----------
    returns : array_like (n,) [fraction or currency a period]
    target : float
    periods_per_year : float

    Returns
    -------
    float or None

    Raises
    ------
    InputError

    References
    ----------
    Sortino and van der Meer (1991), "Downside risk".

    Examples
    --------
    >>> sortino_ratio([3.0, -2.0, 3.0, 0.0], periods_per_year=1), sortino_ratio([0.1, 0.2])
    (1.0, None)
    """
    values = sample("returns", returns)
    downside = downside_deviation(values, target, 1)
    if downside == 0 or constant(values):
        return None
    return float(values.mean() - target) / downside * math.sqrt(_periods(periods_per_year))


def beta(returns: ArrayLike, benchmark: ArrayLike) -> float | None:
    """Covariance with the benchmark per unit of its variance; None where either series is constant.

    Parameters
    ----------
    returns, benchmark : array_like (n,) [fraction or currency a period]
        The same periods.

    Returns
    -------
    float or None

    Raises
    ------
    InputError

    References
    ----------
    Sharpe (1964), "Capital asset prices".

    Examples
    --------
    >>> round(beta([0.02, -0.04, 0.06], [0.01, -0.02, 0.03]), 12), beta([0.1, 0.2], [0.0, 0.0])
    (2.0, None)
    """
    values = sample("returns", returns, at_least=2)
    other = paired("benchmark", benchmark, values, "returns")
    if constant(values) or constant(other):
        return None
    centred = other - other.mean()
    return float(centred @ (values - values.mean()) / (centred @ centred))


def tracking_error(returns: ArrayLike, benchmark: ArrayLike, periods_per_year: float = TRADING_DAYS) -> float:
    """Annualised standard deviation of the difference from the benchmark; zero where it is constant.

    Parameters
    ----------
    returns, benchmark : array_like (n,) [fraction or currency a period]
        The same periods.
    periods_per_year : float

    Returns
    -------
    float [the unit of `returns` a year]

    Raises
    ------
    InputError

    References
    ----------
    Grinold and Kahn, Active Portfolio Management, chapter 3.

    Examples
    --------
    >>> tracking_error([0.02, 0.01, 0.02, 0.01], [0.01, 0.02, 0.01, 0.02], periods_per_year=3)
    0.02
    """
    values = sample("returns", returns, at_least=2)
    difference = values - paired("benchmark", benchmark, values, "returns")
    if np.ptp(difference) <= max(1e-12 * float(np.abs(values).max()), 1e-100):
        return 0.0
    return float(difference.std(ddof=1)) * math.sqrt(_periods(periods_per_year))


def _deviation(values: Array) -> float:
    return 0.0 if constant(values) else float(values.std(ddof=1))


def _periods(periods_per_year: float) -> float:
    return number("periods_per_year", periods_per_year, above=0)
