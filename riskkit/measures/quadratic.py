"""The exact distribution of a quadratic form in normals: distribution function and partial expectation.

X = constant + sum_j (slope_j z_j + curve_j z_j²), z independent standard normals: what a delta-gamma P&L is after a
rotation. With one curved direction and nothing else the law has a closed form; otherwise the characteristic function
is inverted numerically (Imhof's integral, by Davies' trapezoid).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from riskkit.errors import InputError
from riskkit.measures.arguments import VANISHING, Array

ComplexArray = NDArray[np.complex128]

#: Width, in standard deviations, that the inversion keeps from wrapping round: beyond it is less than 1e-12 of
#: probability whatever the form (the tail of one squared normal falls by exp(-x / 1.41 deviations / 2)).
_WIDTH = 90.0
_MOST_TERMS = 1 << 14
_ENOUGH = 1e-13


@dataclass(frozen=True, eq=False)
class Quadratic:
    """A quadratic form in independent standard normals.

    Attributes
    ----------
    constant : float
    slopes, curves : array (K,)
        Of z_j and of z_j².
    """

    constant: float
    slopes: Array
    curves: Array

    def cumulant(self, order: int) -> float:
        """Cumulant of an order from 1."""
        squares, factorial = self.slopes**2, math.factorial(order - 1)
        total = 2.0 ** (order - 1) * factorial * float((self.curves**order).sum())
        if order == 1:
            return self.constant + total
        return total + 2.0 ** (order - 3) * factorial * order * float((squares * self.curves ** (order - 2)).sum())

    @property
    def standard_deviation(self) -> float:
        """Square root of the second cumulant."""
        return math.sqrt(self.cumulant(2))


def lower_tail(form: Quadratic, probability: float) -> tuple[float, float]:
    """Quantile of a quadratic form at a small probability, and its mean below that.

    Parameters
    ----------
    form : Quadratic
        Of a P&L [currency].
    probability : float in (0, 0.5)

    Returns
    -------
    quantile, tail_mean : float [currency]

    Raises
    ------
    InputError
        Where no quantile is found: the inversion does not bracket it.

    References
    ----------
    Imhof (1961), "Computing the distribution of quadratic forms in normal variables"; Davies (1973, 1980).

    Examples
    --------
    >>> quantile, mean = lower_tail(Quadratic(0.0, np.array([3.0, 4.0]), np.zeros(2)), 0.01)
    >>> round(quantile, 4), round(mean, 4)
    (-11.6317, -13.3261)
    """
    deviation = form.standard_deviation
    if deviation <= max(1e-14 * abs(form.constant), VANISHING):
        return form.constant, form.constant
    scaled = Quadratic((form.constant - form.cumulant(1)) / deviation, form.slopes / deviation, form.curves / deviation)
    significant = (np.abs(scaled.curves) > 1e-13) | (np.abs(scaled.slopes) > 1e-13)
    slopes, curves = scaled.slopes[significant], scaled.curves[significant]
    law = _Single(scaled.constant, float(slopes[0]), float(curves[0])) if len(slopes) == 1 else _Inverted(
        Quadratic(scaled.constant, slopes, curves)
    )  # fmt: skip
    try:
        quantile = optimize.brentq(lambda x: law.below(x)[0] - probability, -_WIDTH / 2, _WIDTH / 8, xtol=1e-12)
    except ValueError as error:
        raise InputError(
            "confidence_level", 1 - probability, "a level at which the inversion has a quantile"
        ) from error
    mass, partial = law.below(quantile)
    # The mean of exactly `probability` of mass, whatever the root's last digits.
    mean = (partial - (mass - probability) * quantile) / probability
    centre = form.cumulant(1)
    return centre + deviation * quantile, centre + deviation * mean


@dataclass(frozen=True)
class _Single:
    """One normal: constant + slope z + curve z², in closed form."""

    constant: float
    slope: float
    curve: float

    def below(self, x: float) -> tuple[float, float]:
        """P(X <= x) and E[X; X <= x]."""
        if abs(self.curve) < 1e-13:
            z = (x - self.constant) / abs(self.slope)
            return float(special.ndtr(z)), self.constant * float(special.ndtr(z)) - abs(self.slope) * _density(z)
        square = self.slope**2 - 4 * self.curve * (self.constant - x)
        if square <= 0:
            return (0.0, 0.0) if self.curve > 0 else (1.0, self.constant + self.curve)
        low, high = sorted((-self.slope + sign * math.sqrt(square)) / (2 * self.curve) for sign in (-1, 1))
        inside, mean = self._between(low, high)
        return (inside, mean) if self.curve > 0 else (1 - inside, self.constant + self.curve - mean)

    def _between(self, low: float, high: float) -> tuple[float, float]:
        mass = (
            float(special.ndtr(high) - special.ndtr(low))
            if low < 0
            else float(special.ndtr(-low) - special.ndtr(-high))
        )
        edge = high * _density(high) - low * _density(low)
        mean = (self.constant + self.curve) * mass - self.curve * edge
        return mass, mean - self.slope * (_density(high) - _density(low))


class _Inverted:
    """Several normals: the characteristic function on a grid, summed for any x."""

    def __init__(self, form: Quadratic) -> None:
        step = 2 * math.pi / _WIDTH
        blocks: list[tuple[Array, ComplexArray, ComplexArray]] = []
        start, block = 0, 1024
        while start < _MOST_TERMS:
            t: Array = (np.arange(start, start + block, dtype=np.float64) + 0.5) * step
            log, slope = _log_characteristic(form, t)
            value: ComplexArray = np.exp(log)
            blocks.append((t, value / t, value * slope / t))
            if abs(value[-1]) / t[-1] < _ENOUGH:
                break
            start, block = start + block, min(block * 2, 16384)
        self._step = step
        self._t, self._mass, self._mean = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
        self._expectation = form.cumulant(1)

    def below(self, x: float) -> tuple[float, float]:
        """P(X <= x) and E[X; X <= x]."""
        turn = np.exp(-1j * self._t * x)
        mass = 0.5 - self._step / math.pi * _total(self._mass * turn).imag
        partial = self._expectation / 2 - self._step / math.pi * (-1j * _total(self._mean * turn)).imag
        return mass, partial


def _total(terms: ComplexArray) -> complex:
    """Sum of a slowly decaying, turning series: what is cut off continues the last two terms geometrically."""
    total, last, before = complex(terms.sum()), complex(terms[-1]), complex(terms[-2])
    if abs(last) < _ENOUGH or abs(last) >= abs(before) or abs(before - last) < 1e-3 * abs(before):
        return total
    return total + last * last / (before - last)


def _log_characteristic(form: Quadratic, t: Array) -> tuple[ComplexArray, ComplexArray]:
    """Logarithm of E[exp(itX)] and its derivative by t, at each t; both complex."""
    log: ComplexArray = 1j * form.constant * t.astype(np.complex128)
    slope: ComplexArray = np.full(len(t), 1j * form.constant, dtype=np.complex128)
    for b, a in zip(form.slopes, form.curves, strict=True):
        d = 1 - 2j * a * t
        log = log - 0.5 * np.log(d) - 0.5 * b**2 * t**2 / d
        slope = slope + 1j * a / d - b**2 * t * (1 - 1j * a * t) / d**2
    return log, slope


def _density(z: float) -> float:
    return math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi)
