"""Cornish-Fisher shares are derivatives by size and sum to the figures."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.measures.cornish_fisher import cornish_fisher, moments
from riskkit.measures.moment_shares import expansion_shares


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from([0.95, 0.99]))
def test_sum_and_derivative(seed, level) -> None:
    rng = np.random.default_rng(seed)
    parts = rng.standard_t(6, (300, 3)) * [1.0, 2.0, 0.5] + rng.exponential(1.0, (300, 1))

    def figures(size: np.ndarray):
        found = moments((parts * size).sum(axis=1))
        return cornish_fisher(0.0, found.standard_deviation, found.skewness, found.excess_kurtosis, level)

    centred = parts - parts.mean(axis=0)
    shares = centred.T @ centred.sum(axis=1) / len(parts)
    got = expansion_shares(parts, shares / np.sqrt(shares.sum()), level).components
    whole = figures(np.ones(3))
    assert got.var.sum() == pytest.approx(whole.value_at_risk, rel=1e-9)
    assert got.expected_shortfall.sum() == pytest.approx(whole.expected_shortfall, rel=1e-9)
    for i in range(3):
        bump = 1e-5 * np.eye(3)[i]
        up, down = figures(1 + bump), figures(1 - bump)
        assert got.var[i] == pytest.approx((up.value_at_risk - down.value_at_risk) / 2e-5, rel=1e-4, abs=1e-5)
        slope = (up.expected_shortfall - down.expected_shortfall) / 2e-5
        assert got.expected_shortfall[i] == pytest.approx(slope, rel=1e-4, abs=1e-5)


def test_a_still_book() -> None:
    got = expansion_shares(np.zeros((10, 2)), np.zeros(2), 0.99)
    assert got.components.var.tolist() == [0.0, 0.0]
