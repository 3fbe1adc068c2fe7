"""Monte Carlo against the least it could cost: its random numbers and its matrix product, measured beside it.

`make bench` prints the ratios. Each measurement runs in a process of its own, with one thread of linear algebra a
thread of ours. CPU time decides: a busy machine changes it little. The book is priced by the paths of its factors
(`draws="factors"`), or its P&L would be drawn directly; that shortcut is measured too.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.measures.simulation import BLOCKS_PER_CHUNK, block_rows, generator
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.var import CovarianceInput, SimulationSpec, VarSpec, portfolio_var

ASSETS, PATHS, ROUNDS, FREEDOM = 100, 200_000, 15, 5.0
#: Times the floor. A Student-t passes over the whole matrix once more, to scale each row by its chi-square.
MOST = {"monte_carlo_normal": 1.15, "monte_carlo_t": 1.25}


def problem() -> tuple[Portfolio, FactorHistory, CovarianceInput]:
    rng = np.random.default_rng(1)
    names = tuple(f"S{i:03d}" for i in range(ASSETS))
    factors = tuple(RiskFactor(name, "equity", "USD") for name in names)
    history = FactorHistory(factors, np.array(["2020-01-01"], "datetime64[D]"), rng.uniform(10, 200, (1, ASSETS)))
    book = Portfolio("bench", "USD", tuple(Position(Equity(n, "USD"), float(rng.normal(0, 100))) for n in names))
    loadings = rng.normal(0, 0.01, (ASSETS, ASSETS))
    return book, history, CovarianceInput(names, loadings @ loadings.T / 10, "random, full rank")


def floor(threads: int, root: np.ndarray, *, product: bool, freedom: float | None = None) -> None:
    """The random numbers of as many paths, by as many threads, with or without their matrix product.

    A Student-t needs one chi-square a path beside its normals; scaling the rows by it is not in the floor.
    """
    rows = block_rows(ASSETS)
    per_chunk = rows * BLOCKS_PER_CHUNK
    chunks = iter(range(-(-PATHS // per_chunk)))

    def work() -> None:
        block, out = np.empty((rows, ASSETS)), np.empty((rows, ASSETS))
        for chunk in chunks:
            rng = generator(7, chunk)
            for start in range(chunk * per_chunk, min((chunk + 1) * per_chunk, PATHS), rows):
                n = min(rows, PATHS - start)
                rng.standard_normal(out=block[:n])
                if freedom is not None:
                    rng.chisquare(freedom, n)
                if product:
                    np.matmul(block[:n], root, out=out[:n])

    with ThreadPoolExecutor(threads) as pool:
        for job in [pool.submit(work) for _ in range(threads)]:
            job.result()


def seconds(call: Callable[[], object]) -> tuple[float, float]:
    start, wall = time.process_time(), time.perf_counter()
    call()
    return time.process_time() - start, time.perf_counter() - wall


def measure() -> dict[str, list[float]]:
    """Nanoseconds per path and asset, CPU and wall, the least of several rounds of everything in turn."""
    book, history, given = problem()
    root = np.ascontiguousarray(np.linalg.cholesky(given.matrix).T)
    calls: dict[str, Callable[[], object]] = {}
    for threads in (1, 2):
        calls[f"random numbers, {threads}"] = lambda t=threads: floor(t, root, product=False)
        calls[f"floor: numbers and product, {threads}"] = lambda t=threads: floor(t, root, product=True)
        calls[f"floor of the t: chi-squares too, {threads}"] = lambda t=threads: floor(
            t, root, product=True, freedom=FREEDOM
        )
        for method, sampling, draws in (
            ("monte_carlo_normal", "pseudo", "factors"),
            ("monte_carlo_normal", "antithetic", "factors"),
            ("monte_carlo_t", "pseudo", "factors"),
            ("monte_carlo_normal", "pseudo", "auto"),
        ):
            simulation = SimulationSpec(sampling, draws)
            spec = VarSpec(method, n_paths=PATHS, degrees_of_freedom=FREEDOM, seed=7, simulation=simulation)
            calls[f"{method}, {sampling}, {draws}, {threads}"] = lambda s=spec, t=threads: portfolio_var(
                book, history, s, covariance=given, threads=t
            )
    best = {name: [float("inf")] * 2 for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            best[name] = [min(old, new) for old, new in zip(best[name], seconds(call), strict=True)]
    return {name: [1e9 * value / (PATHS * ASSETS) for value in pair] for name, pair in best.items()}


def one_million() -> dict[str, float]:
    """1,000,000 paths x 100 assets with VaR, ES and components, antithetic: time, error, memory beyond the start."""
    book, history, given = problem()
    warm = VarSpec("monte_carlo_normal", n_paths=10_000, simulation=SimulationSpec("antithetic", "factors"))
    portfolio_var(book, history, warm, covariance=given)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    spec = VarSpec("monte_carlo_normal", n_paths=1_000_000, simulation=SimulationSpec("antithetic", "factors"))
    took = seconds(lambda: portfolio_var(book, history, spec, covariance=given, threads=2))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = portfolio_var(book, history, spec, covariance=given, threads=1)
    exact = portfolio_var(book, history, VarSpec("parametric"), covariance=given)
    shares = result.components["component_es"] - exact.components["component_es"]
    return {
        "cpu": took[0],
        "wall": took[1],
        "var_error": result.var / exact.var - 1,
        "es_error": result.expected_shortfall / exact.expected_shortfall - 1,
        "component_es_error": float(np.abs(shares).max() / exact.expected_shortfall),
        "megabytes": (after - before) / 1024,
    }


def in_its_own_process(what: str) -> dict:
    one_thread = os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    command = [sys.executable, __file__, what]
    return json.loads(subprocess.run(command, env=one_thread, capture_output=True, text=True, check=True).stdout)


@pytest.mark.benchmark
def test_monte_carlo_against_its_floor() -> None:
    figures = in_its_own_process("measure")
    lines = [
        f"{PATHS:,} paths x {ASSETS} assets, ns per path and asset, CPU and wall; VaR, ES and components included:"
    ]
    for name, (cpu, wall) in figures.items():
        base = figures[floor_of(name)]
        lines.append(f"  {name:44s} {cpu:6.2f} {wall:6.2f}  {cpu / base[0]:.2f} x its floor's CPU")
    sys.stdout.write("\n" + "\n".join(lines) + "\n")
    for law, most in MOST.items():
        for name in (f"{law}, pseudo, factors, {threads}" for threads in (1, 2)):
            assert figures[name][0] < most * figures[floor_of(name)][0], name


def floor_of(name: str) -> str:
    """Which floor a measurement stands beside."""
    return (
        f"floor of the t: chi-squares too, {name[-1]}" if "_t," in name else f"floor: numbers and product, {name[-1]}"
    )


@pytest.mark.benchmark
def test_a_million_paths() -> None:
    got = in_its_own_process("one_million")
    sys.stdout.write(
        f"\n1,000,000 x {ASSETS}, antithetic, two threads: {got['cpu']:.2f} s CPU, {got['wall']:.2f} s wall; VaR off "
        f"{got['var_error']:+.2%}, ES {got['es_error']:+.2%}, component ES at most {got['component_es_error']:.2%} of "
        f"ES; {got['megabytes']:.0f} MB beyond a run of 10,000\n"
    )
    assert abs(got["var_error"]) < 0.01
    assert abs(got["es_error"]) < 0.01
    assert got["megabytes"] < 150  # the P&L and its working copies, and 1 % of the paths; all of them would be 800


if __name__ == "__main__":
    sys.stdout.write(json.dumps(globals()[sys.argv[1]]()))
