"""Standard errors are the spread that repeated simulations show."""

import numpy as np
import pytest

from riskkit.measures import empirical
from riskkit.measures.simulation import Paths
from riskkit.measures.simulation_error import simulation_error


def losses(sampling: str, seed: int, n: int = 20_000) -> np.ndarray:
    paths = Paths(np.array([[1.0, 0.0], [0.5, 1.0]]), n, seed, None, sampling)
    out = np.empty(n)
    for index in range(paths.n_chunks):
        for start, changes in paths.chunk(index):
            out[start : start + len(changes)] = -changes.sum(axis=1)
    return out


@pytest.mark.parametrize("sampling", ["pseudo", "antithetic", "sobol"])
def test_against_repeated_runs(sampling) -> None:
    runs = [losses(sampling, seed) for seed in range(60)]
    figures = np.array([[empirical.value_at_risk(r, 0.95), empirical.expected_shortfall(r, 0.95)] for r in runs])
    told = [simulation_error(r, 0.95, sampling) for r in runs]
    spread = figures.std(axis=0, ddof=1)
    # 60 runs know their spread to 9 %; 16 sequences' errors are rough, but not their mean
    assert np.mean([e.var for e in told]) == pytest.approx(spread[0], rel=0.3)
    assert np.mean([e.expected_shortfall for e in told]) == pytest.approx(spread[1], rel=0.3)
    true = 1.6448536 * np.sqrt(1.5**2 + 1)
    inside = np.mean([e.interval[0] <= true <= e.interval[1] for e in told])
    assert inside >= 0.8


def test_by_hand() -> None:
    """Shortfall of two halves: the spread of max(L - VaR, 0) / (1 - c) over the root of n."""
    loss = np.arange(100.0)
    error = simulation_error(loss, 0.9)
    excess = np.maximum(loss - 90.0, 0.0)
    assert error.expected_shortfall == pytest.approx(excess.std(ddof=1) / 10 / 0.1)
    # ranks 10 -/+ 5 are 95 and 85: a slope of one a rank, times the deviation of the rank, nine losses above
    assert error.var == pytest.approx(100 * np.std(loss > 90, ddof=1) / 10)


def test_short_samples_have_no_error() -> None:
    assert simulation_error(np.arange(50.0), 0.99).var is None
    assert simulation_error(np.arange(1000.0), 0.99, "sobol").interval is None
    assert simulation_error(np.zeros(1000), 0.99).var == 0.0
