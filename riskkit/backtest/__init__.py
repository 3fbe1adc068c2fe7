"""Backtests: yesterday's value at risk against today's profit and loss, day after day."""

from riskkit.backtest.analysis import rolling_backtest
from riskkit.backtest.result import BacktestResult
from riskkit.backtest.spec import BacktestSpec
from riskkit.backtest.verdicts import Verdict
from riskkit.portfolio import DatedBook

__all__ = ["BacktestResult", "BacktestSpec", "DatedBook", "Verdict", "rolling_backtest"]
