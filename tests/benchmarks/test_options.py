"""1,000 options x 10,000 scenarios by full revaluation, against the vectorised Black-Scholes evaluation alone.

Two floors, each by the same number of threads, with no checks and nothing kept but the sum: option by option, a
logarithm and a division for every price; and the leanest that numpy and scipy give, where options on one underlying
share the logarithm and what is left is little but two normal distribution functions a price. The analysis, VaR and
components and errors included, may cost 1.2 times the leanest.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import numpy as np
import pytest
from scipy.special import ndtr

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import EuropeanOption, Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.var import VarSpec, portfolio_var

OPTIONS, SCENARIOS, UNDERLYINGS, ROUNDS, THREADS = 1_000, 10_000, 20, 5, 2
MOST = 1.2
BLOCK = 1024


def problem() -> tuple[Portfolio, FactorHistory]:
    rng = np.random.default_rng(1)
    factors: list[RiskFactor] = []
    for i in range(UNDERLYINGS):
        factors += [RiskFactor(f"S{i:02d}", "equity", "USD"), RiskFactor(f"S{i:02d}.vol", "volatility", "USD")]
    days = np.datetime64("1990-01-01") + np.arange(SCENARIOS + 1)
    levels = np.empty((len(days), len(factors)))
    levels[:, 0::2] = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (len(days), UNDERLYINGS)), axis=0))
    levels[:, 1::2] = 0.2 + 0.05 * np.sin(np.cumsum(rng.normal(0, 0.02, (len(days), UNDERLYINGS)), axis=0))
    held = []
    for i in range(OPTIONS):
        name, kind = f"S{i % UNDERLYINGS:02d}", "call" if i % 2 else "put"
        strike = float(levels[-1, 2 * (i % UNDERLYINGS)] * rng.uniform(0.8, 1.2))
        option = EuropeanOption(f"O{i}", "USD", name, f"{name}.vol", strike, date(2018, 6, 1), kind, rate=0.01)
        held.append(Position(option, float(rng.normal(0, 10))))
    return Portfolio("options", "USD", tuple(held)), FactorHistory(tuple(factors), days, levels)


def one_by_one(book: Portfolio, as_of: date, spot: np.ndarray, vol: np.ndarray) -> np.ndarray:
    """Sum of quantity times price in each scenario (S,), from spots and volatilities (U, S)."""
    total = np.zeros(spot.shape[1])
    for i, position in enumerate(book.positions):
        option, column = position.instrument, i % UNDERLYINGS
        time_left = (option.expiry - as_of).days / 365.0
        sign = 1.0 if option.kind == "call" else -1.0
        strike = option.strike * np.exp(-option.rate * time_left)
        deviation = vol[column] * np.sqrt(time_left)
        d1 = np.log(spot[column] / strike) / deviation + 0.5 * deviation
        price = sign * (spot[column] * ndtr(sign * d1) - strike * ndtr(sign * (d1 - deviation)))
        total += position.quantity * price
    return total


def together(book: Portfolio, as_of: date, spot: np.ndarray, vol: np.ndarray) -> np.ndarray:
    """The same, all options of an underlying at once."""
    total = np.zeros(spot.shape[1])
    for column in range(UNDERLYINGS):
        held = book.positions[column::UNDERLYINGS]
        options = [position.instrument for position in held]
        time_left = np.array([(option.expiry - as_of).days / 365.0 for option in options])
        sign = np.array([1.0 if option.kind == "call" else -1.0 for option in options])
        strike = np.array([option.strike for option in options]) * np.exp(-options[0].rate * time_left)
        weight = sign * np.array([position.quantity for position in held])
        deviation = np.multiply.outer(sign * np.sqrt(time_left), vol[column])
        d = np.subtract.outer(np.log(spot[column]), np.log(strike)).T
        d /= deviation
        d += 0.5 * deviation
        total += spot[column] * (weight @ ndtr(d))
        d -= deviation
        total -= (weight * strike) @ ndtr(d, out=d)
    return total


def floor(
    prices: Callable[..., np.ndarray], book: Portfolio, as_of: date, spots: np.ndarray, vols: np.ndarray
) -> np.ndarray:
    """Value of the book in each scenario, blocks of scenarios shared out to the threads."""
    total = np.empty(SCENARIOS)
    starts = iter(range(0, SCENARIOS, BLOCK))

    def work() -> None:
        for start in starts:
            part = slice(start, start + BLOCK)
            total[part] = prices(book, as_of, spots[:, part], vols[:, part])

    with ThreadPoolExecutor(THREADS) as pool:
        for job in [pool.submit(work) for _ in range(THREADS)]:
            job.result()
    return total


def measure() -> dict[str, list[float]]:
    """Seconds, CPU and wall, the least of several rounds in turn."""
    book, history = problem()
    spec = VarSpec("historical", lookback_days=SCENARIOS)
    now = history.levels[-1]
    spots = np.ascontiguousarray((now[0::2] * history.levels[1:, 0::2] / history.levels[:-1, 0::2]).T)
    vols = np.ascontiguousarray((now[1::2] + history.levels[1:, 1::2] - history.levels[:-1, 1::2]).T)
    calls: dict[str, Callable[[], object]] = {
        "Black-Scholes, option by option": lambda: floor(one_by_one, book, history.last, spots, vols),
        "Black-Scholes, shared logarithms": lambda: floor(together, book, history.last, spots, vols),
        "portfolio_var, full revaluation": lambda: portfolio_var(book, history, spec, threads=THREADS),
    }
    best = {name: [float("inf")] * 2 for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            cpu, wall = time.process_time(), time.perf_counter()
            call()
            took = time.process_time() - cpu, time.perf_counter() - wall
            best[name] = [min(old, new) for old, new in zip(best[name], took, strict=True)]
    return best


@pytest.mark.benchmark
def test_full_revaluation_of_options() -> None:
    one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, __file__], env=one_thread, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    lines = [f"{OPTIONS:,} options x {SCENARIOS:,} scenarios, {THREADS} threads, seconds of CPU and wall:"]
    lines += [f"  {name:34s} {cpu:6.3f} {wall:6.3f}" for name, (cpu, wall) in figures.items()]
    single, lean, whole = figures.values()
    for name, alone in (("option by option", single), ("shared logarithms", lean)):
        lines.append(f"  {whole[0] / alone[0]:.2f} x CPU, {whole[1] / alone[1]:.2f} x wall of {name}")
    lines.append("  VaR, ES, components and errors included")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert whole[0] < MOST * lean[0]


@pytest.mark.benchmark
def test_the_floors_value_the_same_book() -> None:
    """Or their time would compare nothing."""
    book, history = problem()
    now, last = history.levels[-1], history.levels[-1000:]
    spots, vols = last[:, 0::2].T, last[:, 1::2].T
    alone = one_by_one(book, history.last, spots, vols)
    assert together(book, history.last, spots, vols) == pytest.approx(alone, rel=1e-9, abs=1e-6)
    ours = Revaluer(book, history.snapshot()).pnl(last - now)
    assert ours == pytest.approx(alone - alone[-1], rel=1e-9, abs=1e-6)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()))
