"""Monte Carlo against the least it could cost: its random numbers and its matrix product, measured beside it.

`make bench` prints the ratio. The measurement runs in a process of its own, with one thread for the linear algebra.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.measures.simulation import BLOCKS_PER_CHUNK, block_rows, generator
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.var import CovarianceInput, VarSpec, portfolio_var

ASSETS, PATHS, ROUNDS = 100, 100_000, 15


def problem() -> tuple[Portfolio, FactorHistory, CovarianceInput]:
    rng = np.random.default_rng(1)
    names = tuple(f"S{i:03d}" for i in range(ASSETS))
    factors = tuple(RiskFactor(name, "equity", "USD") for name in names)
    history = FactorHistory(factors, np.array(["2020-01-01"], "datetime64[D]"), rng.uniform(10, 200, (1, ASSETS)))
    book = Portfolio("bench", "USD", tuple(Position(Equity(n, "USD"), float(rng.normal(0, 100))) for n in names))
    loadings = rng.normal(0, 0.01, (ASSETS, ASSETS))
    return book, history, CovarianceInput(names, loadings @ loadings.T / 10, "random, full rank")


def random_numbers(rows: int, block: np.ndarray) -> None:
    rng = generator(7, 0)
    for i in range(-(-PATHS // rows)):
        if i and i % BLOCKS_PER_CHUNK == 0:
            rng = generator(7, i // BLOCKS_PER_CHUNK)
        rng.standard_normal(out=block[: min(rows, PATHS - i * rows)])


def products(rows: int, block: np.ndarray, root: np.ndarray, out: np.ndarray) -> None:
    for i in range(-(-PATHS // rows)):
        n = min(rows, PATHS - i * rows)
        np.matmul(block[:n], root, out=out[:n])


def seconds(call: Callable[[], object]) -> float:
    start = time.process_time()  # one thread: its CPU time is what a quiet machine's clock would show
    call()
    return time.process_time() - start


def measure() -> dict[str, float]:
    """Nanoseconds per path and asset, the least of several rounds of everything in turn."""
    book, history, given = problem()
    rows = block_rows(ASSETS)
    block, out = np.random.default_rng(2).normal(size=(rows, ASSETS)), np.empty((rows, ASSETS))
    root = np.ascontiguousarray(np.linalg.cholesky(given.matrix).T)
    calls: dict[str, Callable[[], object]] = {
        "random_numbers": lambda: random_numbers(rows, block),
        "matrix_product": lambda: products(rows, block, root, out),
    }
    for method in ("monte_carlo_normal", "monte_carlo_t"):
        spec = VarSpec(method, n_paths=PATHS, degrees_of_freedom=5.0, seed=7)
        calls[method] = lambda spec=spec: portfolio_var(book, history, spec, covariance=given)
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(ROUNDS):
        for name, call in calls.items():
            best[name] = min(best[name], seconds(call))
    return {name: 1e9 * value / (PATHS * ASSETS) for name, value in best.items()}


@pytest.mark.benchmark
def test_monte_carlo_against_its_floor() -> None:
    one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, __file__], env=one_thread, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    floor = figures["random_numbers"] + figures["matrix_product"]
    lines = [
        f"{PATHS:,} paths x {ASSETS} assets, one thread, CPU ns per path and asset; VaR, ES and components included:"
    ]
    for name, value in figures.items():
        ratio = f"  {value / floor:.2f} x the floor" if name.startswith("monte") else ""
        lines.append(f"  {name:20s} {value:6.2f}{ratio}")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    assert figures["monte_carlo_normal"] < 2 * floor


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure()))
