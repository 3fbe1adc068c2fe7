"""Exact finite-sample p-values of the coverage backtests, by enumerating every exception pattern.

With 250 days and two or three exceptions a chi-square is a poor guide. Under the null hypothesis exceptions are
independent with the probability 1 - c, and Kupiec's and Christoffersen's statistics depend on the pattern only through
the number of exceptions, of clusters and how the sample begins and ends: those cases are few and their numbers of
patterns are binomial coefficients, so the p-values are sums, not approximations.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, confidence
from riskkit.measures.durations import waiting_ratios
from riskkit.measures.outcome import exceptions_of

#: Beyond so many days the chi-square is good and the enumeration long.
MOST_DAYS = 5000
_TINY = 1e-17


@dataclass(frozen=True)
class ExactCoverage:
    """Exact p-values, and the likelihood ratios they belong to.

    Attributes
    ----------
    unconditional, independence, conditional : float
        Exact probability, if the model is right, of a likelihood ratio at least as large as the one observed: Kupiec's
        proportion of failures, Christoffersen's independence, and their sum.
    unconditional_ratio, independence_ratio, conditional_ratio : float
    """

    unconditional: float
    independence: float
    conditional: float
    unconditional_ratio: float
    independence_ratio: float
    conditional_ratio: float


def exact_coverage(exceptions: ArrayLike, confidence_level: float) -> ExactCoverage:
    """Exact p-values of Kupiec's POF and Christoffersen's two tests.

    Parameters
    ----------
    exceptions : array_like (n,) of bool
        Oldest first, 2 to 5000 days.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    ExactCoverage

    Raises
    ------
    InputError

    References
    ----------
    Kupiec (1995); Christoffersen (1998), "Evaluating interval forecasts". Runs of a binary sequence: Feller, An
    Introduction to Probability Theory, volume 1, II.5.

    Examples
    --------
    >>> exact = exact_coverage([0] * 200 + [1, 1] + [0] * 48, 0.99)
    >>> round(exact.unconditional, 4), round(exact.independence, 4)
    (0.7851, 0.0024)
    """
    hits = exceptions_of(exceptions, at_least=2)
    n, probability = len(hits), 1 - confidence(confidence_level)
    if n > MOST_DAYS:
        raise InputError("exceptions", f"{n} days", f"at most {MOST_DAYS}; the chi-square p-value serves beyond")
    pairs = np.bincount(2 * hits[:-1] + hits[1:], minlength=4).astype(np.float64)
    observed = [
        float(ratio[0]) for ratio in _ratios(n, np.array([hits.sum()], np.float64), pairs[:, None], probability)
    ]
    x, transitions, mass = _patterns(n, probability)
    every = _ratios(n, x, transitions, probability)
    # A pattern's ratio may differ by rounding between the two calls.
    reached = [law >= seen - 1e-9 * max(1.0, seen) for law, seen in zip(every, observed, strict=True)]
    return ExactCoverage(*(min(float(mass[those].sum()), 1.0) for those in reached), *observed)


def exact_first_failure(exceptions: ArrayLike, confidence_level: float) -> float:
    """Exact p-value of Kupiec's time until the first failure, the wait censored at the end of the sample.

    The wait v has probability p (1 - p)^(v-1) up to n days, and none comes with (1 - p)^n: the p-value is the
    probability of all cases whose likelihood ratio is at least the one observed.

    Parameters
    ----------
    exceptions : array_like (n,) of bool
        Oldest first, 2 to 5000 days.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    float

    Raises
    ------
    InputError

    References
    ----------
    Kupiec (1995), "Techniques for verifying the accuracy of risk measurement models".

    Examples
    --------
    >>> round(exact_first_failure([1] + [0] * 249, 0.99), 6)
    0.01
    """
    hits = exceptions_of(exceptions, at_least=2)
    n, p = len(hits), 1 - confidence(confidence_level)
    if n > MOST_DAYS:
        raise InputError("exceptions", f"{n} days", f"at most {MOST_DAYS}; the chi-square p-value serves beyond")
    waits = np.arange(1, n + 1)
    ratios = np.append(waiting_ratios(waits, p), -2 * n * np.log1p(-p))
    mass = np.append(p * (1 - p) ** (waits - 1), (1 - p) ** n)
    seen = float(ratios[int(hits.argmax())] if hits.any() else ratios[-1])
    return min(float(mass[ratios >= seen - 1e-9 * max(1.0, seen)].sum()), 1.0)


def _ratios(n: int, x: Array, pairs: Array, probability: float) -> tuple[Array, Array, Array]:
    """Likelihood ratios of counts x (K,) and transitions n00, n01, n10, n11 (4, K)."""
    n00, n01, n10, n11 = pairs
    share = x / n
    free = special.xlogy(x, share) + special.xlog1py(n - x, -share)
    bound = x * np.log(probability) + (n - x) * np.log1p(-probability)
    unconditional = np.maximum(2 * (free - bound), 0.0)
    after_quiet = n01 / np.maximum(n00 + n01, 1)
    after_hit = n11 / np.maximum(n10 + n11, 1)
    either = (n01 + n11) / (n - 1)
    apart = (
        special.xlog1py(n00, -after_quiet) + special.xlogy(n01, after_quiet)
        + special.xlog1py(n10, -after_hit) + special.xlogy(n11, after_hit)
    )  # fmt: skip
    together = special.xlog1py(n00 + n10, -either) + special.xlogy(n01 + n11, either)
    independence = np.maximum(2 * (apart - together), 0.0)
    return unconditional, independence, unconditional + independence


def _patterns(n: int, probability: float) -> tuple[Array, Array, Array]:
    """Counts (K,), transitions (4, K) and probabilities (K,) of every class of patterns that is not negligible."""
    counts = np.arange(n + 1)
    likely = counts[special.bdtrc(counts - 1, n, probability) > _TINY]
    likely = likely[special.bdtr(likely, n, probability) > _TINY]
    x = np.repeat(likely, np.maximum(np.minimum(likely, n - likely + 1), 1))
    clusters = np.concatenate([np.arange(1, max(min(k, n - k + 1), 1) + 1) for k in likely])
    clusters = np.where(x == 0, 0, clusters)
    blocks = [_class(n, x, clusters, first, last) for first in (0, 1) for last in (0, 1)]
    pairs = np.concatenate([pairs for pairs, _ in blocks], axis=1)
    ways = np.concatenate([ways for _, ways in blocks])
    every = np.tile(x, len(blocks)).astype(np.float64)
    mass = np.exp(ways + every * np.log(probability) + (n - every) * np.log1p(-probability))
    return every, pairs, mass


def _class(n: int, x: NDArray[np.int64], clusters: NDArray[np.int64], first: int, last: int) -> tuple[Array, Array]:
    """Transitions and the logarithm of the number of patterns that begin with `first` and end with `last`."""
    quiet = clusters - 1 + (1 - first) + (1 - last)
    quiet = np.where((x == 0) & (first + last == 0), 1, quiet)
    ways = _log_compositions(x, clusters) + _log_compositions(n - x, quiet)
    n11, n01, n10 = x - clusters, clusters - first, clusters - last
    pairs = np.stack([n - 1 - n11 - n01 - n10, n01, n10, n11]).astype(np.float64)
    return np.where(np.isfinite(ways), np.maximum(pairs, 0.0), 0.0), ways


def _log_compositions(total: NDArray[np.int64], parts: NDArray[np.int64]) -> Array:
    """Logarithm of the number of ways to write `total` as `parts` ordered positive numbers; -inf for none."""
    possible = (parts >= 1) & (parts <= total)
    a, b = np.where(possible, total - 1, 0), np.where(possible, parts - 1, 0)
    ways = special.gammaln(a + 1) - special.gammaln(b + 1) - special.gammaln(a - b + 1)
    empty = (total == 0) & (parts == 0)
    return np.asarray(np.where(possible | empty, ways, -np.inf), dtype=np.float64)
