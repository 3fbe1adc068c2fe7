"""Student-t copula with empirical margins: the history's own distributions, tied together with tail dependence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special, stats

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, constant, covariance_matrix, number, table, whole
from riskkit.measures.covariance import nearest_psd, square_root
from riskkit.measures.degrees_of_freedom import FIT_BOUNDS


@dataclass(frozen=True, eq=False)
class StudentCopula:
    """How factors depend on each other.

    Attributes
    ----------
    correlation : array (F, F)
        Of the t, positive semidefinite, ones on the diagonal.
    degrees_of_freedom : float
        The fewer, the more the tails move together.
    note : str
        Empty, or how far the fitted correlation had to be moved to be one.
    """

    correlation: Array
    degrees_of_freedom: float
    note: str = ""


def fit_copula(returns: ArrayLike) -> StudentCopula:
    """Fit a t copula: correlations from Kendall's tau, degrees of freedom by maximum pseudo-likelihood.

    Correlation is sin(pi tau / 2) pair by pair, moved to the nearest correlation matrix where it is none; the degrees
    of freedom maximise the copula's density of the ranks, between 2.1 and 200.

    Parameters
    ----------
    returns : array_like (T, F)
        At least 20 rows; no constant column.

    Returns
    -------
    StudentCopula

    Raises
    ------
    InputError

    References
    ----------
    McNeil, Frey and Embrechts, Quantitative Risk Management, section 7.5; Demarta and McNeil (2005), "The t copula".

    Examples
    --------
    >>> draws = np.random.default_rng(0).standard_normal((400, 1)) + np.zeros((1, 2))
    >>> draws[:, 1] += np.random.default_rng(1).standard_normal(400)
    >>> bool(abs(fit_copula(draws).correlation[0, 1] - 0.5**0.5) < 0.1)
    True
    """
    matrix = table("returns", returns, at_least=20)
    if any(constant(column) for column in matrix.T):
        raise InputError("returns", "a constant column", "factors that all moved")
    n = matrix.shape[1]
    correlation = np.eye(n)
    for i in range(n):
        for j in range(i):
            tau = float(stats.kendalltau(matrix[:, i], matrix[:, j]).statistic)
            correlation[i, j] = correlation[j, i] = np.sin(np.pi * tau / 2)
    repair = nearest_psd(correlation)
    uniform = stats.rankdata(matrix, axis=0) / (len(matrix) + 1)
    if n == 1:
        return StudentCopula(repair.matrix, FIT_BOUNDS[1])
    values, vectors = np.linalg.eigh(repair.matrix)
    kept = values > 1e-8
    root, log_determinant = vectors[:, kept] / np.sqrt(values[kept]), float(np.log(values[kept]).sum())
    rank = int(kept.sum())

    def cost(inverse: float) -> float:
        nu = 1 / inverse
        scores = special.stdtrit(nu, uniform)
        joint = special.gammaln((nu + rank) / 2) - special.gammaln(nu / 2) - rank / 2 * np.log(nu * np.pi)
        joint -= log_determinant / 2 + (nu + rank) / 2 * np.log1p(((scores @ root) ** 2).sum(axis=1) / nu).mean()
        single = special.gammaln((nu + 1) / 2) - special.gammaln(nu / 2) - np.log(nu * np.pi) / 2
        margins = single - (nu + 1) / 2 * np.log1p(scores**2 / nu).mean(axis=0)
        return -float(joint - margins.sum())

    fit = optimize.minimize_scalar(cost, bounds=(1 / FIT_BOUNDS[1], 1 / FIT_BOUNDS[0]), method="bounded")
    return StudentCopula(repair.matrix, float(1 / fit.x), repair.note)


def simulate_copula(copula: StudentCopula, returns: ArrayLike, n_paths: int, generator: np.random.Generator) -> Array:
    """Draw factor returns whose margins are the history's and whose dependence is the copula's.

    Uniform draws of the copula are put through each factor's empirical quantile function (numpy's `hazen`, straight
    lines between the returns): no draw is beyond the history's own worst day, but several may come together.

    Parameters
    ----------
    copula : StudentCopula
    returns : array_like (T, F)
    n_paths : int
        1 to 10,000,000.
    generator : numpy.random.Generator

    Returns
    -------
    array (n_paths, F)

    Raises
    ------
    InputError

    References
    ----------
    McNeil, Frey and Embrechts, Quantitative Risk Management, algorithm 7.10.

    Examples
    --------
    >>> copula = StudentCopula(np.eye(2), 5.0)
    >>> draws = simulate_copula(copula, [[0.0, 10.0], [1.0, 20.0]], 1000, np.random.default_rng(0))
    >>> draws.min(axis=0).tolist(), draws.max(axis=0).tolist()
    ([0.0, 10.0], [1.0, 20.0])
    """
    matrix = table("returns", returns, at_least=2)
    n_paths = whole("n_paths", n_paths, at_least=1, at_most=10_000_000)
    correlation = covariance_matrix(copula.correlation)
    if len(correlation) != matrix.shape[1] or np.abs(np.diag(correlation) - 1).max() > 1e-9:
        raise InputError(
            "copula", f"a correlation of shape {correlation.shape}", f"one of the {matrix.shape[1]} factors"
        )
    nu = number("degrees_of_freedom", copula.degrees_of_freedom, above=0)
    root, _ = square_root(correlation)
    normal = generator.standard_normal((n_paths, len(root))) @ root.T
    mixing = np.sqrt(generator.chisquare(nu, n_paths) / nu)
    uniform = special.stdtr(nu, normal / mixing[:, None])
    places = (np.arange(len(matrix)) + 0.5) / len(matrix)
    columns = [np.interp(u, places, np.sort(column)) for u, column in zip(uniform.T, matrix.T, strict=True)]
    return np.stack(columns, axis=1)
