"""Random factor changes: moments, streams, and the same numbers whatever the threads."""

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from riskkit.measures.simulation import BLOCKS_PER_CHUNK, block_rows, generator, normal_blocks, student_t_blocks

FACTOR = np.array([[0.02, 0.0], [0.01, 0.03]])
SE = 5 / np.sqrt(200_000)  # five standard errors of a correlation


def whole(blocks) -> np.ndarray:
    return np.concatenate([block.copy() for block in blocks])


def test_normal_has_the_covariance_and_the_law() -> None:
    changes = whole(normal_blocks(FACTOR, 200_000, 1))
    assert np.cov(changes.T) == pytest.approx(FACTOR @ FACTOR.T, rel=4 * SE, abs=4 * SE * 1e-3)
    assert stats.kstest(changes[:, 0] / 0.02, "norm").pvalue > 1e-3


def test_student_t_has_the_covariance_and_the_law() -> None:
    changes = whole(student_t_blocks(FACTOR, 5.0, 200_000, 1))
    assert np.cov(changes.T) == pytest.approx(FACTOR @ FACTOR.T, rel=0.05)
    standardised = changes[:, 0] / 0.02 / np.sqrt(3 / 5)
    assert stats.kstest(standardised, stats.t(5).cdf).pvalue > 1e-3


def test_chunks_are_streams_of_their_own() -> None:
    rows = block_rows(2)
    changes = whole(normal_blocks(np.eye(2), BLOCKS_PER_CHUNK * rows + 10, 9))
    assert np.array_equal(changes[-10:], generator(9, 1).standard_normal((10, 2)))
    assert np.array_equal(changes[:10], generator(9, 0).standard_normal((10, 2)))


def test_more_paths_begin_with_the_same() -> None:
    few, many = (whole(normal_blocks(FACTOR, n, 4)) for n in (1_000, 50_000))
    assert np.array_equal(few, many[:1_000])


def test_seed_matters() -> None:
    assert not np.array_equal(whole(normal_blocks(FACTOR, 10, 1)), whole(normal_blocks(FACTOR, 10, 2)))


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
