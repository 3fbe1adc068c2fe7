"""Every named estimator of VaR and expected shortfall as weights on the ranked losses.

All of them are linear in the ordered losses, so that the same weights on the positions' own losses are the components:
they sum to the figure whatever the convention, with or without weights on the observations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.measures import empirical
from riskkit.measures.arguments import confidence, paired, sample
from riskkit.measures.quantiles import quantile_position

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RankedTail:
    """The losses that make VaR and expected shortfall, and how much each counts.

    Attributes
    ----------
    indices : array (k,) of int
        Places of the largest losses, largest first; of equal losses the earlier comes first.
    var_weights, es_weights : array (k,)
        VaR and expected shortfall are these on the losses at `indices`.
    share_weights : array (k,)
        What component VaR is made with: `var_weights`, or the mean over the smoothing window.
    """

    indices: NDArray[np.intp]
    var_weights: FloatArray
    es_weights: FloatArray
    share_weights: FloatArray


def ranked_tail(
    losses: FloatArray,
    confidence_level: float,
    quantile: str = "order_statistic",
    tail: str = "acerbi_tasche",
    smoothing: int = 0,
) -> RankedTail:
    """Weights of a named pair of estimators on equally likely losses.

    Parameters
    ----------
    losses : array (n,) [currency], loss positive
    confidence_level : float in (0.5, 1)
    quantile, tail : str
        As `quantiles.value_at_risk` and `quantiles.expected_shortfall`.
    smoothing : int
        Order statistics on either side of the VaR's over which its components are the mean.

    Returns
    -------
    RankedTail

    Raises
    ------
    InputError
        Where `strictly_worse` has no loss beyond the VaR.

    References
    ----------
    Hyndman and Fan (1996); Acerbi and Tasche (2002); Epperlein and Smillie (2006), "Cracking VaR with kernels".

    Examples
    --------
    >>> tail = ranked_tail(np.array([3.0, -1.0, 7.0, 5.0, 1.0]), 0.6, "linear")
    >>> tail.indices.tolist(), tail.var_weights.round(3).tolist(), tail.es_weights.tolist()
    ([2, 3, 0], [0.0, 0.4, 0.6], [0.5, 0.5, 0.0])
    """
    n, mass = len(losses), empirical.tail_mass(len(losses), confidence(confidence_level))
    k = math.ceil(mass)
    worse, weight = _quantile_ranks(n, k, confidence_level, quantile)
    ties = int((losses >= np.partition(losses, n - k)[n - k]).sum()) if tail == "at_or_worse" else k
    last = min(n, max(ties, k + smoothing, worse))
    indices = empirical.largest(losses, last)
    var_weights, es_weights = np.zeros(last), np.zeros(last)
    var_weights[worse - 1] += 1.0 - weight
    if weight:
        var_weights[worse - 2] += weight
    if tail == "strictly_worse":
        if k == 1:
            raise InputError("losses", f"{n} losses", f"more than {1 / (1 - confidence_level):.0f}: none is beyond VaR")
        es_weights[: k - 1] = 1.0 / (k - 1)
    elif tail == "at_or_worse":
        es_weights[:ties] = 1.0 / ties
    else:
        es_weights[: k - 1] = 1.0
        es_weights[k - 1] = float(mass - (k - 1))
        es_weights /= float(mass)
    return RankedTail(indices, var_weights, es_weights, _window(var_weights, losses[indices], k - 1, smoothing))


def _quantile_ranks(n: int, k: int, confidence_level: float, quantile: str) -> tuple[int, float]:
    """Rank from the largest loss, and the weight of the loss ranked one worse."""
    if quantile == "order_statistic":
        return k, 0.0
    rank, fraction = quantile_position(n, 1 - empirical.tail_mass(1, confidence_level), quantile)
    low, high = (n + 1 - min(max(r, 1), n) for r in (rank, rank + 1))
    return low, 0.0 if low == high else float(Fraction(fraction))


def weighted_ranked_tail(
    losses: FloatArray, weights: FloatArray, confidence_level: float, smoothing: int = 0
) -> RankedTail:
    """Weights of VaR and expected shortfall on losses whose observations carry weights (`quantiles.weighted_tail`).

    Parameters
    ----------
    losses : array (n,) [currency], loss positive
    weights : array (n,)
        Not negative, summing to 1.
    confidence_level : float in (0.5, 1)
    smoothing : int
        As `ranked_tail`.

    Returns
    -------
    RankedTail

    Raises
    ------
    InputError
        As `quantiles.weighted_tail`.

    References
    ----------
    Boudoukh, Richardson and Whitelaw (1998).

    Examples
    --------
    >>> tail = weighted_ranked_tail(np.array([10.0, 5.0, 1.0]), np.array([0.03, 0.07, 0.9]), 0.95)
    >>> tail.indices.tolist(), tail.var_weights.tolist(), tail.es_weights.round(2).tolist()
    ([0, 1], [0.0, 1.0], [0.6, 0.4])
    """
    loss = sample("losses", losses)
    weight = paired("weights", weights, loss, "losses")
    mass = float(empirical.tail_mass(1, confidence(confidence_level)))
    order = np.argsort(-loss, kind="stable")
    order = order[weight[order] > 0]
    reached = np.cumsum(weight[order])
    k = min(int(np.searchsorted(reached, mass * (1 - 1e-12))), len(order) - 1)
    last = min(len(order), k + 1 + smoothing)
    var_weights, es_weights = np.zeros(last), np.zeros(last)
    var_weights[k] = 1.0
    es_weights[: k + 1] = weight[order[: k + 1]]
    es_weights[k] += mass - reached[k]
    es_weights /= mass
    indices = order[:last]
    return RankedTail(indices, var_weights, es_weights, _window(var_weights, loss[indices], k, smoothing))


def _window(var_weights: FloatArray, losses: FloatArray, place: int, smoothing: int) -> FloatArray:
    """The mean over a window around the VaR's rank, scaled to give VaR; the VaR's own weights where it cannot be."""
    if smoothing == 0:
        return var_weights
    share = np.zeros(len(losses))
    share[max(0, place - smoothing) : place + smoothing + 1] = 1.0
    share /= share.sum()
    var, mean = float(var_weights @ losses), float(share @ losses)
    return share * (var / mean) if var * mean > 0 else var_weights
