"""Degrees of freedom of a Student-t with a given standard deviation: their fit, and the scale they ask for."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from riskkit.measures.arguments import number

FloatArray = NDArray[np.float64]

#: Bounds of a fit: heavier has hardly a variance, lighter is normal for every purpose here.
FIT_BOUNDS = (2.1, 200.0)


def unit_scale(degrees_of_freedom: float) -> float:
    """Scale parameter that gives standard deviation 1: sqrt((nu - 2) / nu); InputError unless nu is above 2.

    Parameters
    ----------
    degrees_of_freedom : float above 2

    Returns
    -------
    float

    Raises
    ------
    InputError

    References
    ----------
    McNeil, Frey and Embrechts, Quantitative Risk Management, example 2.14.

    Examples
    --------
    >>> unit_scale(4.0)
    0.7071067811865476
    """
    nu = number("degrees_of_freedom", degrees_of_freedom, above=2)
    return math.sqrt((nu - 2.0) / nu)


def fit_degrees_of_freedom(changes: FloatArray) -> float:
    """Degrees of freedom by maximum likelihood, the variance held at its sample value.

    Parameters
    ----------
    changes : array (n,)
        Any unit; centred and scaled before the fit.

    Returns
    -------
    float
        Between the bounds of `FIT_BOUNDS`; the upper one (normal) for a constant series.

    References
    ----------
    McNeil, Frey and Embrechts, Quantitative Risk Management, section 2.3.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> 3.5 < fit_degrees_of_freedom(rng.standard_t(4, 20_000)) < 4.5
    True
    """
    centred = np.asarray(changes, np.float64) - np.mean(changes)
    deviation = float(centred.std())
    if len(centred) < 2 or deviation <= 1e-14 * max(float(np.abs(changes).max(initial=0.0)), 1e-300):
        return FIT_BOUNDS[1]
    squares = (centred / deviation) ** 2

    def cost(inverse: float) -> float:
        nu = 1.0 / inverse
        constant = gammaln((nu + 1) / 2) - gammaln(nu / 2) - 0.5 * math.log(math.pi * (nu - 2))
        return float(-(constant - (nu + 1) / 2 * np.log1p(squares / (nu - 2)).mean()))

    return 1.0 / lowest(cost, 1 / FIT_BOUNDS[1], 1 / FIT_BOUNDS[0])


def lowest(cost: Callable[[float], float], low: float, high: float, tolerance: float = 1e-10) -> float:
    """Where a function with one valley is lowest: golden section (scipy.optimize takes longer to import than this).

    Parameters
    ----------
    cost : callable
        Float to float, one valley between the bounds.
    low, high : float
    tolerance : float
        Width of the last bracket.

    Returns
    -------
    float

    References
    ----------
    Kiefer (1953), "Sequential minimax search for a maximum".

    Examples
    --------
    >>> round(lowest(lambda x: (x - 0.3) ** 2, 0.0, 1.0), 6)
    0.3
    """
    ratio = (math.sqrt(5.0) - 1.0) / 2.0
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = cost(left), cost(right)
    while high - low > tolerance:
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = cost(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = cost(right)
    return (low + high) / 2.0
