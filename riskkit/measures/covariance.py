"""Covariance matrices: estimators by name, nearest positive semi-definite matrix, factorisation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.errors import InputError, MarketDataError

FloatArray = NDArray[np.float64]
Estimator = Literal["sample", "population", "ewma"]

#: What each estimator does, as results quote it.
CONVENTIONS: dict[Estimator, str] = {
    "sample": "sample covariance: mean removed, divided by n - 1",
    "population": "population covariance: mean removed, divided by n",
    "ewma": "exponentially weighted covariance: mean taken as zero, weights decay^age, summing to 1",
}
#: An eigenvalue of a correlation matrix counts as zero below this.
_ZERO = 1e-10


def covariance(returns: FloatArray, estimator: Estimator = "sample", decay: float = 0.94) -> FloatArray:
    """Covariance matrix of factor returns.

    Parameters
    ----------
    returns : array (T, F)
        Oldest first.
    estimator : {"sample", "population", "ewma"}
        See `CONVENTIONS`.
    decay : float
        Weight of a day relative to the next, between 0 and 1; for ewma only.

    Returns
    -------
    array (F, F)
        [return squared], symmetric, positive semi-definite.

    Raises
    ------
    InputError
        Unknown estimator, decay out of range, returns that are not finite.
    MarketDataError
        Too few returns.

    References
    ----------
    RiskMetrics Technical Document (1996), section 5.2, for ewma.

    Examples
    --------
    >>> covariance(np.array([[0.01], [-0.01], [0.03]]), "population").round(8)
    array([[0.00026667]])
    """
    if estimator not in get_args(Estimator):
        raise InputError("covariance", estimator, f"one of {', '.join(get_args(Estimator))}")
    if not np.isfinite(returns).all():
        raise InputError("returns", "NaN or infinity", "finite returns")
    n = len(returns)
    if n < (1 if estimator == "ewma" else 2):
        raise MarketDataError("history", f"{n} returns", "at least 2 returns for a covariance")
    if estimator == "ewma":
        if not 0 < decay < 1:
            raise InputError("decay", decay, "a number between 0 and 1")
        weights = decay ** np.arange(n - 1, -1, -1, dtype=np.float64)
        weights /= weights.sum()
        return np.asarray((returns * weights[:, None]).T @ returns, np.float64)
    centred = returns - returns.mean(axis=0)
    return np.asarray(centred.T @ centred / (n - 1 if estimator == "sample" else n), np.float64)


@dataclass(frozen=True, eq=False)
class Repair:
    """What `nearest_psd` did.

    Attributes
    ----------
    matrix : array (F, F)
        Positive semi-definite, with the variances given.
    smallest_eigenvalue : float
        Of the correlation matrix given; negative if repair was needed.
    largest_change : float
        Largest absolute change of a correlation; 0.0 if none was needed.
    """

    matrix: FloatArray
    smallest_eigenvalue: float
    largest_change: float

    @property
    def note(self) -> str:
        """The repair in a sentence; empty if there was none."""
        if self.largest_change == 0.0:
            return ""
        return (
            "The covariance given is not positive semi-definite (smallest eigenvalue of its correlation matrix "
            f"{self.smallest_eigenvalue:.2g}); the nearest correlation matrix was used (Higham), variances kept, "
            f"no correlation moved by more than {self.largest_change:.2g}."
        )


def nearest_psd(matrix: ArrayLike) -> Repair:
    """The nearest positive semi-definite covariance with the same variances, and how far away it is.

    Alternating projections in the Frobenius norm on the correlation matrix, with Dykstra's correction.

    Parameters
    ----------
    matrix : array (F, F)
        Symmetric, variances zero or above.

    Returns
    -------
    Repair
        Its matrix is the one given if that is positive semi-definite (to 1e-10 of a correlation).

    Raises
    ------
    InputError
        Not square, not finite, not symmetric, a negative variance, covariance with a constant.

    References
    ----------
    Higham (2002), Computing the nearest correlation matrix, IMA J. Numerical Analysis 22.

    Examples
    --------
    >>> repair = nearest_psd([[1.0, 1.2], [1.2, 1.0]])
    >>> repair.matrix.round(6)
    array([[1., 1.],
           [1., 1.]])
    """
    given = checked_covariance(matrix)
    deviations = np.sqrt(np.diag(given))
    live = deviations > 0
    correlation = given[np.ix_(live, live)] / np.outer(deviations[live], deviations[live])
    smallest = float(np.linalg.eigvalsh(correlation)[0]) if live.any() else 0.0
    if smallest >= -_ZERO:
        return Repair(given, smallest, 0.0)
    mended = _nearest_correlation(correlation)
    out = np.zeros_like(given)
    out[np.ix_(live, live)] = mended * np.outer(deviations[live], deviations[live])
    return Repair(out, smallest, float(np.abs(mended - correlation).max()))


def _nearest_correlation(correlation: FloatArray, max_steps: int = 1000) -> FloatArray:
    current, correction = correlation.copy(), np.zeros_like(correlation)
    for _ in range(max_steps):
        trial = current - correction
        positive = _clipped(trial)
        correction = positive - trial
        following = positive.copy()
        np.fill_diagonal(following, 1.0)
        if np.abs(following - current).max() < 1e-12:
            break
        current = following
    clipped = _clipped(current)
    scale = np.sqrt(np.diag(clipped))
    nearest: FloatArray = clipped / np.outer(scale, scale)
    np.fill_diagonal(nearest, 1.0)
    return nearest


def _clipped(matrix: FloatArray) -> FloatArray:
    values, vectors = np.linalg.eigh(matrix)
    clipped: FloatArray = (vectors * np.maximum(values, 0.0)) @ vectors.T
    return (clipped + clipped.T) / 2.0


def square_root(matrix: FloatArray) -> tuple[FloatArray, int]:
    """A factor L with L L' = covariance: Cholesky where it exists, else by eigenvalues; and the rank.

    Parameters
    ----------
    matrix : array (F, F)
        Positive semi-definite (see `nearest_psd`); may be singular, rows of zeros allowed.

    Returns
    -------
    factor : array (F, F)
    rank : int
        F if the Cholesky factor exists.

    References
    ----------
    Golub and Van Loan, Matrix Computations, section 4.2.

    Examples
    --------
    >>> factor, rank = square_root(np.array([[4.0, 4.0], [4.0, 4.0]]))
    >>> rank, (factor @ factor.T).round(12).tolist()
    (1, [[4.0, 4.0], [4.0, 4.0]])
    """
    deviations = np.sqrt(np.diag(matrix))
    live = deviations > 0
    if not live.any():
        return np.zeros_like(matrix), 0
    correlation = matrix[np.ix_(live, live)] / np.outer(deviations[live], deviations[live])
    rank = int((np.linalg.eigvalsh(correlation) > _ZERO).sum())
    if rank == int(live.sum()):
        root = np.linalg.cholesky(correlation)
    else:
        values, vectors = np.linalg.eigh(correlation)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
    factor = np.zeros_like(matrix)
    factor[np.ix_(live, live)] = root * deviations[live][:, None]
    return factor, rank


def checked_covariance(matrix: ArrayLike) -> FloatArray:
    """A covariance as a symmetric float matrix; InputError names what is wrong with it.

    Parameters
    ----------
    matrix : array_like (F, F)

    Returns
    -------
    array (F, F)
        The mean of the matrix and its transpose.

    Raises
    ------
    InputError
        Not square, finite or symmetric to rounding; a variance below zero; a covariance beside a variance of zero.

    Examples
    --------
    >>> checked_covariance([[4, 1], [1, 1]]).tolist()
    [[4.0, 1.0], [1.0, 1.0]]
    """
    values = np.asarray(matrix, np.float64)
    if values.ndim != 2 or values.shape[0] != values.shape[1]:
        raise InputError("covariance", values.shape, "a square matrix")
    if not np.isfinite(values).all():
        raise InputError("covariance", "NaN or infinity", "finite entries")
    scale = float(np.abs(values).max(initial=0.0))
    if np.abs(values - values.T).max(initial=0.0) > 1e-9 * scale:
        raise InputError("covariance", "an asymmetric matrix", "a symmetric matrix")
    variances = np.diag(values)
    if (variances < 0).any():
        raise InputError("covariance", float(variances.min()), "variances of zero or above")
    if values[variances == 0].any():
        raise InputError("covariance", "a covariance with a factor of variance zero", "zero there")
    return (values + values.T) / 2.0
