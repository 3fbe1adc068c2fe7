"""Backtests of the time between exceptions: Kupiec's first failure, and Haas's tests of every waiting time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from riskkit.measures.arguments import confidence
from riskkit.measures.coverage import kupiec_pof
from riskkit.measures.outcome import Outcome, exceptions_of


def time_until_first_failure(exceptions: ArrayLike, confidence_level: float) -> Outcome:
    """Kupiec's TUFF: whether the wait for the first exception is what the level promises.

    The waiting time v is geometric with probability p = 1 - c:
    LR = -2 ln[p (1 - p)^(v-1)] + 2 ln[(1/v) (1 - 1/v)^(v-1)].
    Without an exception the wait is censored at n days, and LR = -2 n ln(1 - p).

    Parameters
    ----------
    exceptions : array_like (n,) of bool
        Oldest first.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    Outcome
        Chi-square with one degree of freedom.

    Raises
    ------
    InputError

    References
    ----------
    Kupiec (1995), "Techniques for verifying the accuracy of risk measurement models", Journal of Derivatives 3(2).

    Examples
    --------
    >>> outcome = time_until_first_failure([0] * 57 + [1], 0.95)
    >>> round(outcome.statistic, 4), round(outcome.p_value, 5)
    (1.7354, 0.18773)
    """
    hits = exceptions_of(exceptions)
    probability = 1 - confidence(confidence_level)
    waits = _waits(hits)
    if not len(waits):
        ratio = -2 * len(hits) * float(np.log1p(-probability))
        return Outcome.of_chi_square(ratio, 1, f"No exception in {len(hits)} days: the wait is censored.")
    return Outcome.of_chi_square(float(_likelihood_ratios(waits[:1], probability)[0]), 1)


def time_between_failures_independence(exceptions: ArrayLike, confidence_level: float) -> Outcome:
    """Haas's TBFI: whether every wait between exceptions is what the level promises.

    The sum of the TUFF ratios of all x waits (the first counted from the start of the sample, the days after the last
    exception left out); chi-square with x degrees of freedom. The ratio of one wait averages 1.15, not 1, under the
    null, so that with many exceptions the published test rejects more often than it says.

    Parameters
    ----------
    exceptions : array_like (n,) of bool
        Oldest first.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    Outcome
        Without an exception there is no wait to test: statistic and p-value are None.

    Raises
    ------
    InputError

    References
    ----------
    Haas (2001), "New methods in backtesting", Financial Engineering, Research Center Caesar.

    Examples
    --------
    >>> outcome = time_between_failures_independence([0] * 99 + [1] + [0] * 99 + [1], 0.99)
    >>> outcome.degrees_of_freedom, round(outcome.p_value, 6)
    (2, 1.0)
    """
    hits = exceptions_of(exceptions)
    probability = 1 - confidence(confidence_level)
    waits = _waits(hits)
    if not len(waits):
        return Outcome(None, None, 0, f"No exception in {len(hits)} days: there is no wait to test.")
    return Outcome.of_chi_square(float(_likelihood_ratios(waits, probability).sum()), len(waits))


def time_between_failures(exceptions: ArrayLike, confidence_level: float) -> Outcome:
    """Haas's mixed Kupiec test (TBF): the number of exceptions and every wait between them, at once.

    Kupiec's proportion-of-failures ratio plus the ratio of `time_between_failures_independence`; chi-square with
    x + 1 degrees of freedom.

    Parameters
    ----------
    exceptions : array_like (n,) of bool
        Oldest first.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    Outcome

    Raises
    ------
    InputError

    References
    ----------
    Haas (2001), "New methods in backtesting".

    Examples
    --------
    >>> outcome = time_between_failures([0] * 250, 0.99)
    >>> round(outcome.statistic, 3), outcome.degrees_of_freedom
    (5.025, 1)
    """
    hits = exceptions_of(exceptions)
    probability = 1 - confidence(confidence_level)
    n, x = len(hits), int(hits.sum())
    number = kupiec_pof(x, n, confidence_level).statistic or 0.0
    total = number + float(_likelihood_ratios(_waits(hits), probability).sum())
    return Outcome.of_chi_square(total, x + 1, "" if x else f"No exception in {n} days: only their number is tested.")


def _waits(hits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Days up to and including each exception, from the one before it."""
    return np.diff(np.flatnonzero(hits), prepend=-1).astype(np.int64)


def _likelihood_ratios(waits: NDArray[np.int64], probability: float) -> NDArray[np.float64]:
    free = -np.log(waits) + special.xlogy(waits - 1, 1 - 1 / waits)
    ratios: NDArray[np.float64] = 2 * (free - np.log(probability) - (waits - 1) * np.log1p(-probability))
    return ratios
