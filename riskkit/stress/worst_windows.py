"""Worst-of-history search: the windows of the past that would hurt this book most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from riskkit.market import FactorHistory
from riskkit.measures.arguments import whole
from riskkit.portfolio import Portfolio
from riskkit.revaluation import Revaluer
from riskkit.scenarios import StressScenario, level_changes
from riskkit.stress.analysis import stress_test
from riskkit.stress.result import StressResult, StressSpec


@dataclass(frozen=True)
class WorstSpec:
    """How long a window is, and how many are wanted.

    Attributes
    ----------
    horizon_days : int
        Trading days from a window's first level to its last, 1 to 1000.
    n_windows : int
        1 to 100; fewer come back from a short history.
    revaluation : {"full", "delta_gamma"}
    """

    horizon_days: int = 10
    n_windows: int = 5
    revaluation: Literal["full", "delta_gamma"] = "full"

    def __post_init__(self) -> None:
        whole("horizon_days", self.horizon_days, at_least=1, at_most=1000)
        whole("n_windows", self.n_windows, at_least=1, at_most=100)
        StressSpec(revaluation=self.revaluation)


def worst_of_history(portfolio: Portfolio, history: FactorHistory, spec: WorstSpec | None = None) -> StressResult:
    """Replay every window of the history on today's book, and give the worst that share no day, worst first.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        All there is: every window of it is tried.
    spec : WorstSpec, optional

    Returns
    -------
    StressResult
        Its scenarios are windows, named `worst_1`, `worst_2` …

    Raises
    ------
    MarketDataError
        The history is shorter than a window.

    References
    ----------
    Jorion, Value at Risk, chapter on stress testing: historical scenarios of the portfolio.

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.datetime64("2020-01-01") + np.arange(5)
    >>> history = FactorHistory((RiskFactor("A", "equity", "USD"),), days, np.array([[10.0], [8.0], [9.0], [8.1], [9]]))
    >>> book = Portfolio("book", "USD", (Position(Equity("A", "USD"), 10),))
    >>> [round(row.pnl, 6) for row in worst_of_history(book, history, WorstSpec(1, 2)).rows]
    [-18.0, -9.0]
    """
    spec = WorstSpec() if spec is None else spec
    history = history.select(portfolio.factors)
    snapshot = history.snapshot()
    book = Revaluer(portfolio, snapshot, spec.revaluation)
    returns = history.returns(None, spec.horizon_days)
    pnl = book.pnl(level_changes(snapshot, returns)[0])
    chosen: list[int] = []
    for start in np.argsort(pnl, kind="stable").tolist():
        if len(chosen) == spec.n_windows:
            break
        if all(abs(start - other) >= spec.horizon_days for other in chosen):
            chosen.append(start)
    days, source = history.dates, f"The history of this book's factors, {history.first} to {history.last}."
    windows = [
        StressScenario(
            f"worst_{rank}",
            f"{days[start]} to {days[start + spec.horizon_days]}",
            source,
            f"Number {rank} of the worst {spec.horizon_days}-day windows of this book.",
            window=(days[start].item(), days[start + spec.horizon_days].item()),
        )
        for rank, start in enumerate(chosen, start=1)
    ]
    return stress_test(portfolio, history, windows, StressSpec(revaluation=spec.revaluation))
