"""Reverse stress: the most plausible factor moves that lose a given amount."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, covariance_matrix, number, sample, whole
from riskkit.measures.covariance import square_root

PnlFunction = Callable[[Array], Array]


@dataclass(frozen=True, eq=False)
class ReverseStress:
    """The most plausible scenario that loses an amount.

    Attributes
    ----------
    moves : array (F,)
        Factor moves, in their own units.
    loss : float [currency]
        What the scenario loses, revalued.
    distance : float
        Mahalanobis distance of the moves from none: the larger, the less plausible. For a normal or t law the density
        falls with it and with nothing else.
    n_starts : int
        Starting points that led to a scenario; 0 for the closed form.
    """

    moves: Array
    loss: float
    distance: float
    n_starts: int = 0


def linear_reverse_stress(exposures: ArrayLike, covariance: ArrayLike, loss: float) -> ReverseStress:
    """Most plausible moves that lose an amount, for a linear book: -L S w / (w'S w), S the covariance.

    Parameters
    ----------
    exposures : array_like (F,) [currency per unit of factor move]
    covariance : array_like (F, F)
        Of the moves; may be singular.
    loss : float [currency], above zero

    Returns
    -------
    ReverseStress

    Raises
    ------
    InputError
        Where the book does not vary: no move loses anything.

    References
    ----------
    Breuer, Jandacka, Rheinberger and Summer (2009), "How to find plausible, severe, and useful stress scenarios".

    Examples
    --------
    >>> linear_reverse_stress([100.0, 0.0], [[0.04, 0.01], [0.01, 0.01]], 50.0).moves.tolist()
    [-0.5, -0.125]
    """
    weights, matrix = sample("exposures", exposures), covariance_matrix(covariance)
    loss = number("loss", loss, above=0)
    if len(weights) != len(matrix):
        raise InputError("exposures", f"{len(weights)} values", f"{len(matrix)}, one for each factor")
    towards = matrix @ weights
    variance = float(weights @ towards)
    if variance <= 1e-14 * float((weights**2) @ np.diag(matrix)) or variance <= 0:
        raise InputError("loss", loss, "a book that moves with its factors: this one does not vary")
    return ReverseStress(-loss * towards / variance, loss, loss / float(np.sqrt(variance)))


def reverse_stress(
    pnl: PnlFunction, covariance: ArrayLike, loss: float, *, widest: float = 12.0, n_starts: int = 8, seed: int = 0
) -> ReverseStress:
    """Most plausible moves that lose an amount, for any book: the least Mahalanobis distance with P&L at most -L.

    In coordinates where the moves are independent with variance one, the nearest point of the loss region is sought by
    sequential quadratic programming, from the steepest direction of the book, its opposite and random directions (each
    scaled to where the loss is first reached); the nearest of all is the answer, as the region need not be convex.

    Parameters
    ----------
    pnl : callable
        Maps moves (S, F) to P&L (S,) [currency, gain positive]; finite, and smooth enough for differences.
    covariance : array_like (F, F)
        Of the moves; directions of no variance are never left.
    loss : float [currency], above zero
    widest : float
        Largest distance searched, in deviations.
    n_starts : int
        Random directions besides the steepest.
    seed : int

    Returns
    -------
    ReverseStress

    Raises
    ------
    InputError
        Where no move within `widest` deviations loses so much: the message says how much is lost at worst.

    References
    ----------
    Breuer et al. (2009). Solved by scipy's SLSQP (Kraft 1988).

    Examples
    --------
    >>> found = reverse_stress(lambda x: 100 * x[:, 0] - 40 * x[:, 1] ** 2, np.eye(2) * 0.04, 30.0)
    >>> found.moves.round(3).tolist(), round(found.distance, 3)
    ([-0.3, 0.0], 1.5)
    """
    root, _ = square_root(covariance_matrix(covariance))
    loss = number("loss", loss, above=0)
    widest, n_starts = number("widest", widest, above=0), whole("n_starts", n_starts, at_least=0, at_most=1000)
    root = root[:, np.abs(root).max(axis=0) > 0]
    if not root.shape[1]:
        raise InputError("covariance", "no variance at all", "factors that move")

    def value(points: Array) -> Array:
        out = np.asarray(pnl(points @ root.T), dtype=np.float64)
        if out.shape != (len(points),) or not np.isfinite(out).all():
            raise InputError(
                "pnl", f"an answer of shape {out.shape}", f"{len(points)} finite values, one for each scenario"
            )
        return out

    starts = [
        s
        for d in _directions(value, root.shape[1], n_starts, seed)
        if (s := _entry(value, d, loss, widest)) is not None
    ]
    solved = [p for s in starts if (p := _nearest(value, s, loss, widest)) is not None]
    candidates = solved + starts  # a start already loses enough: an answer, if a distant one
    if not candidates:
        reached = _worst(value, root.shape[1], n_starts, seed, widest)
        raise InputError(
            "loss", loss, f"a loss the book can make: within {widest:g} deviations {reached:.6g} was the worst found"
        )
    best = min(candidates, key=lambda point: float(point @ point))
    return ReverseStress(root @ best, -float(value(best[None, :])[0]), float(np.sqrt(best @ best)), len(starts))


def _gradient(value: PnlFunction, point: Array, step: float = 1e-4) -> Array:
    """Central differences, all in one call."""
    shifts = np.eye(len(point)) * step
    moved = value(np.concatenate([point + shifts, point - shifts]))
    return np.asarray((moved[: len(point)] - moved[len(point) :]) / (2 * step), dtype=np.float64)


def _directions(value: PnlFunction, n: int, n_starts: int, seed: int) -> Array:
    """Unit directions to start from: the steepest and its opposite, each axis both ways, and random ones."""
    steepest = _gradient(value, np.zeros(n))
    axes = np.eye(n)[: max(n_starts, 1)]
    drawn = np.random.default_rng(seed).standard_normal((n_starts, n))
    rows = np.concatenate([[-steepest, steepest], axes, -axes, drawn])
    lengths = np.sqrt((rows**2).sum(axis=1))
    return np.asarray(rows[lengths > 0] / lengths[lengths > 0, None], dtype=np.float64)


def _entry(value: PnlFunction, direction: Array, loss: float, widest: float) -> Array | None:
    """Where a ray first loses enough, or None if it never does."""
    radii = np.linspace(0, widest, 121)[1:]
    enough = np.flatnonzero(value(radii[:, None] * direction) <= -loss)
    if not len(enough):
        return None
    high = float(radii[enough[0]])
    low = high - float(radii[0])
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (low, middle) if value(middle * direction[None, :])[0] <= -loss else (middle, high)
    return high * direction


def _nearest(value: PnlFunction, start: Array, loss: float, widest: float) -> Array | None:
    """Minimise the distance from a start in the loss region; None where the solver leaves it or fails."""

    def lost(point: Array) -> Array:
        return np.asarray(-value(point[None, :]) / loss, dtype=np.float64)

    def lost_gradient(point: Array) -> Array:
        return np.asarray(-_gradient(value, point)[None, :] / loss, dtype=np.float64)

    def half_square(point: Array) -> float:
        return float(point @ point) / 2

    def identity(point: Array) -> Array:
        return point

    found = optimize.minimize(
        half_square,
        start,
        method="SLSQP",
        jac=identity,
        constraints=optimize.NonlinearConstraint(lost, 1.0, np.inf, jac=lost_gradient),
        tol=1e-12,
        options={"maxiter": 200},
    )
    point = np.asarray(found.x, dtype=np.float64)
    if not np.isfinite(point).all() or float(point @ point) > widest**2:
        return None
    return point if float(lost(point)[0]) >= 1 - 1e-6 else None


def _worst(value: PnlFunction, n: int, n_starts: int, seed: int, widest: float) -> float:
    rays = np.linspace(0, widest, 61)[:, None, None] * _directions(value, n, n_starts, seed)
    return -float(value(rays.reshape(-1, n)).min())
