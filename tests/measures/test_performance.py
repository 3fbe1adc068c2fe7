import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskkit.errors import InputError
from riskkit.measures import performance

RETURNS = arrays(np.float64, st.integers(2, 50), elements=st.floats(-0.2, 0.2))


def test_five_returns_by_hand():
    returns = [0.01, -0.02, 0.03, 0.0, -0.02]
    assert performance.volatility(returns, 1) == pytest.approx(0.0212132034)
    assert performance.downside_deviation(returns, 0, 1) == pytest.approx((0.0008 / 5) ** 0.5)
    assert performance.maximum_drawdown(returns) == pytest.approx(0.02)
    assert performance.sharpe_ratio([0.02, 0.04], 0.01, 1) == pytest.approx(0.02 / 0.0141421356)
    assert performance.sortino_ratio(returns, -0.01, 1) == pytest.approx(0.01 / (0.0002 / 5) ** 0.5)
    assert performance.beta([0.0, 0.2, 0.1], [0.1, 0.0, 0.2]) == pytest.approx(-0.5)
    assert performance.tracking_error([0.02, 0.01], [0.01, 0.01], 1) == pytest.approx(0.01 / 2**0.5)


@pytest.mark.parametrize("level", [0.0, 0.01, -3e-7, 1e9, 0.1 + 0.2])
def test_a_constant_series_has_no_risk_and_no_ratios(level):
    flat = np.full(100, level) * (1 + np.random.default_rng(0).choice([0, 1e-15], 100))
    moving = np.random.default_rng(1).normal(size=100)
    assert performance.volatility(flat) == 0.0
    assert performance.sharpe_ratio(flat) is None
    assert performance.sortino_ratio(flat) is None
    assert performance.beta(flat, moving) is None
    assert performance.beta(moving, flat) is None
    assert performance.tracking_error(flat, flat) == 0.0


@given(RETURNS, st.floats(0.1, 10))
def test_scale(returns, factor):
    scaled = returns * factor
    assert performance.volatility(scaled) == pytest.approx(performance.volatility(returns) * factor, rel=1e-9)
    assert performance.maximum_drawdown(scaled) == pytest.approx(
        performance.maximum_drawdown(returns) * factor, rel=1e-9, abs=1e-15
    )
    one, two = performance.sharpe_ratio(returns), performance.sharpe_ratio(scaled)
    assert (one is None) == (two is None)
    if one is not None:
        assert two == pytest.approx(one, rel=1e-6, abs=1e-9)


@given(RETURNS)
def test_beta_of_itself_is_one_and_the_drawdown_is_the_worst_of_all_pairs(returns):
    if performance.beta(returns, returns) is not None:
        assert performance.beta(returns, returns) == pytest.approx(1)
    path = np.concatenate([[0.0], np.cumsum(returns)])
    pairs = max(path[i] - path[j] for i in range(len(path)) for j in range(i, len(path)))
    assert performance.maximum_drawdown(returns) == pytest.approx(pairs, abs=1e-15)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: performance.volatility([0.1]), "returns"),
        (lambda: performance.sharpe_ratio([0.1, np.nan]), "returns"),
        (lambda: performance.beta([0.1, 0.2], [0.1]), "benchmark"),
        (lambda: performance.volatility([0.1, 0.2], 0), "periods_per_year"),
        (lambda: performance.maximum_drawdown([]), "pnl"),
    ],
)
def test_refusals(call, field):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.field == field
