"""Backtests of the time between exceptions: Kupiec's first failure, and Haas's tests of every waiting time."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from riskkit.measures.arguments import confidence, whole
from riskkit.measures.coverage import kupiec_pof
from riskkit.measures.outcome import Outcome, exceptions_of

#: Numbers held at once by a simulation.
_BLOCK = 2_000_000


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
    return Outcome.of_chi_square(float(waiting_ratios(waits[:1], probability)[0]), 1)


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
    return Outcome.of_chi_square(float(waiting_ratios(waits, probability).sum()), len(waits))


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
    total = number + float(waiting_ratios(_waits(hits), probability).sum())
    return Outcome.of_chi_square(total, x + 1, "" if x else f"No exception in {n} days: only their number is tested.")


def simulated_time_between_failures(
    exceptions: ArrayLike, confidence_level: float, generator: np.random.Generator, n_simulations: int = 4_000
) -> float:
    """P-value of Haas's mixed test by simulated exceptions: right for any sample, where the chi-square is not.

    Of n days with independent exceptions, drawn so many times, the share whose statistic is at least the one observed,
    itself counted in: the test rejects as often as it says, whatever the number of draws.

    Parameters
    ----------
    exceptions : array_like (n,) of bool
        Oldest first.
    confidence_level : float in (0.5, 1)
    generator : numpy.random.Generator
    n_simulations : int

    Returns
    -------
    float

    Raises
    ------
    InputError

    References
    ----------
    Haas (2001), "New methods in backtesting"; Dufour (2006), "Monte Carlo tests with nuisance parameters".

    Examples
    --------
    >>> simulated_time_between_failures([0] * 99 + [1] + [0] * 100, 0.99, np.random.default_rng(1)) > 0.3
    True
    """
    hits = exceptions_of(exceptions)
    p, draws = 1 - confidence(confidence_level), whole("n_simulations", n_simulations, at_least=100, at_most=1_000_000)
    seen = time_between_failures(hits, confidence_level).statistic or 0.0
    n, above = len(hits), 0
    counts = np.arange(n + 1)
    number = 2 * (
        special.xlogy(counts, counts / n / p) + special.xlogy(n - counts, np.maximum(1 - counts / n, 0.0) / (1 - p))
    )
    rows = max(1, _BLOCK // n)
    for start in range(0, draws, rows):
        run, day = np.nonzero(generator.random((min(rows, draws - start), n)) < p)
        wait = np.diff(day, prepend=-1)
        first = np.diff(run, prepend=-1) > 0
        wait[first] = day[first] + 1
        size = min(rows, draws - start)
        total = np.bincount(run, waiting_ratios(wait, p), size) + number[np.bincount(run, minlength=size)]
        above += int((total >= seen - 1e-9 * max(1.0, seen)).sum())
    return (above + 1) / (draws + 1)


def _waits(hits: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Days up to and including each exception, from the one before it."""
    return np.diff(np.flatnonzero(hits), prepend=-1).astype(np.int64)


def waiting_ratios(waits: NDArray[np.int64], probability: float) -> NDArray[np.float64]:
    """Likelihood ratio of each wait alone, against a geometric law.

    Parameters
    ----------
    waits : array (x,) of int
        Days up to and including an exception, 1 or more.
    probability : float in (0, 1)
        Of an exception.

    Returns
    -------
    array (x,)

    References
    ----------
    Kupiec (1995), equation (4).

    Examples
    --------
    >>> (waiting_ratios(np.array([100, 58]), 0.01).round(6) + 0.0).tolist()
    [0.0, 0.252534]
    """
    free = -np.log(waits) + special.xlogy(waits - 1, 1 - 1 / waits)
    ratios: NDArray[np.float64] = 2 * (free - np.log(probability) - (waits - 1) * np.log1p(-probability))
    return ratios
