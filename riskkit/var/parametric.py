"""The parametric method: the linearised book under a named law, or the book to second order in normal returns."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from riskkit.market import FactorHistory
from riskkit.measures import normal
from riskkit.measures.contributions import Components, euler_standard_deviation
from riskkit.measures.cornish_fisher import cornish_fisher
from riskkit.measures.moment_shares import expansion_shares
from riskkit.measures.student import student_expected_shortfall, student_value_at_risk
from riskkit.revaluation import Revaluer
from riskkit.var.figures import FactorParts, Outcome
from riskkit.var.linear import exposure_shares
from riskkit.var.model import CovarianceModel
from riskkit.var.monte_carlo import degrees_of_freedom
from riskkit.var.spec import VarSpec

FloatArray = NDArray[np.float64]


def parametric(book: Revaluer, history: FactorHistory, model: CovarianceModel, spec: VarSpec) -> Outcome:
    """The figures of the spec's law; the mean is zero, but for the convexity of a quadratic book."""
    method = spec.parametric.quadratic
    if method != "none":
        # Imported here: scipy.optimize takes 1 s to import, and only the quadratic book needs it.
        from riskkit.var.quadratic import quadratic

        return quadratic(book, history.snapshot(), model, spec, method)
    shares = euler_standard_deviation(book.exposures, model.matrix) * np.sqrt(spec.horizon_days)
    by_factor = exposure_shares(book.exposure, model.matrix) * np.sqrt(spec.horizon_days)
    deviation = max(float(shares.sum()), 0.0)
    linear = "The book is linearised: options and bonds enter by their first derivatives."
    if spec.parametric.distribution == "cornish_fisher":
        return _cornish_fisher(book, history, model, spec, (shares, by_factor))
    per_var = normal.value_at_risk(1.0, spec.confidence_level)
    per_es = normal.expected_shortfall(1.0, spec.confidence_level)
    law, notes, freedom = "Delta-normal: the normal quantile", (*model.notes, linear), None
    if spec.parametric.distribution == "student_t":
        freedom, note = degrees_of_freedom(book, history, spec)
        per_var = student_value_at_risk(0.0, 1.0, freedom, spec.confidence_level)
        per_es = student_expected_shortfall(0.0, 1.0, freedom, spec.confidence_level)
        law, notes = f"Delta-t: the quantile of a Student-t ({freedom:.2f} degrees of freedom)", (*notes, note)
    return Outcome(
        deviation * per_var,
        deviation * per_es,
        deviation,
        Components(shares * per_var, shares * per_es),
        FactorParts(lambda: Components(by_factor * per_var, by_factor * per_es)),
        None,
        model.n_returns,
        f"{law} {per_var:.4f} (VaR) and {per_es:.4f} (expected shortfall) times the standard deviation of the "
        "linearised book; mean zero.",
        notes,
        degrees_of_freedom=freedom,
    )


def _cornish_fisher(
    book: Revaluer,
    history: FactorHistory,
    model: CovarianceModel,
    spec: VarSpec,
    shares: tuple[FloatArray, FloatArray],
) -> Outcome:
    """Deviation by the covariance; skewness and kurtosis of the linearised book's own past P&L."""
    returns = history.returns(spec.lookback_days)
    positions = expansion_shares(returns @ book.exposures.T, shares[0], spec.confidence_level)
    factors = expansion_shares(returns * book.exposure, shares[1], spec.confidence_level)
    found = positions.moments
    deviation = max(float(shares[0].sum()), 0.0)
    figures = cornish_fisher(0.0, deviation, found.skewness, found.excess_kurtosis, spec.confidence_level)
    note = (
        f"Skewness {found.skewness:.3f} and excess kurtosis {found.excess_kurtosis:.3f} of the linearised book's "
        f"{len(returns)} daily P&L figures."
    )
    if spec.horizon_days > 1:
        note += " They are taken for the whole horizon, although sums of days come closer to normal."
    outcome = Outcome(
        figures.value_at_risk,
        figures.expected_shortfall,
        deviation,
        positions.components,
        FactorParts(lambda: factors.components),
        None,
        model.n_returns,
        f"Cornish-Fisher: the normal quantile {float(ndtri(spec.confidence_level)):.4f} corrected for skewness and "
        "kurtosis, times the standard deviation of the linearised book; mean zero; the expected shortfall is the "
        "expansion's own mean over the tail.",
        (*model.notes, note),
    )
    return replace(outcome, notes=(*outcome.notes, figures.warning)) if figures.warning else outcome
