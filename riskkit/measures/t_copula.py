"""Student-t copula with empirical margins: tails that come together, each factor's own past distribution."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln, stdtrit

from riskkit.measures.arguments import number, table
from riskkit.measures.covariance import nearest_psd, square_root
from riskkit.measures.degrees_of_freedom import FIT_BOUNDS, lowest, unit_scale
from riskkit.measures.simulation import Paths, Sampling, Space

FloatArray = NDArray[np.float64]

#: Share of the identity in the correlation inside the likelihood, so that equal columns do not make it infinite.
_RIDGE = 1e-3


@dataclass(frozen=True, eq=False)
class TCopula:
    """A fitted copula and its margins.

    Attributes
    ----------
    degrees_of_freedom : float
    correlation : array (F, F)
        Positive semi-definite.
    margins : array (T, F)
        Each column sorted: the values that equally spaced probabilities stand for.
    """

    degrees_of_freedom: float
    correlation: FloatArray
    margins: FloatArray


def fit_t_copula(returns: ArrayLike, degrees_of_freedom: float | None = None) -> TCopula:
    """Correlations from ranks, degrees of freedom by maximum likelihood of the ranks.

    Spearman's rank correlation rho gives 2 sin(pi rho / 6), the nearest positive semi-definite matrix to it is taken;
    the likelihood is that of the t copula at (rank - 1/2) / T.

    Parameters
    ----------
    returns : array_like (T, F)
        At least two rows.
    degrees_of_freedom : float above 2, optional
        Fitted if not given.

    Returns
    -------
    TCopula

    Raises
    ------
    InputError

    References
    ----------
    McNeil, Frey, Embrechts, Quantitative Risk Management, section 7.5 (fitting copulas; Spearman's method).

    Examples
    --------
    >>> shared = np.random.default_rng(0).standard_t(4, (2000, 1))
    >>> fit = fit_t_copula(np.hstack([shared, -shared]), 5)
    >>> fit.correlation.round(6).tolist()
    [[1.0, -1.0], [-1.0, 1.0]]
    """
    matrix = table("returns", returns, at_least=2)
    scores = _ranks(matrix)
    centred = scores - scores.mean(axis=0)
    sizes = np.sqrt((centred**2).sum(axis=0))
    live = sizes > 0
    unit = centred[:, live] / sizes[live]
    correlation = np.eye(matrix.shape[1])
    spearman = np.clip(unit.T @ unit, -1.0, 1.0)
    correlation[np.ix_(live, live)] = 2.0 * np.sin(math.pi / 6.0 * spearman)
    np.fill_diagonal(correlation, 1.0)
    correlation = nearest_psd(correlation).matrix
    if degrees_of_freedom is None:
        nu = _fitted((scores[:, live] - 0.5) / len(matrix), correlation[np.ix_(live, live)])
    else:
        nu = number("degrees_of_freedom", degrees_of_freedom, above=2.0, below=1e6)
    return TCopula(nu, correlation, np.sort(matrix, axis=0))


def _ranks(matrix: FloatArray) -> FloatArray:
    """Ranks from 1 in each column, equal values sharing their mean rank."""
    out = np.empty_like(matrix)
    for column, values in enumerate(matrix.T):
        _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
        last = np.cumsum(counts)
        out[:, column] = (last - (counts - 1) / 2.0)[inverse]
    return out


def _fitted(uniforms: FloatArray, correlation: FloatArray) -> float:
    d = uniforms.shape[1]
    if d < 2:
        return FIT_BOUNDS[1]  # one factor has no dependence: any copula is the same
    root = np.linalg.cholesky((1 - _RIDGE) * correlation + _RIDGE * np.eye(d))
    inverse = np.linalg.inv(root)
    constant = float(np.log(np.diag(root)).sum())

    def cost(reciprocal: float) -> float:
        nu = 1.0 / reciprocal
        x = stdtrit(nu, uniforms)
        joint = gammaln((nu + d) / 2) + (d - 1) * gammaln(nu / 2) - d * gammaln((nu + 1) / 2) - constant
        distance = ((x @ inverse.T) ** 2).sum(axis=1)
        margins = (nu + 1) / 2 * np.log1p(x**2 / nu).sum(axis=1)
        return float(-(joint + (margins - (nu + d) / 2 * np.log1p(distance / nu)).mean()))

    return 1.0 / lowest(cost, 1 / FIT_BOUNDS[1], 1 / FIT_BOUNDS[0], 1e-4)


@dataclass(frozen=True, eq=False)
class CopulaPaths:
    """Changes under a t copula, in the chunks of `simulation.Paths`.

    Between two past values a margin is straight in the Student-t score; beyond the largest there is nothing.

    Examples
    --------
    >>> copula = fit_t_copula(np.array([[-1.0], [0.0], [2.0]]))
    >>> blocks = [changes for _, changes in CopulaPaths(copula, 1000, 1).chunk(0)]
    >>> float(blocks[0].min()), float(blocks[0].max())
    (-1.0, 2.0)
    """

    copula: TCopula
    n_paths: int
    seed: int
    sampling: Sampling = "pseudo"

    @cached_property
    def _paths(self) -> Paths:
        root = square_root(self.copula.correlation)[0] / unit_scale(self.copula.degrees_of_freedom)
        return Paths(root, self.n_paths, self.seed, self.copula.degrees_of_freedom, self.sampling)

    @property
    def n_chunks(self) -> int:
        """Streams that make all paths."""
        return self._paths.n_chunks

    def chunk(self, index: int, space: Space | None = None) -> Iterator[tuple[int, FloatArray]]:
        """Blocks of one chunk: number of the first path, and changes (S, F)."""
        margins = self.copula.margins
        places = (np.arange(len(margins)) + 0.5) / len(margins)
        scores = stdtrit(self.copula.degrees_of_freedom, places)
        for start, draws in self._paths.chunk(index, space):
            changes = np.empty_like(draws)
            for column in range(margins.shape[1]):
                changes[:, column] = np.interp(draws[:, column], scores, margins[:, column])
            yield start, changes
