"""Value at risk and expected shortfall of a normal loss with mean zero."""

from __future__ import annotations

import math

from scipy.special import ndtri

from riskkit.errors import InputError
from riskkit.measures.arguments import confidence


def value_at_risk(standard_deviation: float, confidence_level: float) -> float:
    """Normal VaR, a loss positive: z_c times the standard deviation.

    Parameters
    ----------
    standard_deviation : float
        [money], zero or above; the mean is zero.
    confidence_level : float

    Returns
    -------
    float
        In the unit of the standard deviation.

    Raises
    ------
    InputError
        A negative or non-finite deviation, a level out of range.

    References
    ----------
    Hull, Risk Management and Financial Institutions, chapter on the model-building approach.

    Examples
    --------
    >>> round(value_at_risk(93.604663, 0.99), 3)
    217.757
    """
    confidence(confidence_level)
    _check_deviation(standard_deviation)
    return float(standard_deviation * ndtri(confidence_level))


def expected_shortfall(standard_deviation: float, confidence_level: float) -> float:
    """Normal expected shortfall, a loss positive: phi(z_c) / (1 - c) times the standard deviation.

    Parameters
    ----------
    standard_deviation : float
        [money], zero or above; the mean is zero.
    confidence_level : float

    Returns
    -------
    float
        In the unit of the standard deviation; never below the VaR.

    Raises
    ------
    InputError
        As `value_at_risk`.

    References
    ----------
    McNeil, Frey, Embrechts, Quantitative Risk Management, example 2.14.

    Examples
    --------
    >>> round(expected_shortfall(1.0, 0.99), 6)
    2.665214
    """
    confidence(confidence_level)
    _check_deviation(standard_deviation)
    density = math.exp(-0.5 * float(ndtri(confidence_level)) ** 2) / math.sqrt(2.0 * math.pi)
    return standard_deviation * density / (1.0 - confidence_level)


def _check_deviation(standard_deviation: float) -> None:
    if not math.isfinite(standard_deviation) or standard_deviation < 0:
        raise InputError("standard_deviation", standard_deviation, "a finite number, zero or above")
