"""EWMA volatility without looking ahead, and Hull and White's volatility scaling of a history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import signal

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, number, table, whole

LastVolatility = Literal["forecast", "last_day"]


@dataclass(frozen=True, eq=False)
class VolatilityPath:
    """Each day's volatility as it was forecast the day before.

    Attributes
    ----------
    first : int
        Row of the returns to which the first forecast belongs: earlier rows only started the recursion.
    forecasts : array (T - first + 1, F)
        Standard deviation a day, one row for each return from `first`; the last is for the day after the sample.
    """

    first: int
    forecasts: Array


def ewma_volatility(returns: ArrayLike, decay: float = 0.94, start_days: int = 20) -> VolatilityPath:
    """Exponentially weighted volatility, forecast each day from the days before it only.

    variance(t + 1) = decay * variance(t) + (1 - decay) * return(t)², the mean taken as zero. The recursion starts from
    the mean square of the first `start_days` returns, which get no forecast of their own: nothing looks ahead.

    Parameters
    ----------
    returns : array_like (T, F)
        Oldest first [fraction, or currency for a portfolio's P&L].
    decay : float in (0, 1)
    start_days : int

    Returns
    -------
    VolatilityPath

    Raises
    ------
    InputError
        On no more than `start_days` returns, or bad arguments.

    References
    ----------
    J.P. Morgan/Reuters, RiskMetrics Technical Document (1996), section 5.2.

    Examples
    --------
    >>> ewma_volatility([[0.01], [-0.01], [0.03]], start_days=2).forecasts.round(6).tolist()
    [[0.01], [0.012166]]
    """
    matrix = table("returns", returns)
    decay = number("decay", decay, above=0, below=1)
    start_days = whole("start_days", start_days, at_least=1, at_most=100_000)
    if len(matrix) <= start_days:
        raise InputError("returns", f"{len(matrix)} days", f"more than the {start_days} that start the recursion")
    start = (matrix[:start_days] ** 2).mean(axis=0)
    later = matrix[start_days:] ** 2
    path, _ = signal.lfilter([1 - decay], [1.0, -decay], later, axis=0, zi=decay * start[None, :])
    return VolatilityPath(start_days, np.sqrt(np.concatenate([start[None, :], path])))


def scale_by_volatility(returns: ArrayLike, path: VolatilityPath, last: LastVolatility = "forecast") -> Array:
    """Returns as they would have been at the last volatility: return(t) * volatility(last) / volatility(t).

    By asset, pass the factors' returns; by portfolio, its P&L as one column. Which volatility is the last is a choice
    that moves the figure: `forecast` is the one for the day after the sample, `last_day` the one forecast for the
    last day of the sample (as Hull's spreadsheet has it).

    Parameters
    ----------
    returns : array_like (T, F)
        The returns the path was made from.
    path : VolatilityPath
        Of EWMA, or of GARCH (`garch.Garch.path`).
    last : {"forecast", "last_day"}

    Returns
    -------
    array (T - path.first, F)
        The rows that started the recursion are left out.

    Raises
    ------
    InputError
        Where the path does not fit, or a volatility is zero on a day with a return.

    References
    ----------
    Hull and White (1998), "Incorporating volatility updating into the historical simulation method for VaR".

    Examples
    --------
    >>> path = VolatilityPath(0, np.array([[0.01], [0.02], [0.04]]))
    >>> scale_by_volatility([[0.01], [-0.02]], path).tolist()
    [[0.04], [-0.04]]
    """
    matrix = table("returns", returns)
    if last not in get_args(LastVolatility):
        raise InputError("last", last, f"one of {', '.join(get_args(LastVolatility))}")
    if path.forecasts.shape != (len(matrix) - path.first + 1, matrix.shape[1]):
        raise InputError("path", f"forecasts of shape {path.forecasts.shape}", "the path of these returns")
    moves, volatility = matrix[path.first :], path.forecasts[:-1]
    quiet = volatility == 0
    if (moves[quiet] != 0).any():
        row, column = (int(i) for i in np.argwhere(quiet & (moves != 0))[0])
        raise InputError(
            "returns", f"a move on day {row + path.first + 1} of column {column}", "moves before it: none yet"
        )
    ratio = path.forecasts[-1 if last == "forecast" else -2] / np.where(quiet, 1.0, volatility)
    return np.asarray(moves * np.where(quiet, 0.0, ratio), dtype=np.float64)
