"""Euler shares of a Cornish-Fisher VaR and expected shortfall: by the shares of the four moments."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from riskkit.measures.arguments import VANISHING, confidence, sample, table
from riskkit.measures.contributions import Components
from riskkit.measures.cornish_fisher import Moments, moments

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MomentShares:
    """Derivatives of a book's moments by the size of each position, times that size; arrays (P,).

    Attributes
    ----------
    mean, standard_deviation : array (P,) [currency]
        Sum to the book's.
    skewness, excess_kurtosis : array (P,)
        Sum to zero: the size of a book changes neither.
    """

    mean: FloatArray
    standard_deviation: FloatArray
    skewness: FloatArray
    excess_kurtosis: FloatArray


def from_cumulants(shares: tuple[FloatArray, FloatArray, FloatArray, FloatArray]) -> MomentShares:
    """From each position's joint cumulants with the book: cum(i), cum(i, book), cum(i, book, book), and so on.

    They sum to the book's cumulants. A cumulant of order r changes by r times its share.

    Parameters
    ----------
    shares : four arrays (P,)
        [currency] to the power of the order.

    Returns
    -------
    MomentShares
        Zeros but for the mean where the book does not vary.

    References
    ----------
    Boudt, Peterson and Croux (2008), appendix.

    Examples
    --------
    >>> one, none = np.array([1.0, 3.0]), np.zeros(2)
    >>> from_cumulants((none, one, none, none)).standard_deviation.tolist()
    [0.5, 1.5]
    """
    second, third, fourth = (float(share.sum()) for share in shares[1:])
    if second <= VANISHING**2:
        zero = np.zeros_like(shares[0])
        return MomentShares(shares[0], zero, zero, zero)
    deviation = math.sqrt(second)
    return MomentShares(
        shares[0],
        shares[1] / deviation,
        3 * (shares[2] - third / second * shares[1]) / deviation**3,
        4 * (shares[3] - fourth / second * shares[1]) / second**2,
    )


def cornish_fisher_shares(
    shares: MomentShares, skewness: float, excess_kurtosis: float, confidence_level: float
) -> Components:
    """Euler shares of the figures of `cornish_fisher`; each sums to its total.

    Parameters
    ----------
    shares : MomentShares
    skewness, excess_kurtosis : float
        Of the book's P&L.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    Components [currency]

    Raises
    ------
    InputError
        A level out of range.

    References
    ----------
    Boudt, Peterson and Croux (2008), "Estimation and decomposition of downside risk for portfolios with non-normal
    returns", Journal of Risk 11(2).

    Examples
    --------
    >>> one = MomentShares(np.zeros(2), np.array([1.0, 3.0]), np.zeros(2), np.zeros(2))
    >>> cornish_fisher_shares(one, 0.0, 0.0, 0.99).var.round(4).tolist()
    [2.3263, 6.979]
    """
    level = confidence(confidence_level)
    z, s, k = -float(special.ndtri(level)), skewness, excess_kurtosis
    height = math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) / (1 - level)
    quantile = z + (z**2 - 1) * s / 6 + (z**3 - 3 * z) * k / 24 - (2 * z**3 - 5 * z) * s**2 / 36
    tail = -height * (1 + z * s / 6 + (z**2 - 1) * k / 24 - (2 * z**2 - 1) * s**2 / 36)
    by_s = (z**2 - 1) / 6 - (2 * z**3 - 5 * z) * s / 18, -height * (z / 6 - (2 * z**2 - 1) * s / 18)
    by_k = (z**3 - 3 * z) / 24, -height * (z**2 - 1) / 24
    deviation = float(shares.standard_deviation.sum())
    var, shortfall = (
        -shares.mean
        - figure * shares.standard_deviation
        - deviation * (slope_s * shares.skewness + slope_k * shares.excess_kurtosis)
        for figure, slope_s, slope_k in zip((quantile, tail), by_s, by_k, strict=True)
    )
    return Components(var + 0.0, shortfall + 0.0)


@dataclass(frozen=True, eq=False)
class Expansion:
    """Sample moments of a book's P&L and the shares of its Cornish-Fisher figures."""

    moments: Moments
    components: Components


def expansion_shares(parts: FloatArray, deviation_shares: FloatArray, confidence_level: float) -> Expansion:
    """Shares of a Cornish-Fisher VaR whose deviation comes from a covariance, its shape from a sample.

    Parameters
    ----------
    parts : array (T, P) [currency], gain positive
        P&L of each position; their sum's skewness and kurtosis are used (population moments).
    deviation_shares : array (P,) [currency]
        Euler shares of the standard deviation.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    Expansion

    Raises
    ------
    InputError
        Parts that are not finite, or shares for another number of positions.

    References
    ----------
    Boudt, Peterson and Croux (2008).

    Examples
    --------
    >>> parts = np.array([[-3.0, 0.0], [1.0, 1.0], [1.0, 0.0], [1.0, -1.0]])
    >>> round(float(expansion_shares(parts, np.array([1.5, 0.5]), 0.99).components.var.sum()), 4)
    4.8403
    """
    pnl = table("parts", parts)
    sd = sample("deviation_shares", deviation_shares)
    found = moments(pnl.sum(axis=1))
    zero = np.zeros(pnl.shape[1])
    if found.standard_deviation == 0:
        shares = MomentShares(zero, sd, zero, zero)
    else:
        own = pnl - pnl.mean(axis=0)
        book = own.sum(axis=1)
        joint = [own.T @ book ** (order - 1) / len(book) for order in (2, 3, 4)]
        second, third, fourth = (float(share.sum()) for share in joint)
        skewness = 3 * (joint[1] - third / second * joint[0]) / second**1.5
        kurtosis = 4 * (joint[2] - fourth / second * joint[0]) / second**2
        shares = MomentShares(zero, sd, skewness, kurtosis)
    return Expansion(found, cornish_fisher_shares(shares, found.skewness, found.excess_kurtosis, confidence_level))
