"""Stressed VaR: the window of history in which today's book would have been riskiest; positive for a loss."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, confidence, sample, whole
from riskkit.measures.empirical import tail_mass

Measure = Literal["value_at_risk", "expected_shortfall"]
#: Numbers held at once while windows are partitioned.
_BLOCK = 4_000_000


@dataclass(frozen=True, eq=False)
class StressedWindow:
    """The worst window, and all of them.

    Attributes
    ----------
    start, stop : int
        Rows [start, stop) of the P&L. Of equal windows the latest.
    value_at_risk, expected_shortfall : float [currency]
        In the worst window.
    path : array (T - window + 1,) [currency]
        The measure searched for, in the window that starts at each row.
    """

    start: int
    stop: int
    value_at_risk: float
    expected_shortfall: float
    path: Array


def worst_window(
    pnl: ArrayLike, window_days: int, confidence_level: float, measure: Measure = "expected_shortfall"
) -> StressedWindow:
    """Search every window of a history for the one with the largest VaR or expected shortfall.

    Parameters
    ----------
    pnl : array_like (T,) [currency], gain positive
        Of today's book on each historical day, oldest first.
    window_days : int
        250 is the regulators' 12 months.
    confidence_level : float in (0.5, 1)
    measure : {"expected_shortfall", "value_at_risk"}
        What the worst window maximises; by riskkit's default estimators.

    Returns
    -------
    StressedWindow

    Raises
    ------
    InputError
        On a history shorter than the window, or bad arguments.

    References
    ----------
    Basel Framework, MAR33.7 (search for the period of stress).

    Examples
    --------
    >>> pnl = np.array([0.0, -1.0, 0.0, -5.0, -4.0, 0.0, 1.0, 0.0])
    >>> worst = worst_window(pnl, 3, 0.6)
    >>> worst.start, worst.value_at_risk, round(worst.expected_shortfall, 4)
    (3, 4.0, 4.8333)
    """
    losses = -sample("pnl", pnl)
    days = whole("window_days", window_days, at_least=1, at_most=1_000_000)
    if measure not in get_args(Measure):
        raise InputError("measure", measure, f"one of {', '.join(get_args(Measure))}")
    if len(losses) < days:
        raise InputError("window_days", days, f"at most the {len(losses)} days of history")
    mass = tail_mass(days, confidence(confidence_level))
    k, left_out = math.ceil(mass), float(math.ceil(mass) - mass)  # of the k-th largest, which counts in part
    windows = np.lib.stride_tricks.sliding_window_view(losses, days)
    rows = max(1, _BLOCK // days)
    var, shortfall = np.empty(len(windows)), np.empty(len(windows))
    for start in range(0, len(windows), rows):
        tail = np.partition(windows[start : start + rows], days - k, axis=1)[:, days - k :]
        var[start : start + rows] = tail[:, 0]
        shortfall[start : start + rows] = (tail.sum(axis=1) - left_out * tail[:, 0]) / float(mass)
    path = shortfall if measure == "expected_shortfall" else var
    best = len(path) - 1 - int(path[::-1].argmax())
    return StressedWindow(best, best + days, float(var[best]), float(shortfall[best]), path)
