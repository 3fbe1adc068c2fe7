"""Value at risk of a portfolio: from positions and history to the result."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from riskkit.market import FactorHistory
from riskkit.measures.arguments import whole
from riskkit.portfolio import EuropeanOption, Portfolio
from riskkit.revaluation import Revaluer
from riskkit.var.breakdown import Breakdown
from riskkit.var.covariance_input import CovarianceInput
from riskkit.var.figures import Outcome
from riskkit.var.historical import historical
from riskkit.var.model import CovarianceModel, check_given, covariance_model, uses_covariance
from riskkit.var.monte_carlo import monte_carlo, t_copula
from riskkit.var.options import HistoricalSpec, ParametricSpec
from riskkit.var.parametric import parametric
from riskkit.var.result import VarResult
from riskkit.var.spec import VarSpec

FloatArray = NDArray[np.float64]


def portfolio_var(
    portfolio: Portfolio,
    history: FactorHistory,
    spec: VarSpec | None = None,
    *,
    covariance: CovarianceInput | None = None,
    threads: int | None = None,
) -> VarResult:
    """Value at risk and expected shortfall of a portfolio, losses positive.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        Every factor of the portfolio, up to the valuation date; others are ignored.
    spec : VarSpec, optional
        Historical simulation of 500 days at 99 % over one day by default.
    covariance : CovarianceInput, optional
        Used instead of an estimate from the history, which then gives only today's levels.
    threads : int, optional
        Threads that value scenarios; as many as there are processors by default. The result does not depend on it.

    Returns
    -------
    VarResult
        Figures in the portfolio's base currency over `spec.horizon_days`; its notes say what was assumed.

    Raises
    ------
    InputError
        An expired option, a bond that has been repaid, a covariance that does not fit.
    MarketDataError
        A factor is missing, of the wrong kind or currency; the history is too short.

    References
    ----------
    Hull, Risk Management and Financial Institutions, chapters on historical simulation and model building.

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.datetime64("2020-01-01") + np.arange(6)
    >>> levels = 100 * np.cumprod([1, 0.99, 1.02, 0.97, 1.01, 0.98])
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 1000 / levels[-1]),))
    >>> result = portfolio_var(book, history, VarSpec("historical", 0.8, lookback_days=5))
    >>> round(result.var, 6), round(result.expected_shortfall, 6)
    (30.0, 30.0)
    """
    spec = VarSpec() if spec is None else spec
    check_given(spec, covariance)
    threads = None if threads is None else whole("threads", threads, at_least=1, at_most=1024)
    history = history.select(portfolio.factors)
    snapshot = history.snapshot()
    book = Revaluer(portfolio, snapshot, spec.revaluation)
    how = spec if portfolio.factors else _still(spec)
    model = covariance_model(history, how, covariance) if uses_covariance(how) else None
    outcome = _outcome(book, history, model, how, threads)
    return VarResult(
        spec=spec,
        portfolio=portfolio,
        as_of=snapshot.as_of,
        value=float(book.values.sum()),
        gross_value=float(np.abs(book.values).sum()),
        var=outcome.var,
        expected_shortfall=outcome.expected_shortfall,
        pnl=outcome.pnl,
        pnl_dates=history.dates[-outcome.n_scenarios :] if _days_in_order(spec) else None,
        standard_deviation=outcome.standard_deviation,
        n_scenarios=outcome.n_scenarios,
        estimator=outcome.estimator,
        notes=(
            *_horizon_notes(spec),
            *(() if portfolio.factors else ("No position depends on a risk factor: nothing can move.",)),
            *outcome.notes,
            *_book_notes(portfolio, history, spec, book, outcome),
            *history.notes,
        ),
        breakdown=_breakdown(history, book, outcome, spec, model),
        error=outcome.error,
        scenario_weights=outcome.weights,
        factors=outcome.factors,
        degrees_of_freedom=outcome.degrees_of_freedom,
    )


def _outcome(
    book: Revaluer, history: FactorHistory, model: CovarianceModel | None, spec: VarSpec, threads: int | None
) -> Outcome:
    if spec.method == "historical":
        return historical(book, history, spec, threads)
    if model is None:
        return t_copula(book, history, spec, threads)
    if spec.method == "parametric":
        return parametric(book, history, model, spec)
    return monte_carlo(book, history, model, spec, threads)


def _still(spec: VarSpec) -> VarSpec:
    """The plain form of the method: a book in which nothing moves has no volatility, copula or curvature to fit."""
    return replace(
        spec,
        method="monte_carlo_normal" if spec.method == "monte_carlo_t_copula" else spec.method,
        covariance="sample",
        historical=HistoricalSpec(),
        parametric=ParametricSpec(),
    )


def _days_in_order(spec: VarSpec) -> bool:
    """Whether the scenarios are the history's days: not so for a bootstrap of several days."""
    return spec.method == "historical" and (spec.historical.weighting != "filtered" or spec.step_days == 1)


def _breakdown(
    history: FactorHistory, book: Revaluer, outcome: Outcome, spec: VarSpec, model: CovarianceModel | None
) -> Breakdown:
    def volatility() -> FloatArray:
        if model is not None:
            return np.sqrt(np.diag(model.matrix))
        return np.asarray(history.returns(spec.lookback_days).std(axis=0, ddof=1), np.float64)

    return Breakdown(book.values, outcome.components, history.factors, lambda: book.exposure, volatility)


def _horizon_notes(spec: VarSpec) -> tuple[str, ...]:
    if spec.horizon_days == 1:
        return ()
    if spec.scaling == "sqrt_time":
        return (f"One-day figures times the square root of {spec.horizon_days} days.",)
    if spec.method == "historical":
        return (f"Factor returns over {spec.horizon_days} days; they overlap, so scenarios are not independent.",)
    return (f"One-day covariance times {spec.horizon_days} days.",)


def _book_notes(
    portfolio: Portfolio, history: FactorHistory, spec: VarSpec, book: Revaluer, outcome: Outcome
) -> tuple[str, ...]:
    if not any(position.quantity for position in portfolio.positions):
        return ("The book holds nothing: every figure is zero.",)
    # A linear book with P&L worth the name has exposures: they need not be worked out to see that.
    moved = book.is_linear and outcome.pnl is not None and np.ptp(outcome.pnl) > 1e-9 * np.abs(book.values).sum()
    if not moved and not book.exposure.any():
        return ("The value of this book moves with no market factor, to first order.",)
    horizon = timedelta(days=spec.horizon_days * 7 // 5)
    ending = [
        position.symbol
        for position in portfolio.positions
        if isinstance(position.instrument, EuropeanOption) and position.instrument.expiry < history.last + horizon
    ]
    if ending:
        return (f"{', '.join(ending)}: expires within the horizon; its time to expiry is held fixed.",)
    return ()
