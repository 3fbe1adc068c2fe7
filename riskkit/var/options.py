"""The finer choices of a value at risk, grouped by what they belong to; each group checks its own fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

from riskkit.errors import InputError
from riskkit.measures.arguments import number, whole

Weighting = Literal["plain", "age", "volatility", "filtered"]
VolatilityModel = Literal["ewma", "garch"]
Scope = Literal["asset", "portfolio"]
LastVolatility = Literal["forecast", "last_day"]
Distribution = Literal["normal", "student_t", "cornish_fisher"]
Quadratic = Literal["none", "normal", "cornish_fisher", "exact"]
Sampling = Literal["pseudo", "antithetic", "sobol"]
Draws = Literal["auto", "factors"]
Quantile = Literal[
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
Density = Literal["spacing", "normal", "kernel"]
Tail = Literal["acerbi_tasche", "strictly_worse", "at_or_worse"]


@dataclass(frozen=True)
class HistoricalSpec:
    """How the past is weighted or scaled in a historical simulation.

    Attributes
    ----------
    weighting : {"plain", "age", "volatility", "filtered"}
        `plain`: every return counts the same. `age`: newer ones count more (Boudoukh, Richardson and Whitelaw).
        `volatility`: returns scaled to the last volatility (Hull and White). `filtered`: GARCH residuals of each factor
        at its next volatility, the days drawn whole (Barone-Adesi).
    age_decay : float
        Weight of a day relative to the next, between 0 and 1; for `age`.
    volatility : {"ewma", "garch"}
        Model of the volatility; for `volatility` (`filtered` is always GARCH).
    volatility_decay : float
        Of the EWMA volatility, between 0 and 1.
    scope : {"asset", "portfolio"}
        Scale each factor's returns by its own volatility, or the book's P&L by that of the P&L; for `volatility`.
    last_volatility : {"forecast", "last_day"}
        Scale to the forecast for the day after the sample, or to the last day's (as Hull's spreadsheet).

    Examples
    --------
    >>> HistoricalSpec("age").age_decay
    0.995
    """

    weighting: Weighting = "plain"
    age_decay: float = 0.995
    volatility: VolatilityModel = "ewma"
    volatility_decay: float = 0.94
    scope: Scope = "asset"
    last_volatility: LastVolatility = "forecast"

    def __post_init__(self) -> None:
        choose(self, weighting=Weighting, volatility=VolatilityModel, scope=Scope, last_volatility=LastVolatility)
        for name in ("age_decay", "volatility_decay"):
            object.__setattr__(self, name, number(name, getattr(self, name), above=0, below=1))


@dataclass(frozen=True)
class ParametricSpec:
    """The law of the P&L in the parametric method.

    Attributes
    ----------
    distribution : {"normal", "student_t", "cornish_fisher"}
        Of the linearised book: `student_t` with the spec's degrees of freedom, `cornish_fisher` with the skewness and
        kurtosis of the linearised book's own past P&L.
    quadratic : {"none", "normal", "cornish_fisher", "exact"}
        Above `none` the book is taken to second order (delta-gamma) in normal factor returns, and its figures come from
        its mean and deviation, from its four exact moments, or from its characteristic function.

    Examples
    --------
    >>> ParametricSpec(quadratic="exact").distribution
    'normal'
    """

    distribution: Distribution = "normal"
    quadratic: Quadratic = "none"

    def __post_init__(self) -> None:
        choose(self, distribution=Distribution, quadratic=Quadratic)
        if self.quadratic != "none" and self.distribution != "normal":
            raise InputError("distribution", self.distribution, "normal: the quadratic book is taken in normal returns")


@dataclass(frozen=True)
class SimulationSpec:
    """How the random numbers of a Monte Carlo are drawn.

    Attributes
    ----------
    sampling : {"pseudo", "antithetic", "sobol"}
        Independent paths; each path with its mirror image; or 16 independently scrambled Sobol sequences.
    draws : {"auto", "factors"}
        `auto`: the P&L of a linear book under a normal or Student-t law is drawn as what it is, one number a path,
        exactly the law of the whole matrix. `factors`: always by the paths of the factors.

    Examples
    --------
    >>> SimulationSpec("sobol").draws
    'auto'
    """

    sampling: Sampling = "pseudo"
    draws: Draws = "auto"

    def __post_init__(self) -> None:
        choose(self, sampling=Sampling, draws=Draws)


@dataclass(frozen=True)
class EstimatorSpec:
    """Which empirical estimators turn scenarios into figures; not used by the parametric method.

    Attributes
    ----------
    quantile : str
        Of VaR: `order_statistic` (riskkit's: the k-th largest loss) or one of the nine types of Hyndman and Fan by
        numpy's names; `linear` is numpy's and R's default.
    tail : {"acerbi_tasche", "strictly_worse", "at_or_worse"}
        Of the expected shortfall: exactly n (1 - c) losses; the losses ranked worse than the VaR, as in Hull's book; or
        all losses not below it.
    smoothing : int or None
        Component VaR is the mean over this many order statistics on either side of the VaR's, scaled to sum to it;
        0 takes the one scenario. None: a fifth of the tail's losses, at most 100, where paths are drawn, whose one
        scenario would be chance alone, and 0 for past days.
    coverage : float
        Of the confidence interval for VaR, between 0 and 1.
    density : {"spacing", "normal", "kernel"}
        In the standard error of a historical VaR, sqrt(c (1 - c) / n) / f (Kendall and Stuart): f from the spacing of
        the losses around it, of the normal with their mean and deviation (as Hull), or a Gaussian kernel estimate.

    Examples
    --------
    >>> EstimatorSpec(tail="strictly_worse").quantile
    'order_statistic'
    """

    quantile: Quantile = "order_statistic"
    tail: Tail = "acerbi_tasche"
    smoothing: int | None = None
    coverage: float = 0.95
    density: Density = "spacing"

    def __post_init__(self) -> None:
        choose(self, quantile=Quantile, tail=Tail, density=Density)
        if self.smoothing is not None:
            object.__setattr__(self, "smoothing", whole("smoothing", self.smoothing, at_least=0, at_most=1_000_000))
        object.__setattr__(self, "coverage", number("coverage", self.coverage, above=0, below=1))


def choose(spec: object, **kinds: Any) -> None:
    """Refuse a field that is none of the choices of its type."""
    for name, kind in kinds.items():
        if getattr(spec, name) not in get_args(kind):
            raise InputError(name, getattr(spec, name), f"one of {', '.join(get_args(kind))}")
