"""VaR and expected shortfall of a Student-t P&L, in closed form; positive for a loss."""

from __future__ import annotations

import math

from scipy import special

from riskkit.measures.arguments import confidence, number
from riskkit.measures.degrees_of_freedom import unit_scale


def student_value_at_risk(
    mean: float, standard_deviation: float, degrees_of_freedom: float, confidence_level: float
) -> float:
    """VaR of a P&L that is a t scaled to a standard deviation, positive for a loss.

    VaR = -mean + standard_deviation * sqrt((nu - 2) / nu) * t_nu(c).

    Parameters
    ----------
    mean, standard_deviation : float [currency or return]
        Of the P&L, gain positive.
    degrees_of_freedom : float above 2
        A t with 2 or fewer has no standard deviation.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    float, in the unit of the moments

    Raises
    ------
    InputError

    References
    ----------
    McNeil, Frey and Embrechts, Quantitative Risk Management, example 2.14.

    Examples
    --------
    >>> round(student_value_at_risk(0.0, 10_000 * 0.2 / 250**0.5, 4, 0.99), 1)
    335.1
    """
    mean, scale = _checked(mean, standard_deviation, degrees_of_freedom)
    return -mean + scale * float(special.stdtrit(degrees_of_freedom, confidence(confidence_level)))


def student_expected_shortfall(
    mean: float, standard_deviation: float, degrees_of_freedom: float, confidence_level: float
) -> float:
    """Expected shortfall of a P&L that is a t scaled to a standard deviation, positive for a loss.

    ES = -mean + scale * g(q) / (1 - c) * (nu + q²) / (nu - 1), with q the t quantile at c, g the t density and scale
    as for the VaR.

    Parameters
    ----------
    mean, standard_deviation : float [currency or return]
        Of the P&L, gain positive.
    degrees_of_freedom : float above 2
    confidence_level : float in (0.5, 1)

    Returns
    -------
    float, in the unit of the moments

    Raises
    ------
    InputError

    References
    ----------
    McNeil, Frey and Embrechts, Quantitative Risk Management, example 2.15.

    Examples
    --------
    >>> round(student_expected_shortfall(0.0, 10_000 * 0.2 / 250**0.5, 4, 0.99), 1)
    466.9
    """
    mean, scale = _checked(mean, standard_deviation, degrees_of_freedom)
    nu, level = degrees_of_freedom, confidence(confidence_level)
    quantile = float(special.stdtrit(nu, level))
    log_density = (
        float(special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2))
        - math.log(nu * math.pi) / 2
        - (nu + 1) / 2 * math.log1p(quantile**2 / nu)
    )
    return -mean + scale * math.exp(log_density) / (1 - level) * (nu + quantile**2) / (nu - 1)


def _checked(mean: float, standard_deviation: float, degrees_of_freedom: float) -> tuple[float, float]:
    deviation = number("standard_deviation", standard_deviation, above=-math.ulp(0.0))
    nu = number("degrees_of_freedom", degrees_of_freedom, above=2, below=1e8)
    return number("mean", mean), deviation * unit_scale(nu)
