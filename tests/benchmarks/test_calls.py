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


def least(call, rounds: int = 50) -> float:
    """Milliseconds of CPU."""
    call()
    took = []
    for _ in range(rounds):
        start = time.process_time()
        call()
        took.append(1e3 * (time.process_time() - start))
    return min(took)


def by_hand(book: Portfolio, history: FactorHistory) -> tuple[float, float, np.ndarray, np.ndarray]:
    """VaR and ES at 99 % of 500 days, and both components, in bare numpy: no checks, no errors, no words."""
    levels, held = history.levels, np.array([position.quantity for position in book.positions])
    pnl = (levels[1:] / levels[:-1] - 1.0) * (levels[-1] * held)
    tail = np.argsort(pnl.sum(axis=1))[:5]
    var, shortfall = -pnl[tail[-1]], -pnl[tail].mean(axis=0)
    return float(var.sum()), float(shortfall.sum()), var, shortfall


@pytest.mark.benchmark
def test_historical_beside_bare_numpy() -> None:
    """500 days x 19 shares: VaR, expected shortfall and both components, then the tables as well."""
    rng = np.random.default_rng(1)
    factors = tuple(RiskFactor(f"S{i:02d}", "equity", "USD") for i in range(19))
    levels = 100.0 * np.exp(np.cumsum(rng.standard_t(5, (501, 19)) * 0.01, axis=0))
    history = FactorHistory(factors, np.datetime64("2020-01-01") + np.arange(501), levels)
    quantities = rng.normal(0, 500, 19).tolist()
    held = (Position(Equity(f.name, "USD"), quantity) for f, quantity in zip(factors, quantities, strict=True))
    book, spec = Portfolio("shares", "USD", tuple(held)), VarSpec(lookback_days=500)

    def with_tables() -> None:
        result = portfolio_var(book, history, spec)
        assert len(result.components) == len(result.exposures) == 19

    bare, figures = least(lambda: by_hand(book, history)), least(lambda: portfolio_var(book, history, spec))
    tables = least(with_tables)
    sys.stdout.write(
        f"\n500 days x 19 shares, ms of CPU, least of 50: numpy by hand {bare:.2f}, figures and components "
        f"{figures:.2f} ({figures / bare:.1f} times), with both tables {tables:.2f} ({tables / bare:.1f} times)\n"
    )
    result, expected = portfolio_var(book, history, spec), by_hand(book, history)
    assert (result.var, result.expected_shortfall) == pytest.approx(expected[:2], rel=1e-9)
    np.testing.assert_allclose(result.component_var, expected[2], rtol=1e-9)
    np.testing.assert_allclose(result.component_es, expected[3], rtol=1e-9)
    assert figures < 0.7 * tables


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
