"""Contributions: they sum, and they are what a small trade changes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures.contributions import euler_standard_deviation, from_tail
from riskkit.measures.empirical import expected_shortfall, value_at_risk, worst

quick = settings(max_examples=50, deadline=None)


@quick
@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_euler_sums_and_is_the_derivative(n_positions: int, n_factors: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    exposures = rng.normal(size=(n_positions, n_factors)) * 100
    root = rng.normal(size=(n_factors, n_factors)) * 0.01
    matrix = root @ root.T

    def deviation(scale: np.ndarray) -> float:
        total = scale @ exposures
        return float(np.sqrt(total @ matrix @ total))

    shares = euler_standard_deviation(exposures, matrix)
    assert shares.sum() == pytest.approx(deviation(np.ones(n_positions)), rel=1e-9)
    for i in range(n_positions):
        bump = np.zeros(n_positions)
        bump[i] = 1e-6
        slope = (deviation(1 + bump) - deviation(1 - bump)) / 2e-6
        assert shares[i] == pytest.approx(slope, rel=1e-3, abs=1e-5)


def test_a_hedged_book_has_no_shares() -> None:
    assert euler_standard_deviation(np.array([[1.0], [-1.0]]), np.eye(1)).tolist() == [0.0, 0.0]


def test_five_scenarios_by_hand() -> None:
    pnl = np.array([[-10.0, 1.0], [5.0, 5.0], [-20.0, -10.0], [0.0, -20.0], [3.0, -3.0]])
    losses = -pnl.sum(axis=1)  # 9, -10, 30, 20, 0
    tail = worst(losses, 0.7)
    parts = from_tail(pnl[tail.indices], tail)
    assert parts.var.tolist() == [0.0, 20.0]
    assert parts.expected_shortfall == pytest.approx([20 / 1.5, (10 + 0.5 * 20) / 1.5])


@quick
@given(st.integers(1, 5), st.integers(1, 80), st.sampled_from([0.6, 0.9, 0.95, 0.99]), st.integers(0, 2**32 - 1))
def test_simulated_shares_sum(n_positions: int, n: int, level: float, seed: int) -> None:
    pnl = np.random.default_rng(seed).standard_t(3, (n, n_positions))
    losses = -pnl.sum(axis=1)
    tail = worst(losses, level)
    parts = from_tail(pnl[tail.indices], tail)
    assert parts.var.sum() == pytest.approx(value_at_risk(losses, level), rel=1e-12, abs=1e-12)
    assert parts.expected_shortfall.sum() == pytest.approx(expected_shortfall(losses, level), rel=1e-12, abs=1e-12)


def test_refuses_what_does_not_fit() -> None:
    with pytest.raises(InputError, match="exposures"):
        euler_standard_deviation(np.ones((2, 3)), np.eye(2))
    with pytest.raises(InputError, match="tail_pnl"):
        from_tail(np.ones((5, 2)), worst(np.arange(10.0), 0.9))
