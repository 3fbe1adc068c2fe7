"""Factor-conditional stress: given the moves of some factors, the expected moves of the others, normal or Student-t."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, covariance_matrix, number, sample

#: An eigenvalue of the shocked factors' correlations below this counts as a perfect dependence.
_ZERO = 1e-10


@dataclass(frozen=True, eq=False)
class ConditionalMoves:
    """Moves of all factors given the moves of some.

    Attributes
    ----------
    moves : array (F,)
        Conditional expectation, in the factors' own units; the shocked factors have their shock.
    covariance : array (F, F)
        Conditional covariance; zero for the shocked factors.
    distance : float
        Mahalanobis distance of the shock: how many deviations the shocked factors moved together.
    """

    moves: Array
    covariance: Array
    distance: float


def conditional_moves(
    shocked: Sequence[int],
    shock: ArrayLike,
    covariance: ArrayLike,
    mean: ArrayLike | None = None,
    degrees_of_freedom: float | None = None,
) -> ConditionalMoves:
    """Expected moves of all factors given some of them, under a joint normal or Student-t.

    E[u | s] = mean_u + S_us S_ss^+ (shock - mean_s) for both laws. The covariance around it is S_uu - S_us S_ss^+ S_su
    for the normal; a t makes it (nu - 2 + d²) / (nu + k - 2) times that, d the distance and k the number of shocked
    factors: a large shock widens the rest.

    Parameters
    ----------
    shocked : sequence of k int
        Columns of the shocked factors, each once.
    shock : array_like (k,)
        Their moves, in their own units.
    covariance : array_like (F, F)
        Of the moves of all factors over the same horizon (for a t too: not its scale matrix); may be singular.
    mean : array_like (F,), optional
        Expected moves; zero by default.
    degrees_of_freedom : float above 2, optional
        Of the t; the normal by default.

    Returns
    -------
    ConditionalMoves

    Raises
    ------
    InputError
        Where shocked factors that depend on each other perfectly are given moves that contradict it.

    References
    ----------
    Kupiec (1998), "Stress testing in a value at risk framework"; Ding (2016), "On the conditional distribution of the
    multivariate t distribution".

    Examples
    --------
    >>> conditional_moves([0], [-0.10], [[0.04, 0.01], [0.01, 0.01]]).moves.round(12).tolist()
    [-0.1, -0.025]
    """
    matrix = covariance_matrix(covariance)
    move = sample("shock", shock)
    chosen = _columns(shocked, len(matrix))
    centre = np.zeros(len(matrix)) if mean is None else sample("mean", mean)
    if len(move) != len(chosen) or len(centre) != len(matrix):
        raise InputError("shock", f"{len(move)} moves", f"{len(chosen)} moves, and {len(matrix)} means if any")
    surprise = move - centre[chosen]
    within, across = matrix[np.ix_(chosen, chosen)], matrix[:, chosen]
    inverse = _inverse(within, surprise)
    moves = centre + across @ inverse @ surprise
    distance_squared = float(surprise @ inverse @ surprise)
    left = matrix - across @ inverse @ across.T
    if degrees_of_freedom is not None:
        nu = number("degrees_of_freedom", degrees_of_freedom, above=2)
        left *= (nu - 2 + distance_squared) / (nu + len(chosen) - 2)
    moves[chosen] = move
    left[chosen, :] = left[:, chosen] = 0.0
    return ConditionalMoves(moves, left, float(np.sqrt(max(distance_squared, 0.0))))


def _columns(shocked: Sequence[int], n: int) -> np.ndarray:
    columns = np.asarray(shocked)
    fits = columns.ndim == 1 and len(columns) > 0 and columns.dtype.kind in "iu"
    if not fits or len(set(columns.tolist())) != len(columns) or columns.min() < 0 or columns.max() >= n:
        raise InputError("shocked", shocked, f"different columns from 0 to {n - 1}, at least one")
    return columns


def _inverse(within: Array, surprise: Array) -> Array:
    """Pseudo-inverse over the directions that move, on the scale of correlations."""
    deviations = np.sqrt(np.diag(within))
    live = np.where(deviations > 0, deviations, 1.0)
    values, vectors = np.linalg.eigh(within / np.outer(live, live))
    moving = values > _ZERO
    turned = vectors[:, ~moving].T @ (surprise / live)
    if turned.size and float(np.abs(turned).max()) > 1e-7 * max(1.0, float(np.abs(surprise / live).max())):
        raise InputError(
            "shock",
            surprise.tolist(),
            "moves the covariance allows: a shocked factor never moved, or never without another",
        )
    basis = vectors[:, moving] / live[:, None]
    return np.asarray((basis / values[moving]) @ basis.T, dtype=np.float64)
