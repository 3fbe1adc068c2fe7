"""Empirical VaR and expected shortfall under named conventions, and with weights.

The estimator a result uses is never silent: `order_statistic` is riskkit's default; the others are here by name
for a comparison with a book, a regulator or another library. Losses are positive throughout.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from riskkit.errors import InputError
from riskkit.measures import empirical
from riskkit.measures.arguments import Array, confidence, number, paired, sample

Estimator = Literal[
    "order_statistic",
    "inverted_cdf",
    "averaged_inverted_cdf",
    "closest_observation",
    "interpolated_inverted_cdf",
    "hazen",
    "weibull",
    "linear",
    "median_unbiased",
    "normal_unbiased",
]
TailMean = Literal["acerbi_tasche", "strictly_worse", "at_or_worse"]

#: Intercept and slope of the offset m = a + b c in the position h = n c + m of R's types 4 to 9.
_OFFSETS = {
    "interpolated_inverted_cdf": (Fraction(0), Fraction(0)),
    "hazen": (Fraction(1, 2), Fraction(0)),
    "weibull": (Fraction(0), Fraction(1)),
    "linear": (Fraction(1), Fraction(-1)),
    "median_unbiased": (Fraction(1, 3), Fraction(1, 3)),
    "normal_unbiased": (Fraction(3, 8), Fraction(1, 4)),
}


def quantile_position(n: int, level: Fraction, estimator: str) -> tuple[int, Fraction]:
    """Rank counted from the smallest loss, and the weight of the next rank.

    Parameters
    ----------
    n : int
    level : Fraction
        In (0, 1).
    estimator : str
        One of Hyndman and Fan's types, by numpy's name.

    Returns
    -------
    rank : int
        May lie outside 1 to n by one: the caller clips it.
    weight : Fraction

    Raises
    ------
    KeyError
        An unknown name: the callers check it.

    References
    ----------
    Hyndman and Fan (1996).

    Examples
    --------
    >>> quantile_position(100, Fraction(95, 100), "linear")
    (95, Fraction(1, 20))
    """
    at = n * level
    if estimator == "inverted_cdf":
        return math.ceil(at), Fraction(0)
    if estimator == "averaged_inverted_cdf":
        return (int(at), Fraction(1, 2)) if at.denominator == 1 else (math.ceil(at), Fraction(0))
    if estimator == "closest_observation":
        at -= Fraction(1, 2)
        down = math.floor(at)
        return down + (at != down or down % 2 == 1), Fraction(0)
    intercept, slope = _OFFSETS[estimator]
    at += intercept + slope * level
    return math.floor(at), at - math.floor(at)


def value_at_risk(losses: ArrayLike, confidence_level: float, estimator: Estimator = "order_statistic") -> float:
    """VaR of equally likely losses by a named quantile estimator, positive for a loss.

    `order_statistic` is the design's default: the k-th largest loss, k = ceil(n (1 - c)). The others are the nine
    types of Hyndman and Fan under numpy's names, in R's order: `linear` is type 7, numpy's and R's default. Positions
    are computed in exact fractions, so that 0.95 of 100 losses is the 95th.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    confidence_level : float in (0.5, 1)
    estimator : str

    Returns
    -------
    float [currency]

    Raises
    ------
    InputError
        On an empty or non-finite sample, a level out of range or an unknown name.

    References
    ----------
    Hyndman and Fan (1996), "Sample quantiles in statistical packages", The American Statistician 50(4).

    Examples
    --------
    >>> value_at_risk(range(1, 101), 0.95), value_at_risk(range(1, 101), 0.95, "linear")
    (96.0, 95.05)
    """
    if estimator == "order_statistic":
        return empirical.value_at_risk(losses, confidence_level)
    values, level = sample("losses", losses), confidence(confidence_level)
    if estimator not in get_args(Estimator):
        raise InputError("estimator", estimator, f"one of {', '.join(get_args(Estimator))}")
    ordered = np.sort(values)
    rank, fraction = quantile_position(len(ordered), 1 - empirical.tail_mass(1, level), estimator)
    low, high = (ordered[min(max(r, 1), len(ordered)) - 1] for r in (rank, rank + 1))
    return float(low + float(fraction) * (high - low))


def expected_shortfall(losses: ArrayLike, confidence_level: float, tail: TailMean = "acerbi_tasche") -> float:
    """Mean tail loss of equally likely losses by a named convention, positive for a loss.

    `acerbi_tasche` (the default): the n (1 - c) largest, the last weighted by its fraction. `strictly_worse`: the mean
    of the k - 1 losses ranked worse than the VaR, as Hull's book has it. `at_or_worse`: the mean of all losses not
    below the VaR, as many libraries have it.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    confidence_level : float in (0.5, 1)
    tail : str

    Returns
    -------
    float [currency]

    Raises
    ------
    InputError
        On bad arguments, and where `strictly_worse` has no loss beyond the VaR (n (1 - c) of one or less).

    References
    ----------
    Acerbi and Tasche (2002), "On the coherence of expected shortfall", section 4.
    Hull, Options, Futures, and Other Derivatives, section "Historical simulation".

    Examples
    --------
    >>> losses = [477.841, 345.435, 282.204, 277.041, 253.385] + [0.0] * 495
    >>> round(expected_shortfall(losses, 0.99, "strictly_worse"), 3), round(expected_shortfall(losses, 0.99), 3)
    (345.63, 327.181)
    """
    if tail == "acerbi_tasche":
        return empirical.expected_shortfall(losses, confidence_level)
    values, level = sample("losses", losses), confidence(confidence_level)
    worst = np.sort(values)[::-1]
    k = math.ceil(empirical.tail_mass(len(worst), level))
    if tail == "at_or_worse":
        return float(worst[worst >= worst[k - 1]].mean())
    if tail != "strictly_worse":
        raise InputError("tail", tail, f"one of {', '.join(get_args(TailMean))}")
    if k == 1:
        raise InputError(
            "losses", f"{len(worst)} losses", f"more than {1 / (1 - confidence_level):.0f}: none is beyond the VaR"
        )
    return float(worst[: k - 1].mean())


def age_weights(n: int, decay: float) -> Array:
    """Weights of Boudoukh, Richardson and Whitelaw, oldest first, newest heaviest, summing to 1.

    The weight of the observation i days old is decay^i (1 - decay) / (1 - decay^n).

    Parameters
    ----------
    n : int
        Observations.
    decay : float in (0, 1)

    Returns
    -------
    array (n,)

    Raises
    ------
    InputError

    References
    ----------
    Boudoukh, Richardson and Whitelaw (1998), "The best of both worlds", Risk 11(5).

    Examples
    --------
    >>> age_weights(3, 0.5)
    array([0.14285714, 0.28571429, 0.57142857])
    """
    decay = number("decay", decay, above=0, below=1)
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise InputError("n", n, "a whole number of observations, at least 1")
    return np.asarray(decay ** np.arange(n - 1, -1, -1) * (1 - decay) / (1 - decay**n), dtype=np.float64)


@dataclass(frozen=True)
class WeightedTail:
    """VaR and expected shortfall of weighted losses [currency], and how many losses make the tail."""

    value_at_risk: float
    expected_shortfall: float
    n_tail: int


def weighted_tail(losses: ArrayLike, weights: ArrayLike, confidence_level: float) -> WeightedTail:
    """VaR and expected shortfall where observations carry weights; equal weights give the default estimator.

    VaR is the largest loss at which the weight of the losses at least as bad reaches 1 - c; the expected shortfall is
    the weighted mean of exactly 1 - c of weight, the last loss taken in part.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    weights : array_like (n,)
        Not negative, summing to 1 (to 1e-9).
    confidence_level : float in (0.5, 1)

    Returns
    -------
    WeightedTail

    Raises
    ------
    InputError

    References
    ----------
    Boudoukh, Richardson and Whitelaw (1998); Acerbi and Tasche (2002) for the last loss.

    Examples
    --------
    >>> weighted_tail([10.0, 5.0, 1.0], [0.03, 0.07, 0.9], 0.95)
    WeightedTail(value_at_risk=5.0, expected_shortfall=8.0, n_tail=2)
    """
    loss = sample("losses", losses)
    weight = paired("weights", weights, loss, "losses")
    if (weight < 0).any() or abs(float(weight.sum()) - 1) > 1e-9:
        raise InputError(
            "weights", f"sum {weight.sum():.12g}, smallest {weight.min():.3g}", "none negative, a sum of 1"
        )
    mass = float(empirical.tail_mass(1, confidence(confidence_level)))
    order = np.argsort(-loss, kind="stable")
    order = order[weight[order] > 0]
    reached = np.cumsum(weight[order])
    k = min(int(np.searchsorted(reached, mass * (1 - 1e-12))), len(order) - 1)
    taken = weight[order[: k + 1]].copy()
    taken[-1] += mass - reached[k]
    return WeightedTail(float(loss[order[k]]), float(taken @ loss[order[: k + 1]] / mass), k + 1)
