"""10,000 linear positions x 1,000 scenarios: positions are netted by factor before any scenario is valued."""

import sys
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.scenarios import level_changes
from riskkit.var import VarSpec, portfolio_var

POSITIONS, FACTORS, SCENARIOS, ROUNDS = 10_000, 500, 1_000, 7


def least(call) -> float:
    times = []
    for _ in range(ROUNDS):
        start = time.process_time()
        call()
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.benchmark
def test_linear_positions_are_netted() -> None:
    rng = np.random.default_rng(1)
    factors = tuple(RiskFactor(f"F{i:03d}", "equity", "USD") for i in range(FACTORS))
    levels = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (SCENARIOS + 1, FACTORS)), axis=0))
    history = FactorHistory(factors, np.datetime64("2015-01-01") + np.arange(SCENARIOS + 1), levels)
    names = [factor.name for factor in factors]
    held = (Position(Equity(f"P{i}", "USD", names[i % FACTORS]), float(rng.normal())) for i in range(POSITIONS))
    book = Portfolio("linear", "USD", tuple(held))
    bound = Revaluer(book, history.snapshot())
    changes, _ = level_changes(history.snapshot(), history.returns(SCENARIOS))
    with threadpool_limits(1, "blas"):  # as when the product values scenarios
        netted, by_position = least(lambda: bound.pnl(changes)), least(lambda: bound.position_pnl(changes))
    whole = least(lambda: portfolio_var(book, history, VarSpec(lookback_days=SCENARIOS)))
    sys.stdout.write(
        f"\n{POSITIONS:,} linear positions x {SCENARIOS:,} scenarios on {FACTORS} factors, ms of CPU: netted "
        f"{1e3 * netted:.2f}, by position {1e3 * by_position:.0f}; portfolio_var from positions to components "
        f"{1e3 * whole:.0f}\n"
    )
    assert netted < by_position / 20
    assert bound.pnl(changes) == pytest.approx(bound.position_pnl(changes).sum(axis=1), rel=1e-6, abs=1e-6)
