"""Christoffersen's backtests: whether exceptions follow each other, alone and together with their number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import xlogy

from riskkit.errors import InputError
from riskkit.measures.arguments import whole
from riskkit.measures.coverage import kupiec_pof
from riskkit.measures.outcome import Outcome


@dataclass(frozen=True)
class Transitions:
    """How often a day of one kind followed one of another: `n01` is an exception after a day without."""

    n00: int
    n01: int
    n10: int
    n11: int

    def __post_init__(self) -> None:
        for name, count in vars(self).items():
            whole(name, count, at_least=0, at_most=2**62)


def transitions(exceptions: ArrayLike) -> Transitions:
    """Count day-to-day transitions of a series of exceptions (n,), true where the loss exceeded its VaR.

    Parameters
    ----------
    exceptions : array_like (n,) of bool
        Oldest first.

    Returns
    -------
    Transitions

    Raises
    ------
    InputError
        Fewer than two days, or values that are neither true nor false.

    References
    ----------
    Christoffersen (1998).

    Examples
    --------
    >>> transitions([False, True, True, False, False])
    Transitions(n00=1, n01=1, n10=1, n11=1)
    """
    hits = np.asarray(exceptions)
    if hits.ndim != 1 or len(hits) < 2 or not np.isin(hits, (0, 1)).all():
        raise InputError("exceptions", hits.shape, "at least two days, each true or false")
    before, after = hits[:-1].astype(bool), hits[1:].astype(bool)
    pairs = [(~before & ~after), (~before & after), (before & ~after), (before & after)]
    return Transitions(*(int(pair.sum()) for pair in pairs))


def christoffersen_independence(counts: Transitions) -> Outcome:
    """Is an exception as likely after an exception as after a quiet day? Chi-square with 1 degree of freedom.

    Parameters
    ----------
    counts : Transitions

    Returns
    -------
    Outcome
        Ratio and p-value exist where a cell is empty: 0 log 0 is 0.

    Raises
    ------
    InputError
        No transition at all.

    References
    ----------
    Christoffersen (1998), Evaluating interval forecasts, International Economic Review 39.

    Examples
    --------
    >>> test = christoffersen_independence(Transitions(932, 53, 53, 4))
    >>> round(test.statistic, 5), round(test.p_value, 5)
    (0.25866, 0.61104)
    """
    return Outcome.of_chi_square(_independence_ratio(counts), 1)


def conditional_coverage(exceptions: int, days: int, confidence_level: float, counts: Transitions) -> Outcome:
    """Christoffersen's joint test: number and independence; chi-square with 2 degrees of freedom.

    Parameters
    ----------
    exceptions, days : int
    confidence_level : float in (0.5, 1)
        Of the VaR.
    counts : Transitions
        Of the same days.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        More exceptions than days, counts below zero, a level out of range.

    References
    ----------
    Christoffersen (1998), equation (15).

    Examples
    --------
    >>> test = conditional_coverage(57, 1043, 0.95, Transitions(932, 53, 53, 4))
    >>> round(test.statistic, 5), round(test.p_value, 5)
    (0.72013, 0.69763)
    """
    number = kupiec_pof(exceptions, days, confidence_level).statistic or 0.0
    return Outcome.of_chi_square(number + _independence_ratio(counts), 2)


def _independence_ratio(counts: Transitions) -> float:
    after_quiet, after_exception = counts.n00 + counts.n01, counts.n10 + counts.n11
    total, hits = after_quiet + after_exception, counts.n01 + counts.n11
    if total == 0:
        raise InputError("transitions", counts, "at least one")
    apart = _log_likelihood(counts.n01, after_quiet) + _log_likelihood(counts.n11, after_exception)
    return 2.0 * (apart - _log_likelihood(hits, total))


def _log_likelihood(hits: int, days: int) -> float:
    """Of so many hits at their own rate; of none or nothing but hits it is zero."""
    rate = hits / max(days, 1)
    return float(xlogy(hits, rate) + xlogy(days - hits, 1.0 - rate))
