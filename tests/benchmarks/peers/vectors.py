"""The bare quantile: VaR and expected shortfall of a vector of P&L, gain positive, by each library's own functions."""

from __future__ import annotations

import empyrical
import numpy as np
import QuantLib
import riskfolio
from answers import FloatArray
from skfolio.measures import cvar, value_at_risk
from workloads import LEVEL

from riskkit.measures import empirical

#: As a user writes it: 1 - 0.99 is 0.010000000000000009, whose ceiling falls one place too far.
TAIL = 0.01

Pair = tuple[float, float]


def riskkit_vector(pnl: FloatArray) -> Pair:
    """`measures.empirical`: k-th largest loss, k = ceil(n (1 - c)) in exact arithmetic; Acerbi-Tasche mean."""
    found = empirical.tail_figures(-pnl, LEVEL)
    return found.value_at_risk, found.expected_shortfall


def numpy_vector(pnl: FloatArray) -> Pair:
    """`np.percentile` (type 7) and the mean of what lies at or beyond it."""
    quantile = np.percentile(pnl, 100 * TAIL)
    return -quantile, -pnl[pnl <= quantile].mean()


def skfolio_vector(pnl: FloatArray) -> Pair:
    """`skfolio.measures`."""
    return value_at_risk(pnl, LEVEL), cvar(pnl, LEVEL)


def riskfolio_vector(pnl: FloatArray) -> Pair:
    """`riskfolio.VaR_Hist`, `CVaR_Hist`."""
    return riskfolio.VaR_Hist(pnl, alpha=TAIL), riskfolio.CVaR_Hist(pnl, alpha=TAIL)


def empyrical_vector(pnl: FloatArray) -> Pair:
    """`empyrical.value_at_risk`, `conditional_value_at_risk`, a loss negative there."""
    return -empyrical.value_at_risk(pnl, TAIL), -empyrical.conditional_value_at_risk(pnl, TAIL)


def quantlib_vector(pnl: FloatArray) -> Pair:
    """`QuantLib.RiskStatistics`."""
    statistics = QuantLib.RiskStatistics()
    statistics.add(pnl)
    return statistics.valueAtRisk(LEVEL), statistics.expectedShortfall(LEVEL)
