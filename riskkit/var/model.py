"""The covariance behind the parametric and Monte Carlo methods, with what has to be said about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.market import FactorHistory
from riskkit.measures.covariance import CONVENTIONS, covariance, nearest_psd
from riskkit.measures.shrinkage import shrunk_covariance
from riskkit.var.covariance_input import CovarianceInput
from riskkit.var.spec import VarSpec

FloatArray = NDArray[np.float64]

#: A covariance of more factors than this is refused: its factorisation would take minutes and gigabytes.
MOST_FACTORS = 4000


@dataclass(frozen=True, eq=False)
class CovarianceModel:
    """One-day covariance of the factors.

    Attributes
    ----------
    matrix : array (F, F)
        Positive semi-definite.
    n_returns : int
        Returns it was estimated from; 0 if it was given.
    notes : tuple of str
    """

    matrix: FloatArray
    n_returns: int
    notes: tuple[str, ...]


def covariance_model(history: FactorHistory, spec: VarSpec, given: CovarianceInput | None) -> CovarianceModel:
    """Estimate the covariance as the spec says, or take the one given, repaired if need be."""
    check_size(history)
    if given is not None:
        repair = nearest_psd(given.select(history.names))
        notes = [f"Covariance given: {given.convention}.", repair.note]
        return CovarianceModel(repair.matrix, 0, tuple(note for note in notes if note))
    returns = history.returns(spec.lookback_days)
    if spec.covariance == "ledoit_wolf" or spec.covariance == "oas":
        shrunk = shrunk_covariance(returns, spec.covariance)
        note = f"Factor covariance: {shrunk.convention} {len(returns)} daily returns up to {history.last}."
        return CovarianceModel(shrunk.covariance, len(returns), (note,))
    matrix = covariance(returns, spec.covariance, spec.decay)
    convention = CONVENTIONS[spec.covariance]
    if spec.covariance == "ewma":
        convention += f"; decay {spec.decay:g}"
    notes = [f"Factor covariance: {convention}; {len(returns)} daily returns up to {history.last}."]
    if len(returns) <= len(history.factors):
        notes.append(
            f"There are {len(returns)} returns for {len(history.factors)} factors: the covariance is singular, and "
            "some combinations of factors carry no risk in it."
        )
    return CovarianceModel(matrix, len(returns), tuple(notes))


def check_size(history: FactorHistory) -> None:
    """Refuse more factors than a matrix of them could be factorised for."""
    if len(history.factors) > MOST_FACTORS:
        expected = f"at most {MOST_FACTORS} factors for a covariance; the historical method takes more"
        raise InputError("portfolio", f"{len(history.factors)} factors", expected)


def check_given(spec: VarSpec, given: CovarianceInput | None) -> None:
    """Refuse a covariance that the method would not use."""
    if given is not None and not uses_covariance(spec):
        raise InputError("covariance", given.convention, f"nothing: the {spec.method} method uses no covariance")


def uses_covariance(spec: VarSpec) -> bool:
    """Whether the method is built on a covariance of the factors."""
    return spec.method not in ("historical", "monte_carlo_t_copula")
