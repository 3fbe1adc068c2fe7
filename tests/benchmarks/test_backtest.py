"""A rolling backtest: 1,000 days of 500-day historical simulation of a book like the demo's, against its floor.

`make bench` prints it. The floor is what no engine can leave out: the matrix products of the linear positions and one
vectorised Black-Scholes evaluation for each day's scenarios, measured in the same process.
"""

import sys
import time
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from riskkit.backtest import BacktestSpec, rolling_backtest
from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position
from riskkit.pricing import black_scholes
from riskkit.var import VarSpec, portfolio_var

DAYS, LOOKBACK, STOCKS, ROUNDS = 1000, 500, 17, 5


def problem() -> tuple[Portfolio, FactorHistory]:
    """17 stocks long and short, cash in two currencies, an index put: the demo's shape, invented levels."""
    rng = np.random.default_rng(5)
    names = tuple(f"S{i:02d}" for i in range(STOCKS))
    kinds = [(name, "equity") for name in (*names, "INDEX")] + [("EURUSD", "fx"), ("JPYUSD", "fx")]
    factors = (*(RiskFactor(name, kind, "USD") for name, kind in kinds), RiskFactor("INDEX.vol", "volatility", "USD"))
    moves = rng.standard_t(5, (DAYS + LOOKBACK, len(factors))) * 0.008
    levels = 100 * np.exp(np.cumsum(np.vstack([np.zeros(len(factors)), moves]), axis=0))
    levels[:, -1] = 0.2 + 0.1 * np.tanh(0.1 * np.cumsum(rng.standard_normal(len(levels))))
    days = np.datetime64("2016-01-01") + np.arange(len(levels))
    held = [Position(Equity(name, "USD"), float(rng.normal(0, 1e4))) for name in names]
    put = EuropeanOption("put", "USD", "INDEX", "INDEX.vol", 80.0, date(2023, 12, 15), "put", multiplier=100.0)
    held += [Position(Cash("EUR"), 3e4), Position(Cash("JPY"), 1e4), Position(put, 150.0)]
    return Portfolio("bench", "USD", tuple(held)), FactorHistory(factors, days, levels)


def floor(book: Portfolio, history: FactorHistory) -> None:
    quantities = np.zeros(len(history.factors))
    returns, put = history.returns(), book.positions[-1].instrument
    assert isinstance(put, EuropeanOption)
    for day in range(DAYS):
        changes = returns[day : day + LOOKBACK] * history.levels[day + LOOKBACK]
        changes @ quantities
        black_scholes(put, changes[:, STOCKS] + 100, np.abs(changes[:, -1]) + 0.2, 2.0)


def cpu_seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


@pytest.mark.benchmark
def test_thousand_days_of_historical_simulation() -> None:
    book, history = problem()
    spec = BacktestSpec("historical", 0.99, lookback_days=LOOKBACK, backtest_days=DAYS)
    one_by_one = VarSpec("historical", 0.99, lookback_days=LOOKBACK)
    whole, least, single = [], [], []
    for _ in range(ROUNDS):
        whole.append(cpu_seconds(lambda: rolling_backtest(book, history, spec)))
        least.append(cpu_seconds(lambda: floor(book, history)))
        single.append(cpu_seconds(lambda: portfolio_var(book, history, one_by_one)))
    took, bound, each = min(whole), min(least), min(single)
    sys.stdout.write(
        f"\n{DAYS} days x {LOOKBACK}-day historical simulation, {len(book.positions)} positions: {took:.2f} s of CPU"
        f" with every test; {took / bound:.1f}x the arithmetic alone ({bound:.2f} s);"
        f" {each * DAYS / took:.1f}x faster than portfolio_var day by day ({each * DAYS:.1f} s)\n"
    )
    assert took < each * DAYS
