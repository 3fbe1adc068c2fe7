"""Backtests: yesterday's value at risk against today's profit and loss, day after day."""

from riskkit.backtest.analysis import rolling_backtest
from riskkit.backtest.comparison import BookComparison, ComparisonSpec, compare_books
from riskkit.backtest.result import BacktestResult
from riskkit.backtest.spec import BacktestSpec, BriefSpec
from riskkit.backtest.verdicts import Verdict
from riskkit.portfolio import DatedBook

__all__ = [
    "BacktestResult",
    "BacktestSpec",
    "BookComparison",
    "BriefSpec",
    "ComparisonSpec",
    "DatedBook",
    "Verdict",
    "compare_books",
    "rolling_backtest",
]
