"""Covariances shrunk towards a multiple of the identity, by scikit-learn: usable with fewer days than factors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from riskkit.errors import InputError
from riskkit.measures.arguments import Array, constant, table

Shrinkage = Literal["ledoit_wolf", "oas"]


@dataclass(frozen=True, eq=False)
class ShrunkCovariance:
    """A shrunk covariance and its convention.

    Attributes
    ----------
    covariance : array (F, F) [return squared]
        Positive definite unless every return is zero.
    intensity : float
        Share of the target in it, from 0 to 1.
    convention : str
        One sentence for the footer of a report.
    """

    covariance: Array
    intensity: float
    convention: str


def shrunk_covariance(returns: ArrayLike, method: Shrinkage = "ledoit_wolf") -> ShrunkCovariance:
    """Covariance of factor returns, shrunk by Ledoit-Wolf or by oracle approximating shrinkage (OAS).

    Each factor is divided by its deviation first and the target is the identity there, so that a yield and a share
    price shrink alike; a plain target would give every factor the same variance. The population convention (1/n, mean
    removed) is scikit-learn's.

    Parameters
    ----------
    returns : array_like (T, F)
        At least two rows; fewer rows than factors is the case it is made for.
    method : {"ledoit_wolf", "oas"}

    Returns
    -------
    ShrunkCovariance

    Raises
    ------
    InputError

    References
    ----------
    Ledoit and Wolf (2004), "A well-conditioned estimator for large-dimensional covariance matrices"; Chen, Wiesel,
    Eldar and Hero (2010), "Shrinkage algorithms for MMSE covariance estimation".

    Examples
    --------
    >>> returns = np.random.default_rng(0).standard_normal((10, 30))
    >>> shrunk = shrunk_covariance(returns)
    >>> bool(np.linalg.eigvalsh(shrunk.covariance)[0] > 0), 0 < shrunk.intensity <= 1
    (True, True)
    """
    # Imported here: scikit-learn's covariance takes 1.3 s of CPU to import beyond scipy, and few calls need it.
    from sklearn.covariance import ledoit_wolf, oas

    matrix = table("returns", returns, at_least=2)
    if method not in get_args(Shrinkage):
        raise InputError("covariance", method, f"one of {', '.join(get_args(Shrinkage))}")
    centred = matrix - matrix.mean(axis=0)
    deviations = np.sqrt((centred**2).mean(axis=0))
    live = np.array([not constant(column) for column in matrix.T], dtype=bool)
    covariance = np.zeros((matrix.shape[1], matrix.shape[1]))
    intensity = 0.0
    if live.any():
        estimate = ledoit_wolf if method == "ledoit_wolf" else oas
        shrunk, intensity = estimate(centred[:, live] / deviations[live], assume_centered=True)
        covariance[np.ix_(live, live)] = shrunk * np.outer(deviations[live], deviations[live])
    name = {"ledoit_wolf": "Ledoit-Wolf", "oas": "OAS"}[method]
    short = f" {len(matrix)} days for {matrix.shape[1]} factors." if len(matrix) <= matrix.shape[1] else ""
    convention = (
        f"{name} shrinkage of the correlations towards zero, intensity {intensity:.3f}; "
        f"variances are the population's (1/n, mean removed).{short}"
    )
    return ShrunkCovariance(covariance, float(intensity), convention)
