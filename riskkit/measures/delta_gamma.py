"""VaR and expected shortfall of a delta-gamma P&L: by deviation, by four moments, or exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from riskkit.errors import InputError
from riskkit.measures.arguments import VANISHING, confidence, covariance_matrix, number, sample, table
from riskkit.measures.cornish_fisher import cornish_fisher
from riskkit.measures.covariance import square_root
from riskkit.measures.quadratic import Quadratic, lower_tail

Method = Literal["exact", "cornish_fisher", "normal"]


@dataclass(frozen=True)
class DeltaGamma:
    """Risk of a quadratic P&L.

    Attributes
    ----------
    value_at_risk, expected_shortfall : float [currency]
    mean, standard_deviation : float [currency]
        Of the P&L, gain positive.
    skewness, excess_kurtosis : float
        0 for a P&L that does not vary.
    warning : str
        Empty, or a sentence to show beside the figures: the approximation is not sound here.
    """

    value_at_risk: float
    expected_shortfall: float
    mean: float
    standard_deviation: float
    skewness: float
    excess_kurtosis: float
    warning: str


def delta_gamma_form(delta: ArrayLike, gamma: ArrayLike, covariance: ArrayLike, theta: float = 0.0) -> Quadratic:
    """The P&L theta + delta'x + x'gamma x / 2, x normal with this covariance, as a form in independent normals.

    Parameters
    ----------
    delta : array_like (F,) [currency per unit of factor change]
    gamma : array_like (F, F) [currency per squared unit]
        Symmetric, or made so.
    covariance : array_like (F, F)
        Of the factors' changes over the horizon; may be singular.
    theta : float [currency]
        P&L without a move.

    Returns
    -------
    Quadratic

    Raises
    ------
    InputError

    References
    ----------
    Hull, Options, Futures, and Other Derivatives, "Quadratic model".

    Examples
    --------
    >>> delta_gamma_form([3.0], [[2.0]], [[4.0]]).curves.tolist()
    [4.0]
    """
    slopes = sample("delta", delta)
    curvature, matrix = table("gamma", gamma), covariance_matrix(covariance)
    if curvature.shape != matrix.shape or len(slopes) != len(matrix):
        raise InputError(
            "gamma", curvature.shape, f"a matrix for the {len(slopes)} deltas, as the covariance {matrix.shape}"
        )
    root, _ = square_root(matrix)
    curves, turn = np.linalg.eigh(root.T @ (curvature + curvature.T) @ root / 4)
    return Quadratic(number("theta", theta), turn.T @ (root.T @ slopes), curves)


def delta_gamma_risk(
    delta: ArrayLike,
    gamma: ArrayLike,
    covariance: ArrayLike,
    confidence_level: float,
    method: Method = "exact",
    theta: float = 0.0,
) -> DeltaGamma:
    """VaR and expected shortfall of a delta-gamma P&L; both positive for a loss.

    `exact` inverts the characteristic function of the quadratic form: exact for the delta-gamma P&L, which is itself
    an approximation of the revalued one. `cornish_fisher` uses its four exact moments and warns outside its domain.
    `normal` keeps mean and deviation only, and warns where skewness or kurtosis is large.

    Parameters
    ----------
    delta : array_like (F,) [currency per unit of factor change]
    gamma : array_like (F, F) [currency per squared unit]
    covariance : array_like (F, F)
        Of the factors' changes over the horizon; may be singular.
    confidence_level : float in (0.5, 1)
    method : {"exact", "cornish_fisher", "normal"}
    theta : float [currency]
        P&L without a move.

    Returns
    -------
    DeltaGamma

    Raises
    ------
    InputError

    References
    ----------
    Rouvinez (1997), "Going Greek with VaR", Risk 10(2); Imhof (1961); Hull, "Quadratic model".

    Examples
    --------
    >>> short_gamma = delta_gamma_risk([0.0], [[-2.0]], [[1.0]], 0.99)
    >>> round(short_gamma.value_at_risk, 4), round(float(special.ndtri(0.995)) ** 2, 4)
    (6.6349, 6.6349)
    """
    level = confidence(confidence_level)
    if method not in get_args(Method):
        raise InputError("method", method, f"one of {', '.join(get_args(Method))}")
    form = delta_gamma_form(delta, gamma, covariance, theta)
    mean, deviation = form.cumulant(1), form.standard_deviation
    varies = deviation > max(1e-14 * abs(mean), VANISHING)
    skewness = form.cumulant(3) / deviation**3 if varies else 0.0
    kurtosis = form.cumulant(4) / deviation**4 if varies else 0.0
    warning = ""
    if method == "exact":
        quantile, tail_mean = lower_tail(form, 1 - level)
        var, shortfall = -quantile, -tail_mean
    elif method == "cornish_fisher":
        expansion = cornish_fisher(mean, deviation, skewness, kurtosis, level)
        var, shortfall, warning = expansion.value_at_risk, expansion.expected_shortfall, expansion.warning
    else:
        z = float(special.ndtri(level))
        var = -mean + deviation * z
        shortfall = -mean + deviation * math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) / (1 - level)
        if abs(skewness) > 0.5 or kurtosis > 1:
            warning = f"The P&L is not near normal (skewness {skewness:.2g}, excess kurtosis {kurtosis:.2g})."
    return DeltaGamma(var, shortfall, mean, deviation, skewness, kurtosis, warning)
