"""Stress test of a portfolio: windows of history replayed, shocks applied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from riskkit.market import FactorHistory
from riskkit.portfolio import Portfolio
from riskkit.revaluation import Revaluer
from riskkit.scenarios import StressScenario, choose, stressed_levels
from riskkit.stress.built import built_scenario
from riskkit.stress.result import StressResult, StressRow, StressSpec


def stress_test(
    portfolio: Portfolio,
    history: FactorHistory,
    scenarios: Sequence[StressScenario],
    spec: StressSpec | None = None,
) -> StressResult:
    """P&L of a portfolio under stress scenarios, gain positive.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        All there is, up to the valuation date: windows are replayed from it. Factors that the book does not need are
        read only where others follow them.
    scenarios : sequence of StressScenario
    spec : StressSpec, optional
        All scenarios by full revaluation by default, and none built on the page.

    Returns
    -------
    StressResult
        A scenario that cannot be valued has a status and a reason instead of a figure.

    Raises
    ------
    InputError
        An unknown scenario, an expired option, a shock that a level cannot take.
    MarketDataError
        A factor is missing, or of the wrong kind or currency.

    References
    ----------
    Basel Committee (2018), Stress testing principles.

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> from riskkit.scenarios import Shock
    >>> days = np.array(["2020-01-01", "2020-01-02"], "datetime64[D]")
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, np.array([[90.0], [100.0]]))
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 10),))
    >>> crash = StressScenario("crash", "Crash", "an example", shocks=(Shock("kind:equity", -0.2, "relative"),))
    >>> stress_test(book, history, [crash]).rows[0].pnl
    -200.0
    """
    spec = StressSpec() if spec is None else spec
    chosen = choose(scenarios, spec.scenarios)
    if spec.shocks.strip():
        chosen = (*chosen, built_scenario(portfolio, history, spec.shocks, spec.rest))
    history = history.select(portfolio.factors)
    snapshot = history.snapshot()
    book = Revaluer(portfolio, snapshot, spec.revaluation)
    gross = float(np.abs(book.values).sum())
    rows = []
    for scenario in chosen:
        stressed = stressed_levels(scenario, history, snapshot)
        if stressed.levels is None:
            rows.append(StressRow(scenario, None, None, None, stressed.status, stressed.note))
            continue
        by_position = book.position_pnl((stressed.levels - snapshot.levels)[None, :])[0]
        pnl = float(by_position.sum())
        rows.append(StressRow(scenario, pnl, pnl / gross if gross else 0.0, by_position, "ok", stressed.note))
    return StressResult(
        spec=spec,
        portfolio=portfolio,
        as_of=snapshot.as_of,
        value=float(book.values.sum()),
        gross_value=gross,
        rows=tuple(rows),
        notes=_notes(gross, history),
    )


def _notes(gross: float, history: FactorHistory) -> tuple[str, ...]:
    empty = () if gross else ("The book holds nothing: every figure is zero.",)
    held = "Positions and the passing of time are held fixed; only factor levels move."
    return (held, *empty, *history.notes)
