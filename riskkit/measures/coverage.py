"""Does a VaR cover as often as it says? Tests of the number and the clustering of exceptions.

An exception is a day whose loss exceeded its VaR. Expected is a share 1 - c of days, independent of each other.
Every likelihood ratio takes 0 log 0 as 0, so an empty cell gives a number, not NaN.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import numpy as np
from scipy.special import bdtr, bdtrc, chdtrc, ndtr, xlogy

from riskkit.errors import InputError
from riskkit.measures.arguments import confidence, whole
from riskkit.measures.outcome import Outcome

Zone = Literal["green", "yellow", "red"]

#: Cumulative probabilities at which the yellow and the red zone begin (MAR99).
ZONE_STARTS = (0.95, 0.9999)
#: Capital multiplier by number of exceptions in 250 days at 99 %, the last for ten and more (MAR99.68).
MULTIPLIERS = (1.5, 1.5, 1.5, 1.5, 1.5, 1.70, 1.76, 1.83, 1.88, 1.92, 2.0)
_MOST_DAYS = 1_000_000


@dataclass(frozen=True)
class TrafficLight:
    """Where a number of exceptions falls.

    Attributes
    ----------
    zone : {"green", "yellow", "red"}
    cumulative_probability : float
        Of this many exceptions or fewer, if the VaR is right.
    type_one_error : float
        Of this many or more: how often a right model would look at least this bad.
    multiplier : float or None
        Capital multiplier; None but for 250 days at 99 %.
    """

    zone: Zone
    cumulative_probability: float
    type_one_error: float
    multiplier: float | None


def exception_probability(exceptions: int, days: int, confidence_level: float) -> float:
    """Probability of exactly so many exceptions if the VaR is right (binomial).

    Parameters
    ----------
    exceptions, days : int
    confidence_level : float in (0.5, 1)
        Of the VaR.

    Returns
    -------
    float

    Raises
    ------
    InputError
        More exceptions than days, counts below zero, a level out of range.

    References
    ----------
    Basel Committee (1996), Supervisory framework for backtesting, table 1.

    Examples
    --------
    >>> round(100 * exception_probability(2, 250, 0.99), 4)
    25.7417
    """
    p = _checked(exceptions, days, confidence_level)
    return float(math.comb(days, exceptions) * Fraction(p) ** exceptions * (1 - Fraction(p)) ** (days - exceptions))


def zone_starts(days: int, confidence_level: float) -> tuple[int, int]:
    """Smallest numbers of exceptions in the yellow and in the red zone, for any number of days and level.

    A zone begins at the smallest k with a cumulative probability of at least 95 % (yellow) or 99.99 % (red).

    Parameters
    ----------
    days : int
    confidence_level : float in (0.5, 1)

    Returns
    -------
    yellow, red : int
        Fewest exceptions of each zone.

    Raises
    ------
    InputError

    References
    ----------
    Basel Committee, MAR99 (traffic light), generalised.

    Examples
    --------
    >>> zone_starts(250, 0.99), zone_starts(500, 0.99)
    ((5, 10), (9, 15))
    """
    p = _checked(0, days, confidence_level)
    cumulative = bdtr(np.arange(days + 1, dtype=np.float64), days, p)
    yellow, red = (int(np.argmax(cumulative >= start)) for start in ZONE_STARTS)
    return yellow, red


def traffic_light(exceptions: int, days: int, confidence_level: float) -> TrafficLight:
    """Basel's traffic light.

    Parameters
    ----------
    exceptions, days : int
    confidence_level : float
        Of the VaR.

    Returns
    -------
    TrafficLight

    Raises
    ------
    InputError
        More exceptions than days, counts below zero, a level out of range.

    References
    ----------
    Basel Committee, MAR99.

    Examples
    --------
    >>> light = traffic_light(5, 250, 0.99)
    >>> light.zone, light.multiplier
    ('yellow', 1.7)
    """
    p = _checked(exceptions, days, confidence_level)
    yellow, red = zone_starts(days, confidence_level)
    zone: Zone = "red" if exceptions >= red else "yellow" if exceptions >= yellow else "green"
    standard = (days, confidence_level) == (250, 0.99)
    return TrafficLight(
        zone,
        float(bdtr(float(exceptions), days, p)),
        float(bdtrc(float(exceptions - 1), days, p)) if exceptions else 1.0,
        MULTIPLIERS[min(exceptions, 10)] if standard else None,
    )


def binomial_z(exceptions: int, days: int, confidence_level: float) -> Outcome:
    """Normal approximation of the binomial test; two-sided p-value.

    Parameters
    ----------
    exceptions, days : int
    confidence_level : float in (0.5, 1)
        Of the VaR.

    Returns
    -------
    Outcome
        The statistic is above zero for too many exceptions.

    Raises
    ------
    InputError
        More exceptions than days, counts below zero, a level out of range.

    References
    ----------
    Jorion, Value at Risk, section "Model verification based on failure rates".

    Examples
    --------
    >>> round(binomial_z(57, 1043, 0.95).statistic, 5)
    0.68905
    """
    p = _checked(exceptions, days, confidence_level)
    z = (exceptions - days * p) / math.sqrt(days * p * (1 - p))
    return Outcome(z, float(2.0 * ndtr(-abs(z))))


def kupiec_pof(exceptions: int, days: int, confidence_level: float) -> Outcome:
    """Kupiec's proportion of failures: likelihood ratio, chi-square with 1 degree of freedom.

    Parameters
    ----------
    exceptions, days : int
    confidence_level : float in (0.5, 1)
        Of the VaR.

    Returns
    -------
    Outcome

    Raises
    ------
    InputError
        More exceptions than days, counts below zero, a level out of range.

    References
    ----------
    Kupiec (1995), Techniques for verifying the accuracy of risk measurement models, J. Derivatives 3.

    Examples
    --------
    >>> test = kupiec_pof(57, 1043, 0.95)
    >>> round(test.statistic, 5), round(test.p_value, 5)
    (0.46147, 0.49694)
    """
    return Outcome.of_chi_square(_pof_ratio(exceptions, days, confidence_level), 1)


def kupiec_region(days: int, confidence_level: float, test_level: float = 0.05) -> tuple[int, int]:
    """Fewest and most exceptions that Kupiec's test does not reject at a test level.

    No exception at all can be too few: in 255 days at 99 % its likelihood ratio is 5.13, above 3.84.

    Parameters
    ----------
    days : int
    confidence_level : float in (0.5, 1)
    test_level : float in (0, 1)

    Returns
    -------
    fewest, most : int

    Raises
    ------
    InputError

    References
    ----------
    Kupiec (1995), table 3.

    Examples
    --------
    >>> kupiec_region(510, 0.99)
    (2, 10)
    """
    _checked(0, days, confidence_level)
    if not 0 < test_level < 1:
        raise InputError("test_level", test_level, "a fraction between 0 and 1")
    ratios = [_pof_ratio(x, days, confidence_level) for x in range(days + 1)]
    kept = [x for x, ratio in enumerate(ratios) if chdtrc(1, ratio) >= test_level]
    return kept[0], kept[-1]


def _pof_ratio(exceptions: int, days: int, confidence_level: float) -> float:
    p = _checked(exceptions, days, confidence_level)
    observed = _log_likelihood(exceptions, days, exceptions / days)
    return max(2.0 * (observed - _log_likelihood(exceptions, days, p)), 0.0)


def _log_likelihood(hits: int, days: int, p: float) -> float:
    return float(xlogy(hits, p) + xlogy(days - hits, 1.0 - p))


def _checked(exceptions: int, days: int, confidence_level: float) -> float:
    """Probability of an exception, after the arguments have been found to make sense."""
    whole("days", days, at_least=1, at_most=_MOST_DAYS)
    whole("exceptions", exceptions, at_least=0, at_most=days)
    return float(1 - Fraction(str(confidence(confidence_level))))
