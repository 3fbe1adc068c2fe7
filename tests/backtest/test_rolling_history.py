"""The fast way through plain historical simulation is the slow way's figures."""

from dataclasses import replace

import numpy as np
import pytest

from riskkit.backtest import BacktestSpec, rolling_history
from riskkit.backtest.forecasts import forecast_each
from riskkit.backtest.rolling_history import applies
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.var import EstimatorSpec, HistoricalSpec


@pytest.mark.parametrize("level", [0.9, 0.985, 0.999])
@pytest.mark.parametrize("base", ["USD", "EUR"])
@pytest.mark.parametrize("horizon", [(1, "sqrt_time"), (3, "sqrt_time"), (3, "none")])
def test_equal_to_day_by_day(book, history, level, base, horizon, monkeypatch) -> None:
    days, scaling = horizon
    monkeypatch.setattr(rolling_history, "_NUMBERS", 2000)  # several blocks
    spec = BacktestSpec("historical", level, days, 70, scaling=scaling)
    rows = np.arange(200, 200 + 12 * days, days)
    portfolio = replace(book, base_currency=base)
    fast = rolling_history.rolling_history(portfolio, history, rows, spec, lambda _: None)
    slow = forecast_each(portfolio, history, rows, spec, 1, lambda _: None)
    for name in ("var", "expected_shortfall", "pnl"):
        assert getattr(fast, name) == pytest.approx(getattr(slow, name), rel=1e-10)
    assert fast.transforms == pytest.approx(slow.transforms)


def test_floors_are_those_of_the_scenarios(history) -> None:
    """A volatility that falls below zero, a currency that loses everything: the same floors as one by one."""
    levels = history.levels.copy()
    levels[150:, 1] *= 0.02
    levels[150:, 2] *= 1e-4
    wild = replace(history, levels=levels)
    stocks = Portfolio("s", "USD", (Position(Equity("SAP", "EUR"), 5.0), Position(Cash("EUR"), 100.0)))
    spec, rows = BacktestSpec("historical", 0.95, lookback_days=100), np.arange(160, 170)
    fast = rolling_history.rolling_history(stocks, wild, rows, spec, lambda _: None)
    slow = forecast_each(stocks, wild, rows, spec, 1, lambda _: None)
    assert fast.var == pytest.approx(slow.var, rel=1e-10)


def test_applies_to_plain_history_only() -> None:
    assert applies(BacktestSpec("historical", 0.975, 10, 300, scaling="none", seed=4, n_paths=500))
    assert not applies(BacktestSpec("parametric"))
    assert not applies(BacktestSpec("historical", revaluation="delta_gamma"))
    assert not applies(BacktestSpec("historical", historical=HistoricalSpec("age")))
    assert not applies(BacktestSpec("historical", estimators=EstimatorSpec(quantile="linear")))
