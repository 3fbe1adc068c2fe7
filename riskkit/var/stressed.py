"""Stressed VaR: today's book in the worst stretch of its history."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import numpy as np
import pandas as pd

from riskkit.errors import MarketDataError
from riskkit.market import FactorHistory
from riskkit.measures.stressed import Measure, worst_window
from riskkit.portfolio import Portfolio
from riskkit.revaluation import Revaluer
from riskkit.scenarios import level_changes
from riskkit.var.analysis import portfolio_var
from riskkit.var.result import VarResult
from riskkit.var.spec import VarSpec
from riskkit.var.valuation import Given, value_scenarios


@dataclass(frozen=True, eq=False)
class StressedVarResult:
    """VaR today, and VaR as if the worst period of history were the last one.

    Attributes
    ----------
    start, end : date
        First and last day of the returns of the worst period.
    stressed, current : VarResult
        By the same spec: on the returns of that period at today's levels, and on the latest ones.
    search : DataFrame
        end, figure: what was maximised (one day, base currency), for the window that ends on each day.
    """

    start: date
    end: date
    stressed: VarResult
    current: VarResult
    search: pd.DataFrame

    @property
    def ratio(self) -> float | None:
        """Stressed over current VaR; None where the current VaR is not above zero."""
        return self.stressed.var / self.current.var if self.current.var > 0 else None


def stressed_var(
    portfolio: Portfolio,
    history: FactorHistory,
    spec: VarSpec | None = None,
    *,
    measure: Measure = "expected_shortfall",
) -> StressedVarResult:
    """VaR of today's book on the returns of the worst period of its history, losses positive.

    The search revalues today's book under every daily return there is and takes the window of `spec.lookback_days`
    with the largest measure, of equal ones the latest. The figures then are those of the spec's own method on that
    window: any method, full revaluation kept.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        The whole history to search; more than `lookback_days` returns.
    spec : VarSpec, optional
        250 days at 99 % by historical simulation by default.
    measure : {"expected_shortfall", "value_at_risk"}
        What the search maximises.

    Returns
    -------
    StressedVarResult

    Raises
    ------
    InputError, MarketDataError
        As `portfolio_var`; a history shorter than the window.

    References
    ----------
    Basel Framework, MAR33.7 (the period of stress); Basel 2.5, revisions to market risk, paragraph 718(Lxxvi)(i).

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.datetime64("2020-01-01") + np.arange(101)
    >>> levels = np.cumprod(1 + 0.01 * np.random.default_rng(0).standard_normal(101))
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 10),))
    >>> result = stressed_var(book, history, VarSpec(lookback_days=50))
    >>> result.stressed.expected_shortfall >= result.current.expected_shortfall
    True
    """
    spec = VarSpec(lookback_days=250) if spec is None else spec
    history = history.select(portfolio.factors)
    span = spec.lookback_days + spec.step_days - 1
    if len(history.dates) <= span:
        expected = f"at least {span} to search for the worst {spec.lookback_days}"
        raise MarketDataError("history", f"{len(history.dates) - 1} returns", expected)
    book = Revaluer(portfolio, history.snapshot(), spec.revaluation)
    changes, _ = level_changes(history.snapshot(), history.returns())
    pnl = value_scenarios(book.pnl, Given(changes), 0, None).pnl
    worst = worst_window(pnl, span, spec.confidence_level, measure)
    days = history.dates[1:]
    stressed = portfolio_var(portfolio, _as_if_last(history, worst.start, worst.stop), spec)
    first, last = cast("date", days[worst.start].item()), cast("date", days[worst.stop - 1].item())
    dates = stressed.pnl_dates
    if dates is not None:
        dates = days[worst.stop - len(dates) : worst.stop]
    note = f"Returns of the worst {span} days for this book, {first} to {last}, at today's levels."
    notes = (note, *(n for n in stressed.notes if not n.startswith("Historical simulation of")))
    return StressedVarResult(
        first,
        last,
        replace(stressed, pnl_dates=dates, notes=notes),
        portfolio_var(portfolio, history, spec),
        pd.DataFrame({"end": days[span - 1 :], "figure": worst.path}),
    )


def _as_if_last(history: FactorHistory, start: int, stop: int) -> FactorHistory:
    """A history that ends at today's levels and date, and whose last returns are those of rows [start, stop)."""
    returns = history.returns()[start:stop]
    levels = np.empty((len(returns) + 1, len(history.factors)))
    levels[-1] = history.levels[-1]
    for column, factor in enumerate(history.factors):
        moves = returns[::-1, column]
        if factor.return_type == "absolute":
            levels[-2::-1, column] = levels[-1, column] - np.cumsum(moves)
        else:
            growth = np.log1p(moves) if factor.return_type == "relative" else moves
            levels[-2::-1, column] = levels[-1, column] * np.exp(-np.cumsum(growth))
    return replace(history, dates=history.dates[-len(levels) :], levels=levels)
