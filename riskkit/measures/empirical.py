"""Value at risk and expected shortfall of equally likely losses, in exact arithmetic."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.measures.arguments import confidence, sample

FloatArray = NDArray[np.float64]

#: The estimator in one sentence, as results and report footers quote it.
ESTIMATOR = (
    "VaR is the k-th largest of n equally likely losses, k = n (1 - c) rounded up in exact arithmetic; expected "
    "shortfall is the mean of the n (1 - c) largest, the last weighted by its fraction (Acerbi-Tasche)."
)


@dataclass(frozen=True, eq=False)
class Tail:
    """The losses that make VaR and expected shortfall.

    Attributes
    ----------
    indices : array (k,) of int
        Places of the k largest losses, largest first; of equal losses the earlier comes first. The last is the VaR's.
    weights : array (k,)
        Each loss's share in the expected shortfall; they sum to 1.
    """

    indices: NDArray[np.intp]
    weights: FloatArray


@dataclass(frozen=True)
class TailFigures:
    """VaR and expected shortfall [money], losses positive."""

    value_at_risk: float
    expected_shortfall: float


def tail_mass(n: int, confidence_level: float) -> Fraction:
    """N (1 - c) exactly, c read as the decimal it prints as.

    Floats give (1 - 0.95) * 100 = 5.000000000000004, whose ceiling is the wrong order statistic.

    Parameters
    ----------
    n : int
        Losses.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    Fraction

    Raises
    ------
    InputError
        A level out of range.

    References
    ----------
    Acerbi and Tasche (2002).

    Examples
    --------
    >>> tail_mass(100, 0.95)
    Fraction(5, 1)
    """
    return n * _share_beyond(confidence(confidence_level))


@lru_cache(maxsize=256)
def _share_beyond(level: float) -> Fraction:
    """1 - c: reading a decimal exactly costs more than the figures of a short history."""
    return 1 - Fraction(str(level))


def value_at_risk(losses: ArrayLike, confidence_level: float) -> float:
    """Empirical VaR, a loss positive.

    The k-th largest of n equally likely losses, k = ceil(n (1 - c)).

    Parameters
    ----------
    losses : array (n,)
        [money], loss positive, any order.
    confidence_level : float
        c, between 0.5 and 1.

    Returns
    -------
    float
        In the unit of the losses; negative if the tail is a gain.

    Raises
    ------
    InputError
        No losses, a NaN or infinity among them, a level out of range.

    References
    ----------
    Hull, Risk Management and Financial Institutions, chapter on historical simulation: of 500 scenarios the
    fifth worst is the VaR at 99 %.

    Examples
    --------
    >>> value_at_risk([3.0, -1.0, 7.0, 5.0, 1.0], 0.8)
    7.0
    >>> value_at_risk([3.0, -1.0, 7.0, 5.0, 1.0], 0.6)
    5.0
    """
    values = sample("losses", losses)
    edge = len(values) - math.ceil(tail_mass(len(values), confidence_level))
    values.partition(edge)  # in place: `sample` has made a copy
    return float(values[edge])


def expected_shortfall(losses: ArrayLike, confidence_level: float) -> float:
    """Empirical expected shortfall, a loss positive.

    The mean of the n (1 - c) largest losses, the last of them weighted by its fraction; with less than one
    loss in the tail, the largest.

    Parameters
    ----------
    losses : array (n,)
        [money], loss positive, any order.
    confidence_level : float

    Returns
    -------
    float
        In the unit of the losses; never below the VaR.

    Raises
    ------
    InputError
        As `value_at_risk`.

    References
    ----------
    Acerbi and Tasche (2002), On the coherence of expected shortfall, J. Banking & Finance 26, definition 2.6.

    Examples
    --------
    >>> round(expected_shortfall([3.0, -1.0, 7.0, 5.0, 1.0], 0.7), 6)  # (7 + 0.5 * 5) / 1.5
    6.333333
    """
    return tail_figures(losses, confidence_level).expected_shortfall


def tail_figures(losses: ArrayLike, confidence_level: float) -> TailFigures:
    """Empirical VaR and expected shortfall of the same losses, found together, losses positive.

    Parameters
    ----------
    losses : array (n,)
        [money], loss positive, any order.
    confidence_level : float

    Returns
    -------
    TailFigures
        What `value_at_risk` and `expected_shortfall` answer, to the last bit, for little more than one of them.

    Raises
    ------
    InputError
        As `value_at_risk`.

    References
    ----------
    Acerbi and Tasche (2002); Hull.

    Examples
    --------
    >>> tail_figures([3.0, -1.0, 7.0, 5.0, 1.0], 0.6)
    TailFigures(value_at_risk=5.0, expected_shortfall=6.0)
    """
    values = sample("losses", losses)
    mass = tail_mass(len(values), confidence_level)
    edge = len(values) - math.ceil(mass)
    values.partition(edge)  # in place: `sample` has made a copy
    top = np.sort(values[edge:])[::-1].copy()
    return TailFigures(float(top[-1]), float(_weights(mass) @ top))


def worst(losses: FloatArray, confidence_level: float) -> Tail:
    """Which losses make the tail, and their weights in the expected shortfall.

    Parameters
    ----------
    losses : array (n,)
        [money], loss positive, finite.
    confidence_level : float in (0.5, 1)

    Returns
    -------
    Tail

    Raises
    ------
    InputError
        A level out of range.

    References
    ----------
    Acerbi and Tasche (2002), definition 2.6.

    Examples
    --------
    >>> tail = worst(np.array([3.0, -1.0, 7.0, 5.0, 1.0]), 0.6)
    >>> tail.indices.tolist(), tail.weights.tolist()
    ([2, 3], [0.5, 0.5])
    """
    mass = tail_mass(len(losses), confidence_level)
    weights = _weights(mass)
    return Tail(largest(losses, len(weights)), weights)


def _weights(mass: Fraction) -> FloatArray:
    """Of the largest losses in the expected shortfall, largest first: all alike but the last."""
    weights = np.ones(math.ceil(mass))
    weights[-1] = float(mass - (len(weights) - 1))
    weights /= float(mass)
    return weights


def largest(losses: FloatArray, k: int) -> NDArray[np.intp]:
    """Places of the k largest losses, largest first, ties in order of place.

    Parameters
    ----------
    losses : array (n,)
    k : int
        1 to n.

    Returns
    -------
    array (k,) of int

    Raises
    ------
    ValueError
        From numpy where k is no number of losses.

    References
    ----------
    Hoare (1961), "Algorithm 65: find", as numpy's partition.

    Examples
    --------
    >>> largest(np.array([3.0, 9.0, 3.0, 1.0]), 2).tolist()
    [1, 0]
    """
    threshold = np.partition(losses, len(losses) - k)[len(losses) - k]
    candidates = np.flatnonzero(losses >= threshold)
    return candidates[np.argsort(-losses[candidates], kind="stable")[:k]]
