"""Backtests of expected shortfall on the days its VaR was exceeded: McNeil-Frey, and Acerbi-Szekely's Z1 and Z2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, confidence, paired, sample, whole
from riskkit.measures.outcome import Outcome
from riskkit.measures.student import student_expected_shortfall, student_value_at_risk

#: Numbers held at once by a simulation.
_BLOCK = 2_000_000


@dataclass(frozen=True)
class Forecasts:
    """Losses and what was forecast for them, checked.

    Attributes
    ----------
    losses, value_at_risk, expected_shortfall : array (n,) [currency]
        Oldest first; losses positive; an expected shortfall is above zero and not below its VaR.
    """

    losses: Array
    value_at_risk: Array
    expected_shortfall: Array

    @property
    def exceeded(self) -> Array:
        """1.0 on the days the loss exceeded its VaR."""
        return (self.losses > self.value_at_risk).astype(np.float64)


def forecasts(losses: ArrayLike, value_at_risk: ArrayLike, expected_shortfall: ArrayLike) -> Forecasts:
    """Check losses and forecasts against each other.

    Parameters
    ----------
    losses, value_at_risk, expected_shortfall : array_like (n,) [currency]
        The same days, oldest first.

    Returns
    -------
    Forecasts

    Raises
    ------
    InputError
        On different lengths, values that are not finite, or a shortfall not above zero or below its VaR.

    Examples
    --------
    >>> forecasts([3.0, -1.0], [2.0, 2.0], [2.5, 2.5]).exceeded
    array([1., 0.])
    """
    loss = sample("losses", losses, at_least=1)
    var = paired("value_at_risk", value_at_risk, loss, "losses")
    shortfall = paired("expected_shortfall", expected_shortfall, loss, "losses")
    wrong = np.flatnonzero((shortfall <= 0) | (shortfall < var * (1 - 1e-12)))
    if len(wrong):
        day = int(wrong[0])
        raise InputError(
            "expected_shortfall", float(shortfall[day]), f"above zero and at least the VaR {var[day]:g} (day {day + 1})"
        )
    return Forecasts(loss, var, shortfall)


def mcneil_frey(days: Forecasts, generator: np.random.Generator, n_resamples: int = 10_000) -> Outcome:
    """McNeil and Frey: whether losses beyond VaR exceed the expected shortfall on average (one-sided).

    The excesses (loss - ES) / ES of the days that exceeded their VaR have mean zero if the shortfall is right. The
    p-value of their t statistic is Efron and Tibshirani's bootstrap under that null, which needs no distribution.

    Parameters
    ----------
    days : Forecasts
    generator : numpy.random.Generator
    n_resamples : int

    Returns
    -------
    Outcome
        None and a note with fewer than two exceedances, or where the excesses do not vary.

    Raises
    ------
    InputError

    References
    ----------
    McNeil and Frey (2000), "Estimation of tail-related risk measures", section 2.3.

    Examples
    --------
    >>> losses = np.array([3.0, 3.5, 2.1, 4.0] + [0.0] * 96)
    >>> mcneil_frey(forecasts(losses, np.full(100, 2.0), np.full(100, 3.0)), np.random.default_rng(1)).p_value > 0.05
    True
    """
    n_resamples = whole("n_resamples", n_resamples, at_least=100, at_most=1_000_000)
    beyond = days.losses > days.value_at_risk
    excess = days.losses[beyond] / days.expected_shortfall[beyond] - 1
    x = len(excess)
    if x < 2 or np.ptp(excess) <= 1e-12 * max(1.0, float(np.abs(excess).max())):
        return Outcome(None, None, None, f"Of {x} exceedances, and needs at least two that differ.")
    statistic = float(excess.mean() / excess.std(ddof=1) * np.sqrt(x))
    centred, above, done = excess - excess.mean(), 0, 0
    while done < n_resamples:
        rows = min(n_resamples - done, max(1, _BLOCK // x))
        draws = centred[generator.integers(0, x, (rows, x))]
        spread = draws.std(axis=1, ddof=1)
        # A resample of one value repeated: its t statistic is infinite, with the sign of its mean.
        mean = draws.mean(axis=1)
        alone = np.where(mean > 0, np.inf, np.where(mean < 0, -np.inf, 0.0))
        t = np.where(spread > 0, mean * np.sqrt(x) / np.where(spread > 0, spread, 1.0), alone)
        above += int((t >= statistic).sum())
        done += rows
    return Outcome(statistic, (above + 1) / (n_resamples + 1), None, f"{x} exceedances, {n_resamples} resamples.")


@dataclass(frozen=True)
class AcerbiSzekely:
    """Z1 and Z2: zero in expectation if the shortfall is right, negative where it is too small.

    Attributes
    ----------
    z1 : Outcome
        Of the size of the exceedances, given their number; None without an exceedance.
    z2 : Outcome
        Of their number and size at once.
    """

    z1: Outcome
    z2: Outcome


def acerbi_szekely(
    days: Forecasts,
    confidence_level: float,
    generator: np.random.Generator,
    degrees_of_freedom: float | None = None,
    n_simulations: int = 10_000,
) -> AcerbiSzekely:
    """Acerbi and Szekely's first two tests, with simulated p-values (one-sided: small when the shortfall is too small).

    Z1 = 1 - mean over exceedances of L/ES; Z2 = 1 - sum over exceedances of L/ES / (n (1 - c)). Under the null the
    losses are drawn from a centred normal, or a t, whose VaR is the one forecast: both statistics depend on a centred
    scale family only through standardised losses, so no day's volatility is needed.

    Parameters
    ----------
    days : Forecasts
    confidence_level : float in (0.5, 1)
        Of VaR and shortfall.
    generator : numpy.random.Generator
    degrees_of_freedom : float above 2, or None
        Of the t; None is the normal.
    n_simulations : int

    Returns
    -------
    AcerbiSzekely

    Raises
    ------
    InputError

    References
    ----------
    Acerbi and Szekely (2014), "Back-testing expected shortfall", Risk, December.

    Examples
    --------
    >>> losses = np.random.default_rng(0).standard_normal(250)
    >>> days = forecasts(losses, np.full(250, 1.96), np.full(250, 2.338))
    >>> result = acerbi_szekely(days, 0.975, np.random.default_rng(1), n_simulations=2000)
    >>> result.z2.p_value > 0.05
    True
    """
    level = confidence(confidence_level)
    n_simulations = whole("n_simulations", n_simulations, at_least=100, at_most=1_000_000)
    n, expected = len(days.losses), len(days.losses) * (1 - level)
    ratios = days.losses / days.expected_shortfall * days.exceeded
    z1, z2 = _statistics(ratios[None, :], days.exceeded[None, :], expected)
    var, shortfall = _standard_tail(level, degrees_of_freedom)
    first: list[Array] = []
    second: list[Array] = []
    done = 0
    while done < n_simulations:
        rows = min(n_simulations - done, max(1, _BLOCK // n))
        if degrees_of_freedom is None:
            draws = generator.standard_normal((rows, n))
        else:
            draws = generator.standard_t(degrees_of_freedom, (rows, n)) * np.sqrt(1 - 2 / degrees_of_freedom)
        hits = (draws > var).astype(np.float64)
        one, two = _statistics(draws / shortfall * hits, hits, expected)
        first.append(one[hits.any(axis=1)])
        second.append(two)
        done += rows
    note = f"{n_simulations:,} simulations, {'normal' if degrees_of_freedom is None else f't({degrees_of_freedom:g})'}."
    simulated = np.concatenate(first)
    if not days.exceeded.any() or not len(simulated):
        one_outcome = Outcome(None, None, None, f"No exceedance in {n} days: Z1 is of exceedances only.")
    else:
        one_outcome = Outcome(float(z1[0]), _lower_tail(simulated, float(z1[0])), None, note)
    return AcerbiSzekely(
        one_outcome, Outcome(float(z2[0]), _lower_tail(np.concatenate(second), float(z2[0])), None, note)
    )


def _statistics(ratios: Array, hits: Array, expected: float) -> tuple[Array, Array]:
    """Z1 and Z2 of each row; Z1 is 1 where a row has no hit (and is not used)."""
    total = ratios.sum(axis=1)
    return 1 - total / np.maximum(hits.sum(axis=1), 1), 1 - total / expected


def _lower_tail(simulated: Array, seen: float) -> float:
    return float(((simulated <= seen).sum() + 1) / (len(simulated) + 1))


def _standard_tail(level: float, degrees_of_freedom: float | None) -> tuple[float, float]:
    """VaR and expected shortfall of the standardised loss."""
    if degrees_of_freedom is not None:
        return (
            student_value_at_risk(0.0, 1.0, degrees_of_freedom, level),
            student_expected_shortfall(0.0, 1.0, degrees_of_freedom, level),
        )
    quantile = float(special.ndtri(level))
    return quantile, float(np.exp(-(quantile**2) / 2) / np.sqrt(2 * np.pi) / (1 - level))
