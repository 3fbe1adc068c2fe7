"""Delta-gamma: the book to second order in jointly normal factor returns."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from riskkit.market import MarketSnapshot
from riskkit.measures import normal
from riskkit.measures.contributions import Components
from riskkit.measures.covariance import square_root
from riskkit.measures.delta_gamma import DeltaGamma, Method, delta_gamma_risk
from riskkit.measures.moment_shares import MomentShares, cornish_fisher_shares, from_cumulants
from riskkit.revaluation import Revaluer, Sensitivity
from riskkit.scenarios import unit_moves
from riskkit.var.figures import FactorParts, Outcome
from riskkit.var.model import CovarianceModel
from riskkit.var.spec import VarSpec

FloatArray = NDArray[np.float64]

#: Relative step of the derivatives that make the exact method's components.
_STEP = 1e-4


@dataclass(frozen=True, eq=False)
class _Part:
    """P&L of a position or a factor to second order in returns: gradient (F,), Hessian on some columns."""

    gradient: FloatArray
    columns: NDArray[np.intp]
    hessian: FloatArray

    def add_to(self, delta: FloatArray, gamma: FloatArray, size: float) -> None:
        delta += size * self.gradient
        gamma[np.ix_(self.columns, self.columns)] += size * self.hessian


def quadratic(book: Revaluer, base: MarketSnapshot, model: CovarianceModel, spec: VarSpec, method: Method) -> Outcome:
    """Figures of the quadratic book: by deviation, by four moments, or exactly."""
    level = spec.confidence_level
    parts = _parts(book, base)
    matrix = model.matrix * spec.step_days
    delta, gamma = np.zeros(len(matrix)), np.zeros_like(matrix)
    for part in parts:
        part.add_to(delta, gamma, 1.0)
    risk = delta_gamma_risk(delta, gamma, matrix, level, method)

    def split(pieces: list[_Part]) -> Components:
        if method == "exact":
            found = _exact_shares(pieces, delta, gamma, matrix, level)
        else:
            found = _moment_shares(pieces, delta, gamma, matrix, risk, spec)
        return Components(
            _summing(found.var, risk.value_at_risk) * spec.time_factor,
            _summing(found.expected_shortfall, risk.expected_shortfall) * spec.time_factor,
        )

    how = {
        "normal": "its mean and deviation as if it were normal",
        "cornish_fisher": "its four exact moments by Cornish-Fisher",
        "exact": "its characteristic function, inverted: exact for the quadratic book",
    }[method]
    notes = (
        "The book is taken to second order in all factors, cross terms included; factor returns have mean zero.",
        f"The quadratic P&L has mean {risk.mean:,.2f}, skewness {risk.skewness:.3f}, "
        f"excess kurtosis {risk.excess_kurtosis:.3f} a day.",
        risk.warning,
    )
    return Outcome(
        risk.value_at_risk * spec.time_factor,
        risk.expected_shortfall * spec.time_factor,
        risk.standard_deviation * spec.time_factor,
        split(parts),
        FactorParts(lambda: split(_by_factor(delta, gamma))),
        None,
        model.n_returns,
        f"Delta-gamma: VaR and expected shortfall of the quadratic book under normal factor returns, by {how}.",
        (*model.notes, *(note for note in notes if note)),
    )


def _parts(book: Revaluer, base: MarketSnapshot) -> list[_Part]:
    """Each position by returns; a log return's own curvature is added to its factor's."""
    units = unit_moves(base)
    log = np.array([factor.return_type == "log" for factor in base.factors], bool)
    return [_by_return(one, units, log) for one in book.sensitivities]


def _by_return(one: Sensitivity, units: FloatArray, log: NDArray[np.bool_]) -> _Part:
    gradient = np.zeros(len(units))
    np.add.at(gradient, one.columns, one.gradient)
    gradient *= units
    # A position may read one column twice (a rate as underlying and as its currency): sum those entries.
    columns, place = np.unique(one.columns, return_inverse=True)
    hessian = np.zeros((len(columns), len(columns)))
    np.add.at(hessian, (place[:, None], place[None, :]), one.hessian)
    hessian *= np.outer(units[columns], units[columns])
    curved = log[columns]
    hessian[np.diag_indices(len(columns))] += np.where(curved, gradient[columns], 0.0)
    return _Part(gradient, columns, hessian)


def _by_factor(delta: FloatArray, gamma: FloatArray) -> list[_Part]:
    """The book by factor: its delta, its own curvature, and half of each cross term."""
    pieces, every = [], np.arange(len(delta))
    for column in range(len(delta)):
        own, cross = np.zeros(len(delta)), np.zeros_like(gamma)
        own[column] = delta[column]
        cross[column, :] += gamma[column, :] / 2
        cross[:, column] += gamma[:, column] / 2
        pieces.append(_Part(own, every, cross))
    return pieces


def _moment_shares(
    parts: list[_Part], delta: FloatArray, gamma: FloatArray, matrix: FloatArray, risk: DeltaGamma, spec: VarSpec
) -> Components:
    """By the joint cumulants of each part with the book."""
    moved, towards = gamma @ matrix, matrix @ delta  # G S and S d
    powers = [np.eye(len(matrix)), moved, moved @ moved, moved @ moved @ moved]
    chain = [towards]
    for _ in range(2):
        chain.append(matrix @ (gamma @ chain[-1]))  # S d, S G S d, S G S G S d
    spread = [matrix @ power for power in powers]  # S (G S)^r
    cumulants = np.zeros((4, len(parts)))
    for place, part in enumerate(parts):
        inner = np.ix_(part.columns, part.columns)
        for order in range(1, 5):
            trace = float((part.hessian * spread[order - 1][inner].T).sum())
            total = math.factorial(order - 1) / 2 * trace
            if order >= 2:
                slope = 2 / order * float(part.gradient @ chain[order - 2])
                for j in range(order - 2):
                    left, right = chain[j][part.columns], chain[order - 3 - j][part.columns]
                    slope += float(left @ part.hessian @ right) / order
                total += math.factorial(order) / 2 * slope
            cumulants[order - 1, place] = total
    shares = from_cumulants((cumulants[0], cumulants[1], cumulants[2], cumulants[3]))
    if spec.parametric.quadratic == "cornish_fisher":
        return cornish_fisher_shares(shares, risk.skewness, risk.excess_kurtosis, spec.confidence_level)
    return _normal_shares(shares, spec.confidence_level)


def _normal_shares(shares: MomentShares, level: float) -> Components:
    per_var, per_es = normal.value_at_risk(1.0, level), normal.expected_shortfall(1.0, level)
    return Components(
        per_var * shares.standard_deviation - shares.mean, per_es * shares.standard_deviation - shares.mean
    )


def _exact_shares(
    parts: list[_Part], delta: FloatArray, gamma: FloatArray, matrix: FloatArray, level: float
) -> Components:
    """Derivatives by size, central differences: linear parts share those of the factors."""
    deviation = math.sqrt(max(float(delta @ matrix @ delta), 0.0))
    root, _ = square_root(matrix)

    def slope(part: _Part) -> tuple[float, float]:
        figures = []
        for size in (_STEP, -_STEP):
            d, g = delta.copy(), gamma.copy()
            part.add_to(d, g, size)
            risk = delta_gamma_risk(d, g, matrix, level, "exact")
            figures.append((risk.value_at_risk, risk.expected_shortfall))
        (up_var, up_es), (down_var, down_es) = figures
        return (up_var - down_var) / (2 * _STEP), (up_es - down_es) / (2 * _STEP)

    moves = [math.sqrt(float(row @ row)) for row in root]
    scale = max(deviation, math.sqrt(float((gamma @ matrix * (gamma @ matrix).T).sum()) / 2 if len(gamma) else 0.0))
    linear = np.zeros((len(delta), 2))
    used = {int(c) for part in parts if not part.hessian.any() for c in np.flatnonzero(part.gradient)}
    for column in used:
        if moves[column] > 0 and scale > 0:  # a unit of the book's own size in this factor
            unit = np.zeros(len(delta))
            unit[column] = scale / moves[column]
            linear[column] = np.array(slope(_Part(unit, np.zeros(0, np.intp), np.zeros((0, 0))))) / unit[column]
    shares = [part.gradient @ linear if not part.hessian.any() else np.array(slope(part)) for part in parts]
    table = np.array(shares).reshape(len(parts), 2)
    return Components(table[:, 0], table[:, 1])


def _summing(shares: FloatArray, total: float) -> FloatArray:
    """The last digits put right: rounding and the differences' error go to the parts in proportion to their size."""
    size = np.abs(shares).sum()
    if size == 0:
        return shares
    return np.asarray(shares + np.abs(shares) / size * (total - shares.sum()), np.float64)
