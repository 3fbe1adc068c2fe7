"""Every call a dashboard makes of the engine, on a book like the demo's: the 95th percentile of 200 calls."""

import sys
import time
from datetime import date

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position
from riskkit.stress import stress_test
from riskkit.var import HistoricalSpec, ParametricSpec, VarSpec, incremental_var, portfolio_var

CALLS, SHARES, DAYS = 200, 12, 500
MOST_MILLISECONDS = 50.0
#: Printed, not held to that: a simulation draws its paths, the exact method derives components by differences.
LONGER = (
    "parametric, exact delta-gamma",
    "Monte Carlo normal, 100,000",
    "Monte Carlo t, 100,000",
    "t copula, 20,000, freedom given",
)


def problem() -> tuple[Portfolio, FactorHistory]:
    rng = np.random.default_rng(1)
    names = [f"S{i:02d}" for i in range(SHARES)]
    factors = [RiskFactor(name, "equity", "USD") for name in (*names, "SP500")]
    factors += [RiskFactor("SP500.vol", "volatility", "USD")]
    factors += [RiskFactor(name, "fx", "USD") for name in ("EURUSD", "JPYUSD")]
    moves = rng.standard_t(5, (DAYS, len(factors))) * 0.01
    levels = np.array([100.0] * (SHARES + 1) + [0.25, 1.1, 0.009]) * np.exp(np.cumsum(moves, axis=0))
    history = FactorHistory(tuple(factors), np.datetime64("2020-01-01") + np.arange(DAYS), levels)
    put = EuropeanOption("put", "USD", "SP500", "SP500.vol", 90.0, date(2022, 12, 16), "put", multiplier=100.0)
    held = [Position(Equity(name, "USD"), float(rng.normal(0, 500))) for name in names]
    held += [Position(Cash("EUR"), 1e5), Position(Cash("JPY"), 1e7), Position(put, 5.0)]
    return Portfolio("demo-like", "USD", tuple(held)), history


@pytest.mark.benchmark
def test_every_call_of_a_dashboard() -> None:
    book, history = problem()
    days = DAYS - 1
    specs = {
        "historical": VarSpec(lookback_days=days),
        "age-weighted": VarSpec(lookback_days=days, historical=HistoricalSpec("age")),
        "volatility-scaled": VarSpec(lookback_days=days, historical=HistoricalSpec("volatility")),
        "parametric": VarSpec("parametric", lookback_days=days),
        "parametric, exact delta-gamma": VarSpec(
            "parametric", lookback_days=days, parametric=ParametricSpec(quadratic="exact")
        ),
        "Monte Carlo normal, 100,000": VarSpec("monte_carlo_normal", lookback_days=days),
        "Monte Carlo t, 100,000": VarSpec("monte_carlo_t", lookback_days=days),
        "t copula, 20,000, freedom given": VarSpec(
            "monte_carlo_t_copula", lookback_days=days, n_paths=20_000, degrees_of_freedom=5.0
        ),
    }
    calls = {name: lambda s=spec: portfolio_var(book, history, s) for name, spec in specs.items()}
    result = portfolio_var(book, history, specs["historical"])
    calls["by factor"] = result.by_factor
    calls["tables"] = result.tables
    calls["incremental, one trade"] = lambda: incremental_var(book, history, [book.positions[0]], specs["historical"])
    calls["stress test"] = lambda: stress_test(book, history, ())
    lines, slow = [f"milliseconds of CPU, median and 95th percentile of {CALLS} calls:"], []
    for name, call in calls.items():
        call()
        took = np.empty(CALLS)
        for i in range(CALLS):
            start = time.process_time()
            call()
            took[i] = 1e3 * (time.process_time() - start)
        median, p95 = np.percentile(took, [50, 95])
        lines.append(f"  {name:34s} {median:7.1f} {p95:7.1f}")
        if p95 > MOST_MILLISECONDS and name not in LONGER:
            slow.append(name)
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert not slow
