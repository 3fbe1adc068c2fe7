"""A covariance matrix from outside: a published one, another system's, one's own view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.errors import InputError
from riskkit.measures.covariance import checked_covariance

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CovarianceInput:
    """One-day covariance of factor returns, given instead of estimated.

    Attributes
    ----------
    factors : tuple of str
        Names, in the order of the rows; more than the portfolio needs are allowed.
    matrix : array (F, F)
        Of daily returns, each by its factor's `return_type`. If it is not positive semi-definite the nearest one is
        used and the result says so.
    convention : str
        How it was made, in a phrase; the result quotes it.
    """

    factors: tuple[str, ...]
    matrix: FloatArray
    convention: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "factors", tuple(self.factors))
        object.__setattr__(self, "matrix", checked_covariance(self.matrix))
        if len(set(self.factors)) != len(self.factors) or len(self.factors) != len(self.matrix):
            expected = f"{len(self.matrix)} different names, one a row of the matrix"
            raise InputError("factors", ", ".join(self.factors), expected)
        if not self.convention:
            raise InputError("convention", self.convention, "how the covariance was made, in a phrase")

    @classmethod
    def from_correlation(
        cls, factors: Sequence[str], volatilities: ArrayLike, correlation: ArrayLike, convention: str
    ) -> CovarianceInput:
        """From daily volatilities (F,) and a correlation matrix (F, F) with ones on its diagonal.

        Examples
        --------
        >>> given = CovarianceInput.from_correlation(["A", "B"], [0.01, 0.02], [[1, 0.5], [0.5, 1]], "an example")
        >>> given.matrix.tolist()
        [[0.0001, 0.0001], [0.0001, 0.0004]]
        """
        vols = np.asarray(volatilities, np.float64)
        matrix = checked_covariance(correlation)
        if vols.shape != (len(matrix),) or not np.isfinite(vols).all() or (vols < 0).any():
            raise InputError("volatilities", vols.tolist(), f"{len(matrix)} finite numbers of zero or above")
        if np.abs(np.diag(matrix) - 1.0).max(initial=0.0) > 1e-9:
            raise InputError("correlation", np.diag(matrix).tolist(), "ones on the diagonal")
        return cls(tuple(factors), matrix * np.outer(vols, vols), convention)

    def select(self, names: Sequence[str]) -> FloatArray:
        """The rows and columns of the named factors; InputError names those that are missing."""
        missing = [name for name in names if name not in self.factors]
        if missing:
            raise InputError("covariance", ", ".join(self.factors), f"also the factors {', '.join(missing)}")
        places = [self.factors.index(name) for name in names]
        return self.matrix[np.ix_(places, places)]
