"""Extreme value theory: the tail beyond a threshold as a generalised Pareto distribution; losses positive."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, confidence, number, sample
from riskkit.measures.degrees_of_freedom import lowest

Method = Literal["maximum_likelihood", "weighted_moments"]

#: Fewer excesses than this say nothing about a tail.
FEWEST_EXCESSES = 10


@dataclass(frozen=True)
class ParetoTail:
    """Peaks over a threshold: P(loss > x) = (n_excesses / n) (1 + shape (x - threshold) / scale)^(-1/shape).

    Attributes
    ----------
    threshold : float [currency]
    shape : float
        Zero is an exponential tail; above it a power tail; the mean is infinite from 1.
    scale : float [currency]
    n_excesses, n : int
        Losses beyond the threshold, and all.
    method : str
        How the two parameters were found.
    shape_standard_error : float or None
        Asymptotic; None where the method or the shape (at or below -0.5) gives none.
    """

    threshold: float
    shape: float
    scale: float
    n_excesses: int
    n: int
    method: Method
    shape_standard_error: float | None

    def value_at_risk(self, confidence_level: float) -> float:
        """VaR [currency]; the level must lie in the tail, beyond the threshold's own."""
        level = confidence(confidence_level)
        ratio = self.n_excesses / self.n / (1 - level)
        if ratio < 1 - 1e-12:
            below = 1 - self.n_excesses / self.n
            raise InputError("confidence_level", level, f"at least {below:.4g}, the level of the threshold")
        if abs(self.shape) < 1e-9:
            return self.threshold + self.scale * math.log(ratio)
        return self.threshold + self.scale / self.shape * math.expm1(self.shape * math.log(ratio))

    def expected_shortfall(self, confidence_level: float) -> float:
        """Expected shortfall [currency]; a shape of 1 or more has none."""
        if self.shape >= 1:
            raise InputError("losses", f"a tail of shape {self.shape:.3g}", "a shape below 1: its mean is infinite")
        quantile = self.value_at_risk(confidence_level)
        return (quantile + self.scale - self.shape * self.threshold) / (1 - self.shape)


def peaks_over_threshold(
    losses: ArrayLike, tail_fraction: float = 0.1, method: Method = "maximum_likelihood"
) -> ParetoTail:
    """Fit a generalised Pareto distribution to the losses beyond a threshold.

    The threshold is the largest loss that is not among the floor(n * tail_fraction) worst. Maximum likelihood
    maximises the profile likelihood in shape/scale over the whole admissible range (shape above -0.5, where the
    estimator is regular); probability-weighted moments need no search and bear small samples better.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    tail_fraction : float in (0, 0.5)
        Share of the losses that make the tail.
    method : {"maximum_likelihood", "weighted_moments"}

    Returns
    -------
    ParetoTail

    Raises
    ------
    InputError
        On fewer than 10 excesses, excesses that are all equal, or a likelihood without an inner maximum.

    References
    ----------
    McNeil, Frey and Embrechts, Quantitative Risk Management, section 5.2; Grimshaw (1993); Hosking and Wallis (1987).

    Examples
    --------
    >>> losses = np.random.default_rng(5).standard_t(4, 5000)
    >>> tail = peaks_over_threshold(losses)
    >>> round(tail.value_at_risk(0.99), 2), round(tail.expected_shortfall(0.99), 2)
    (3.92, 5.42)
    """
    loss = np.sort(sample("losses", losses))
    count = int(len(loss) * number("tail_fraction", tail_fraction, above=0, below=0.5))
    if method not in get_args(Method):
        raise InputError("method", method, f"one of {', '.join(get_args(Method))}")
    if count < FEWEST_EXCESSES:
        raise InputError("losses", f"{count} losses in the tail of {len(loss)}", f"at least {FEWEST_EXCESSES}")
    threshold = float(loss[-count - 1])
    excesses = loss[loss > threshold] - threshold
    if len(excesses) < FEWEST_EXCESSES or np.ptp(excesses) <= max(1e-12 * float(np.abs(loss).max()), 1e-100):
        raise InputError("losses", f"{len(np.unique(excesses))} different excesses", "a tail that varies")
    shape, scale = _moments(excesses) if method == "weighted_moments" else _likelihood(excesses)
    error = (1 + shape) / math.sqrt(len(excesses)) if method == "maximum_likelihood" else None
    return ParetoTail(threshold, shape, scale, len(excesses), len(loss), method, error)


def _likelihood(excesses: Array) -> tuple[float, float]:
    """Maximise the profile log-likelihood in t = shape / scale, for excesses divided by their mean."""
    mean = float(excesses.mean())
    unit = excesses / mean
    floor = -1 / float(unit.max())

    def profile(t: float) -> tuple[float, float]:
        """Negative log-likelihood per excess, and the shape that goes with t."""
        if abs(t) < 1e-10:
            return 1.0, 0.0
        shape = float(np.mean(np.log1p(t * unit)))
        return math.log(shape / t) + shape + 1, shape

    grid = np.concatenate([floor * (1 - np.logspace(-6, 0, 60)[:-1]), [0.0], np.logspace(-4, 3, 120)])
    grid.sort()
    values = np.array([value if shape > -0.5 else np.inf for value, shape in map(profile, grid)])
    best = int(values.argmin())
    if best in (0, len(grid) - 1) or not np.isfinite(values[best - 1 : best + 2]).all():
        raise InputError(
            "losses", "a tail whose likelihood has no inner maximum", "another tail_fraction, or weighted_moments"
        )
    t = lowest(lambda t: profile(t)[0], float(grid[best - 1]), float(grid[best + 1]), 1e-12)
    if profile(t)[0] > values[best]:
        t = float(grid[best])
    shape = profile(t)[1]
    return shape, mean * (shape / t if abs(t) >= 1e-10 else 1.0)


def _moments(excesses: Array) -> tuple[float, float]:
    """Hosking and Wallis: from the mean and the mean weighted by 1 - F."""
    ordered = np.sort(excesses)
    n = len(ordered)
    first = float(ordered.mean())
    second = float(np.mean(ordered * (n - np.arange(1, n + 1)) / (n - 1)))
    shape = 2 - first / (first - 2 * second)
    return shape, 2 * first * second / (first - 2 * second)
