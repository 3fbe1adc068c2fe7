"""Spectral risk measures and expectiles of equally likely losses: tail measures beyond VaR; positive for a loss."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from riskkit.errors import InputError
from riskkit.measures.arguments import number, sample


def exponential_spectral(losses: ArrayLike, risk_aversion: float) -> float:
    """Spectral measure with the exponential spectrum, positive for a loss.

    The mean of the loss quantiles weighted by k exp(-k (1 - u)) / (1 - exp(-k)): every loss counts, worse ones
    exponentially more. As k falls to 0 it becomes the mean, as k grows the largest loss. Coherent for every k.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    risk_aversion : float above 0
        The k of the spectrum (absolute risk aversion).

    Returns
    -------
    float [currency]

    Raises
    ------
    InputError

    References
    ----------
    Acerbi (2002), "Spectral measures of risk"; Cotter and Dowd (2006), "Extreme spectral risk measures".

    Examples
    --------
    >>> round(exponential_spectral([1.0, 2.0, 3.0, 4.0, 5.0], 5.0), 4)
    4.4519
    """
    ordered = np.sort(sample("losses", losses))
    k = number("risk_aversion", risk_aversion, above=0)
    below = np.arange(len(ordered) + 1) / len(ordered) - 1.0
    weights = np.diff(np.expm1(k * below)) / -math.expm1(-k)
    return float(weights @ ordered)


def spectral(losses: ArrayLike, cumulative_spectrum: ArrayLike) -> float:
    """Spectral measure with any admissible spectrum, given by its integral at i/n, positive for a loss.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    cumulative_spectrum : array_like (n + 1,)
        Integral of the spectrum from 0 to i/n: from 0 to 1, increasing, convex (worse losses never count less).

    Returns
    -------
    float [currency]

    Raises
    ------
    InputError
        Where the spectrum is not admissible: the measure would not be coherent.

    References
    ----------
    Acerbi (2002), "Spectral measures of risk: a coherent representation of subjective risk aversion".

    Examples
    --------
    >>> spectral([3.0, 1.0, 2.0, 4.0], [0.0, 0.0, 0.0, 0.5, 1.0])  # the expected shortfall at one half
    3.5
    """
    ordered = np.sort(sample("losses", losses))
    weights = np.diff(sample("cumulative_spectrum", cumulative_spectrum))
    if len(weights) != len(ordered):
        raise InputError(
            "cumulative_spectrum", f"{len(weights) + 1} values", f"{len(ordered) + 1}, one more than losses"
        )
    if (weights < -1e-12).any() or (np.diff(weights) < -1e-12).any() or abs(float(weights.sum()) - 1) > 1e-9:
        raise InputError("cumulative_spectrum", "an inadmissible spectrum", "values from 0 to 1, increasing and convex")
    return float(weights @ ordered)


def expectile(losses: ArrayLike, level: float) -> float:
    """Expectile of the losses, positive for a loss: the one tail measure both coherent and elicitable.

    The e at which level * mean(max(x - e, 0)) = (1 - level) * mean(max(e - x, 0)), solved exactly. At 0.5 it is the
    mean; 0.99855 gives a normal loss the same figure as VaR at 99 %.

    Parameters
    ----------
    losses : array_like (n,) [currency]
    level : float in [0.5, 1)

    Returns
    -------
    float [currency]

    Raises
    ------
    InputError

    References
    ----------
    Newey and Powell (1987); Bellini and Di Bernardino (2017), "Risk management with expectiles".

    Examples
    --------
    >>> expectile([0.0, 0.0, 0.0, 10.0], 0.75)
    5.0
    """
    ordered = np.sort(sample("losses", losses))
    level = number("level", level, above=math.nextafter(0.5, 0), below=1)
    n, total = len(ordered), float(ordered.sum())
    lower = np.concatenate([[0.0], np.cumsum(ordered)[:-1]])  # sum of the j smallest
    counts = np.arange(n)
    candidates = (level * (total - lower) + (1 - level) * lower) / (level * (n - counts) + (1 - level) * counts)
    # With the j smallest below e, e lies between the j-th and the next: the last candidate not below its lower loss.
    fits = np.flatnonzero(candidates[1:] >= ordered[:-1]) + 1 if n > 1 else np.array([], dtype=np.intp)
    return float(candidates[fits[-1] if len(fits) else 0])
