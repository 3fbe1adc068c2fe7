"""VaR and expected shortfall from four moments, by the Cornish-Fisher expansion, with its domain of soundness."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from numpy.typing import ArrayLike
from scipy import special

from riskkit.errors import InputError
from riskkit.measures.arguments import confidence, constant, number, sample

Order = Literal[3, 4]


@dataclass(frozen=True)
class CornishFisher:
    """What the expansion gives.

    Attributes
    ----------
    value_at_risk, expected_shortfall : float
        In the unit of the moments, positive for a loss.
    sound : bool
        Whether the expansion is increasing over the six deviations on either side that hold all but 2e-9 of the
        probability, so that it is a quantile function there.
    warning : str
        Empty when sound; otherwise a sentence to show beside the figure.
    """

    value_at_risk: float
    expected_shortfall: float
    sound: bool
    warning: str


def cornish_fisher(
    mean: float,
    standard_deviation: float,
    skewness: float,
    excess_kurtosis: float,
    confidence_level: float,
    *,
    order: Order = 4,
) -> CornishFisher:
    """VaR and expected shortfall of a P&L with these moments; both positive for a loss.

    With z the normal quantile at 1 - c, the P&L quantile is mean + standard_deviation * w(z), where
    w = z + (z² - 1) s/6 + (z³ - 3z) k/24 - (2z³ - 5z) s²/36; order 3 keeps the first two terms, as Hull does. The
    expected shortfall is the closed-form mean of w over the tail. Outside its domain w is not monotone and the figures
    are not those of any distribution: `sound` says so, and `warning` is then to be shown.

    Parameters
    ----------
    mean, standard_deviation : float [currency or return]
        Of the P&L, gain positive.
    skewness, excess_kurtosis : float
        Of the P&L: a long left tail has a skewness below zero; a normal has both at 0.
    confidence_level : float in (0.5, 1)
    order : {3, 4}

    Returns
    -------
    CornishFisher

    Raises
    ------
    InputError

    References
    ----------
    Hull, "Cornish-Fisher expansion to estimate VaR". Maillard (2012), "A user's guide to the Cornish Fisher
    expansion" (domain). Boudt, Peterson and Croux (2008), "Estimation and decomposition of downside risk" (shortfall).

    Examples
    --------
    >>> result = cornish_fisher(-0.2, 2.2, -0.4, 0.0, 0.990097, order=3)
    >>> round(result.value_at_risk, 4), result.sound
    (5.9756, True)
    >>> cornish_fisher(0.0, 1.0, -2.0, 3.0, 0.99).sound
    False
    """
    mean, skewness = number("mean", mean), number("skewness", skewness)
    deviation = number("standard_deviation", standard_deviation, above=-math.ulp(0.0))
    kurtosis = number("excess_kurtosis", excess_kurtosis)
    if order not in (3, 4):
        raise InputError("order", order, "3 or 4")
    if kurtosis < skewness**2 - 2 - 1e-9 and order == 4:
        raise InputError("excess_kurtosis", excess_kurtosis, f"at least skewness² - 2 = {skewness**2 - 2:.3g}")
    tail = 1 - confidence(confidence_level)
    z = -float(special.ndtri(confidence_level))
    a, b, c = (skewness / 6, kurtosis / 24, skewness**2 / 36) if order == 4 else (skewness / 6, 0.0, 0.0)
    quantile = z + a * (z**2 - 1) + b * (z**3 - 3 * z) - c * (2 * z**3 - 5 * z)
    height = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
    tail_mean = -height / tail * (1 + a * z + b * (z**2 - 1) - c * (2 * z**2 - 1))
    sound = _increasing(a, b, c)
    warning = "" if sound else (
        f"Cornish-Fisher is unsound at skewness {skewness:.3g} and excess kurtosis {kurtosis:.3g}: "
        "its quantiles are not monotone, so the figure is indicative only."
    )  # fmt: skip
    return CornishFisher(-mean - deviation * quantile, -mean - deviation * tail_mean, sound, warning)


def _increasing(a: float, b: float, c: float) -> bool:
    """Whether w'(z) = 1 - 3b + 5c + 2a z + (3b - 6c) z² is above zero for every |z| up to 6."""
    square, line, constant = 3 * b - 6 * c, 2 * a, 1 - 3 * b + 5 * c
    places = [-6.0, 6.0]
    if square > 0:
        places.append(min(max(-line / (2 * square), -6.0), 6.0))  # the lowest point of the parabola
    return min(constant + line * z + square * z**2 for z in places) > 0


@dataclass(frozen=True)
class Moments:
    """First four moments of a sample: mean, deviation (1/n), skewness, excess kurtosis; the last two 0 if constant."""

    mean: float
    standard_deviation: float
    skewness: float
    excess_kurtosis: float


def moments(pnl: ArrayLike) -> Moments:
    """The moments that `cornish_fisher` takes, of a P&L sample, by the population convention (1/n).

    Parameters
    ----------
    pnl : array_like (n,) [currency], gain positive

    Returns
    -------
    Moments

    Raises
    ------
    InputError

    References
    ----------
    Cramér (1946), Mathematical Methods of Statistics, chapter 27.

    Examples
    --------
    >>> moments([1.0, 2.0, 3.0]).skewness
    0.0
    """
    values = sample("pnl", pnl)
    mean = float(values.mean())
    if constant(values):
        return Moments(mean, 0.0, 0.0, 0.0)
    deviation = float(values.std())
    standard = (values - mean) / deviation
    return Moments(mean, deviation, float((standard**3).mean()), float((standard**4).mean()) - 3)
