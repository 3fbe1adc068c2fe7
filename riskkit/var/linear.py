"""A linear book under an elliptical law: its P&L is one random number, and so are its shares."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from riskkit.market import MarketSnapshot
from riskkit.measures import normal
from riskkit.measures.arguments import sample
from riskkit.measures.contributions import Components, euler_standard_deviation
from riskkit.measures.degrees_of_freedom import unit_scale
from riskkit.measures.simulation import Paths
from riskkit.measures.student import student_expected_shortfall, student_value_at_risk
from riskkit.revaluation import Revaluer
from riskkit.scenarios.sets import lowest_changes
from riskkit.var.figures import FactorParts, Outcome, estimator, short_tail, simulated_error, tail_of
from riskkit.var.model import CovarianceModel
from riskkit.var.spec import VarSpec
from riskkit.var.valuation import value_scenarios

FloatArray = NDArray[np.float64]

#: Most of a Student-t's probability that may lie below the factors' floors for the book to pass as linear.
_BELOW_FLOORS = 1e-4


def is_elliptical(book: Revaluer, base: MarketSnapshot, root: FloatArray, degrees_of_freedom: float | None) -> bool:
    """Whether the P&L is a weighted sum of factors that are jointly normal or Student-t.

    Not so with log returns of a factor that is held, or where a factor's floor is in reach: 14 standard deviations for
    a normal, a probability of 1e-4 over all factors for a Student-t.

    Parameters
    ----------
    root : array (F, R)
        Level changes' covariance is root root'.
    """
    held = book.exposure != 0
    if not book.is_linear or any(f.return_type == "log" for f, here in zip(base.factors, held, strict=True) if here):
        return False
    deviations = np.sqrt((root**2).sum(axis=1))
    live = held & (deviations > 0)
    floors = lowest_changes(base)[live] / deviations[live]
    if degrees_of_freedom is None:
        return bool((floors < -14.0).all())
    return float(stdtr(degrees_of_freedom, floors / unit_scale(degrees_of_freedom)).sum()) < _BELOW_FLOORS


def linear_outcome(
    book: Revaluer,
    model: CovarianceModel,
    degrees_of_freedom: float | None,
    spec: VarSpec,
    threads: int | None,
    notes: tuple[str, ...],
) -> Outcome:
    """Draw the P&L itself; every share is its Euler share of the standard deviation times the figure.

    Examples
    --------
    Under an elliptical law E[P&L of i | P&L] = share_i / sd * P&L: the components are exact, not a tail's mean.
    """
    shares = euler_standard_deviation(book.exposures, model.matrix) * math.sqrt(spec.step_days)
    deviation = max(float(shares.sum()), 0.0)
    paths = Paths(np.array([[deviation]]), spec.n_paths, spec.seed, degrees_of_freedom, spec.simulation.sampling)
    pnl = value_scenarios(lambda changes: changes[:, 0], paths, 0, threads).pnl * spec.time_factor
    losses = sample("losses", 0.0 - pnl)
    tail = tail_of(losses, spec)
    worst = losses[tail.indices]
    var, shortfall = float(tail.var_weights @ worst), float(tail.es_weights @ worst)
    whole = deviation * spec.time_factor
    law, figures = _closed_form(whole, degrees_of_freedom, spec.confidence_level)
    note = (
        f"The book is linear and its factors are jointly {law}: its P&L was drawn as one number a path, "
        "which is exactly the law of the whole matrix. "
        f"In closed form VaR is {figures[0]:,.2f} and expected shortfall {figures[1]:,.2f}."
    )
    factors = exposure_shares(book.exposure, model.matrix)

    def split(parts: FloatArray) -> Components:
        total = float(parts.sum())
        unit = parts / total if total > 0 else np.zeros_like(parts)
        return Components(unit * var, unit * shortfall)

    return Outcome(
        var,
        shortfall,
        float(pnl.std(ddof=1)),
        split(shares),
        FactorParts(lambda: split(factors)),
        pnl,
        len(pnl),
        estimator(spec, weighted=False),
        (*notes, note, *short_tail(len(pnl), spec)),
        lambda: simulated_error(losses, spec),
    )


def exposure_shares(exposure: FloatArray, covariance: FloatArray) -> FloatArray:
    """Euler shares of a linear book's standard deviation by factor, (F,): exposure times covariance with the book.

    Examples
    --------
    >>> exposure_shares(np.array([3.0, 4.0]), np.eye(2)).tolist()
    [1.8, 3.2]
    """
    return euler_standard_deviation(np.diag(exposure), covariance)


def _closed_form(deviation: float, freedom: float | None, level: float) -> tuple[str, tuple[float, float]]:
    if freedom is None:
        return "normal", (normal.value_at_risk(deviation, level), normal.expected_shortfall(deviation, level))
    figures = (
        student_value_at_risk(0.0, deviation, freedom, level),
        student_expected_shortfall(0.0, deviation, freedom, level),
    )
    return "Student-t", figures
