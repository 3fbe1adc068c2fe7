"""Random factor changes: moments, streams, and the same numbers whatever the threads."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from riskkit.errors import InputError
from riskkit.measures.simulation import BLOCKS_PER_CHUNK, Paths, block_rows, generator

FACTOR = np.array([[0.02, 0.0], [0.01, 0.03]])
SE = 5 / np.sqrt(200_000)  # five standard errors of a correlation


def whole(paths: Paths, order: list[int] | None = None) -> np.ndarray:
    """Every path, its chunks made in any order."""
    out = np.full((paths.n_paths, len(paths.factor)), np.nan)
    for index in order or range(paths.n_chunks):
        for start, changes in paths.chunk(index):
            out[start : start + len(changes)] = changes
    assert np.isfinite(out).all()
    return out


@pytest.mark.parametrize("sampling", ["pseudo", "antithetic", "sobol"])
def test_normal_has_the_covariance_and_the_law(sampling) -> None:
    changes = whole(Paths(FACTOR, 200_000, 1, sampling=sampling))
    assert np.cov(changes.T) == pytest.approx(FACTOR @ FACTOR.T, rel=4 * SE, abs=4 * SE * 1e-3)
    assert stats.kstest(changes[:, 0] / 0.02, "norm").pvalue > 1e-3


@pytest.mark.parametrize("sampling", ["pseudo", "antithetic", "sobol"])
def test_student_t_has_the_covariance_and_the_law(sampling) -> None:
    changes = whole(Paths(FACTOR, 200_000, 1, 5.0, sampling))
    assert np.cov(changes.T) == pytest.approx(FACTOR @ FACTOR.T, rel=0.05)
    standardised = changes[:, 0] / 0.02 / np.sqrt(3 / 5)
    assert stats.kstest(standardised, stats.t(5).cdf).pvalue > 1e-3


def test_chunks_are_streams_of_their_own() -> None:
    rows = block_rows(2)
    changes = whole(Paths(np.eye(2), BLOCKS_PER_CHUNK * rows + 10, 9))
    assert np.array_equal(changes[-10:], generator(9, 1).standard_normal((10, 2)))
    assert np.array_equal(changes[:10], generator(9, 0).standard_normal((10, 2)))


@pytest.mark.parametrize("sampling", ["pseudo", "antithetic", "sobol"])
def test_chunks_may_be_made_in_any_order(sampling) -> None:
    paths = Paths(FACTOR, 300_001, 3, 4.0, sampling)
    assert paths.n_chunks >= 2
    assert np.array_equal(whole(paths), whole(paths, list(range(paths.n_chunks))[::-1]))


def test_more_paths_begin_with_the_same() -> None:
    few, many = (whole(Paths(FACTOR, n, 4)) for n in (1_000, 50_000))
    assert np.array_equal(few, many[:1_000])


@pytest.mark.parametrize("n", [7, 100, 40_001])
def test_antithetic_paths_are_mirrored(n) -> None:
    changes = whole(Paths(FACTOR, n, 2, 6.0, "antithetic"))
    half = -(-n // 2)
    assert np.array_equal(changes[half:], -changes[: n - half])
    assert np.array_equal(changes[:half], whole(Paths(FACTOR, half, 2, 6.0)))


def test_sobol_is_nearer_than_chance() -> None:
    means = [np.abs(whole(Paths(FACTOR, 16_384, seed, sampling="sobol")).mean(axis=0)).max() for seed in range(3)]
    assert max(means) < 0.03 / np.sqrt(16_384) / 10


def test_seed_matters() -> None:
    for sampling in ("pseudo", "antithetic", "sobol"):
        assert not np.array_equal(whole(Paths(FACTOR, 99, 1, sampling=sampling)), whole(Paths(FACTOR, 99, 2)))


def test_refuses() -> None:
    with pytest.raises(InputError, match="sampling"):
        Paths(FACTOR, 10, 1, sampling="halton")
    with pytest.raises(InputError, match="degrees_of_freedom"):
        Paths(FACTOR, 10, 1, 2.0)
    with pytest.raises(InputError, match="21201 dimensions"):
        Paths(np.zeros((1, 30_000)), 10, 1, sampling="sobol")


_DIGEST = """
import numpy as np
from datetime import date
from riskkit import FactorHistory, Portfolio, Position, RiskFactor, VarSpec, portfolio_var
from riskkit.portfolio import Equity
rng = np.random.default_rng(0)
names = [f"S{i}" for i in range(40)]
days = np.datetime64("2020-01-01") + np.arange(120)
levels = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (120, 40)), axis=0))
history = FactorHistory(tuple(RiskFactor(n, "equity", "USD") for n in names), days, levels)
book = Portfolio("b", "USD", tuple(Position(Equity(n, "USD"), q) for n, q in zip(names, rng.normal(size=40))))
r = portfolio_var(book, history, VarSpec("monte_carlo_t", lookback_days=100, n_paths=20_000, degrees_of_freedom=4.0))
print(r.pnl.tobytes().hex()[:4096], r.var.hex(), r.expected_shortfall.hex())
"""


def test_result_does_not_depend_on_the_number_of_threads() -> None:
    digests = set()
    for threads in ("1", "2", "4"):
        env = os.environ | {"OPENBLAS_NUM_THREADS": threads, "OMP_NUM_THREADS": threads}
        done = subprocess.run([sys.executable, "-c", _DIGEST], env=env, capture_output=True, text=True, check=True)
        digests.add(hashlib.sha256(done.stdout.encode()).hexdigest())
    assert len(digests) == 1
