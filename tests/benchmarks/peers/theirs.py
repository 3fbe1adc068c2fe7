"""The same task with what a user would pick instead; each library in the way its documentation shows.

None of the four libraries simulates a portfolio's normal Monte Carlo in one call, so under Monte Carlo the paths come
from numpy and the library measures them. Weights are values over the gross value: a share of 1.0 is the scale that the
finite differences of skfolio and riskfolio-lib are made for.
"""

from __future__ import annotations

import numpy as np
import riskfolio
from answers import Answer, FloatArray
from skfolio import ExtraRiskMeasure, Portfolio, RiskMeasure
from vectors import TAIL, empyrical_vector, quantlib_vector, riskfolio_vector
from workloads import LEVEL, SEED, Workload


def values(work: Workload) -> FloatArray:
    """What each position is worth, USD."""
    return work.quantities * work.prices[-1]


def moves(work: Workload) -> FloatArray:
    """Returns of the assets (S, P): the past ones, or simulated by the function every tutorial uses."""
    returns = work.prices[1:] / work.prices[:-1] - 1.0
    if not work.n_paths:
        return returns
    np.random.seed(SEED)
    covariance = np.cov(returns, rowvar=False)
    return np.random.multivariate_normal(np.zeros(len(covariance)), covariance, work.n_paths)


def moves_by_generator(work: Workload) -> FloatArray:
    """The same by numpy's newer generator and a Cholesky root."""
    covariance = np.cov(work.prices[1:] / work.prices[:-1] - 1.0, rowvar=False)
    rng = np.random.default_rng(SEED)
    return rng.multivariate_normal(np.zeros(len(covariance)), covariance, work.n_paths, method="cholesky")


def by_numpy(work: Workload) -> Answer:
    """`np.percentile`, a mean beyond it, and components written by hand."""
    return _by_hand(moves(work), values(work))


def by_numpy_generator(work: Workload) -> Answer:
    """As `by_numpy`, on the newer generator."""
    return _by_hand(moves_by_generator(work), values(work))


def _by_hand(returns: FloatArray, worth: FloatArray) -> Answer:
    pnl = returns @ worth
    quantile = np.percentile(pnl, 100 * TAIL)
    tail = pnl <= quantile
    nearest = int(np.abs(pnl - quantile).argmin())
    return Answer(-quantile, -pnl[tail].mean(), -returns[nearest] * worth, -returns[tail].mean(axis=0) * worth)


def by_skfolio(work: Workload) -> Answer:
    """`Portfolio` and its `contribution`."""
    portfolio, gross = _skfolio_portfolio(work)
    return Answer(
        portfolio.value_at_risk * gross,
        portfolio.cvar * gross,
        portfolio.contribution(ExtraRiskMeasure.VALUE_AT_RISK) * gross,
        portfolio.contribution(RiskMeasure.CVAR) * gross,
    )


def by_skfolio_totals(work: Workload) -> Answer:
    """`Portfolio` without `contribution`."""
    portfolio, gross = _skfolio_portfolio(work)
    return Answer(portfolio.value_at_risk * gross, portfolio.cvar * gross)


def _skfolio_portfolio(work: Workload) -> tuple[Portfolio, float]:
    worth = values(work)
    gross = float(np.abs(worth).sum())
    return Portfolio(moves(work), weights=worth / gross, value_at_risk_beta=LEVEL, cvar_beta=LEVEL), gross


def by_riskfolio(work: Workload) -> Answer:
    """`VaR_Hist`, `CVaR_Hist` and `Risk_Contribution`."""
    worth, returns = values(work), moves(work)
    gross = float(np.abs(worth).sum())
    weights = worth / gross
    shares = [riskfolio.Risk_Contribution(weights, returns, rm=rm, alpha=TAIL) * gross for rm in ("VaR", "CVaR")]
    return Answer(*riskfolio_vector(returns @ worth), *shares)


def by_riskfolio_totals(work: Workload) -> Answer:
    """`VaR_Hist` and `CVaR_Hist` without `Risk_Contribution`."""
    return Answer(*riskfolio_vector(moves(work) @ values(work)))


def by_empyrical(work: Workload) -> Answer:
    """`value_at_risk` and `conditional_value_at_risk`; it has no components."""
    return Answer(*empyrical_vector(moves(work) @ values(work)))


def by_quantlib(work: Workload) -> Answer:
    """`RiskStatistics`; it has no components."""
    return Answer(*quantlib_vector(moves(work) @ values(work)))
