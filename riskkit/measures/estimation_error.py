"""How uncertain an empirical VaR or expected shortfall is: order-statistic intervals and standard errors."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from riskkit.errors import InputError
from riskkit.measures import empirical
from riskkit.measures.arguments import confidence, constant, number, sample

Density = Literal["normal", "kernel"]


@dataclass(frozen=True)
class OrderStatisticInterval:
    """A distribution-free interval for VaR.

    Attributes
    ----------
    lower, upper : float or None [currency]
        None: the sample is too short for a bound on that side.
    lower_rank, upper_rank : int
        Ranks counted from the largest loss; 0 for a missing upper bound.
    coverage : float
        Exact probability that the interval holds the true quantile of a continuous loss.
    """

    lower: float | None
    upper: float | None
    lower_rank: int
    upper_rank: int
    coverage: float


def value_at_risk_interval(
    losses: ArrayLike, confidence_level: float, coverage: float = 0.95
) -> OrderStatisticInterval:
    """Confidence interval for VaR from two order statistics, by the binomial distribution.

    The number of losses below the true quantile is binomial (n, c) whatever the distribution, so the ranks whose
    binomial tails hold at most half of 1 - `coverage` each bound it.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    confidence_level : float in (0.5, 1)
    coverage : float in (0, 1)

    Returns
    -------
    OrderStatisticInterval

    Raises
    ------
    InputError

    References
    ----------
    David and Nagaraja (2003), Order Statistics, section 7.1.

    Examples
    --------
    >>> interval = value_at_risk_interval(range(1, 501), 0.99)
    >>> interval.lower, interval.upper, round(interval.coverage, 4)
    (490.0, 500.0, 0.9802)
    """
    ordered = np.sort(sample("losses", losses))
    level, outside = confidence(confidence_level), (1 - number("coverage", coverage, above=0, below=1)) / 2
    n = len(ordered)
    below = special.bdtr(np.arange(n), n, level)  # P(fewer than i + 1 losses below the quantile)
    first = int(np.searchsorted(below, outside, side="right"))  # ascending rank whose tail is at most `outside`
    last = int(np.searchsorted(below, 1 - outside)) + 1
    low_tail = float(below[first - 1]) if first >= 1 else 0.0
    high_tail = float(below[last - 1]) if last <= n else 1.0
    return OrderStatisticInterval(
        float(ordered[first - 1]) if first >= 1 else None,
        float(ordered[last - 1]) if last <= n else None,
        n - first + 1 if first >= 1 else 0,
        n - last + 1 if last <= n else 0,
        high_tail - low_tail,
    )


def value_at_risk_standard_error(losses: ArrayLike, confidence_level: float, density: Density = "normal") -> float:
    """Standard error of an empirical VaR, by Kendall and Stuart: sqrt(c (1 - c) / n) / f(VaR).

    f is the density of the losses at the VaR: of the normal distribution with their mean and deviation, taken at its
    own quantile as Hull does, or a Gaussian kernel estimate (Scott's bandwidth, which
    thickens the tail: about a tenth too small an error for a normal at 95 %) at the empirical VaR. A sample that
    never varies has an error of zero.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    confidence_level : float in (0.5, 1)
    density : {"normal", "kernel"}

    Returns
    -------
    float [currency]

    Raises
    ------
    InputError
        On fewer than two losses or an unknown density.

    References
    ----------
    Kendall and Stuart (1972), The Advanced Theory of Statistics, volume 1; Hull, section "Accuracy of VaR".

    Examples
    --------
    >>> losses = np.random.default_rng(1).standard_normal(500) * 10
    >>> round(value_at_risk_standard_error(losses, 0.99), 2)
    1.53
    """
    loss = sample("losses", losses, at_least=2)
    level = confidence(confidence_level)
    if density not in get_args(Density):
        raise InputError("density", density, f"one of {', '.join(get_args(Density))}")
    deviation = float(loss.std(ddof=1))
    if constant(loss):
        return 0.0
    if density == "normal":
        height = math.exp(-(float(special.ndtri(level)) ** 2) / 2) / math.sqrt(2 * math.pi) / deviation
    else:
        # Imported here: scipy.stats takes 2 s to import, and only this density needs it.
        from scipy.stats import gaussian_kde

        height = float(gaussian_kde(loss)(empirical.value_at_risk(loss, level))[0])
    return math.sqrt(level * (1 - level) / len(loss)) / height


def expected_shortfall_standard_error(losses: ArrayLike, confidence_level: float) -> float:
    """Standard error of an empirical expected shortfall, asymptotic.

    sqrt((variance of the tail losses + c (ES - VaR)²) / (n (1 - c))): the tail's own spread, and that of where the tail
    begins. Independent losses only: overlapping horizons make it larger.

    Parameters
    ----------
    losses : array_like (n,) [currency]
        At least two of them in the tail: n (1 - c) above 1.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    float [currency]

    Raises
    ------
    InputError

    References
    ----------
    Brazauskas, Jones, Puri and Zitikis (2008), "Estimating conditional tail expectation with actuarial applications".

    Examples
    --------
    >>> losses = np.random.default_rng(1).standard_normal(100_000)
    >>> round(expected_shortfall_standard_error(losses, 0.99), 4)
    0.0153
    """
    loss = sample("losses", losses)
    level = confidence(confidence_level)
    mass = empirical.tail_mass(len(loss), level)
    if mass <= 1:
        raise InputError("losses", f"{len(loss)} losses", f"more than {1 / (1 - level):.0f}: the tail needs two")
    tail = empirical.worst(loss, level)
    worst = loss[tail.indices]
    mean = float(tail.weights @ worst)
    spread = float(tail.weights @ (worst - mean) ** 2)
    return math.sqrt((spread + level * (mean - float(worst[-1])) ** 2) / float(mass))
