import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskkit.errors import InputError
from riskkit.measures.volatility import VolatilityPath, ewma_volatility, scale_by_volatility

RETURNS = arrays(np.float64, st.tuples(st.integers(6, 40), st.integers(1, 3)), elements=st.floats(-0.2, 0.2))


@given(RETURNS, st.floats(0.5, 0.99))
def test_the_recursion_step_by_step(returns, decay):
    variance = (returns[:5] ** 2).mean(axis=0)
    expected = [variance]
    for row in returns[5:]:
        variance = decay * variance + (1 - decay) * row**2
        expected.append(variance)
    path = ewma_volatility(returns, decay, 5)
    assert path.first == 5
    assert path.forecasts == pytest.approx(np.sqrt(expected), rel=1e-9, abs=1e-12)


@given(RETURNS, st.integers(0, 100))
def test_nothing_looks_ahead(returns, cut):
    cut = 5 + cut % (len(returns) - 5)  # forecasts up to the one for day `cut` know the days before it only
    changed = returns.copy()
    changed[cut:] = 0.777
    one, two = (ewma_volatility(r, 0.9, 5).forecasts[: cut - 5 + 1] for r in (returns, changed))
    assert np.array_equal(one, two)


def test_scaling_by_hand():
    path = VolatilityPath(1, np.array([[0.01, 0.02], [0.02, 0.02], [0.04, 0.01]]))
    returns = [[9.0, 9.0], [0.01, 0.01], [0.01, -0.02]]
    assert scale_by_volatility(returns, path).tolist() == [[0.04, 0.005], [0.02, -0.01]]
    assert scale_by_volatility(returns, path, "last_day").tolist() == [[0.02, 0.01], [0.01, -0.02]]


def test_constant_volatility_changes_nothing_and_the_scaled_history_has_the_last_volatility():
    generator = np.random.default_rng(0)
    quiet, loud = generator.normal(0, 0.01, 1500), generator.normal(0, 0.03, 500)
    returns = np.concatenate([quiet, loud])[:, None]
    path = ewma_volatility(returns)
    assert scale_by_volatility(returns, path).std() == pytest.approx(float(path.forecasts[-1, 0]), rel=0.08)
    flat = VolatilityPath(0, np.full((len(returns) + 1, 1), 0.02))
    assert np.array_equal(scale_by_volatility(returns, flat), returns)


@given(RETURNS, st.floats(0.1, 100))
def test_scaling_is_homogeneous(returns, factor):
    returns = returns + 1e-3  # no volatility of zero
    one = scale_by_volatility(returns, ewma_volatility(returns, 0.9, 5))
    two = scale_by_volatility(returns * factor, ewma_volatility(returns * factor, 0.9, 5))
    assert two == pytest.approx(one * factor, rel=1e-9, abs=1e-9)


def test_a_factor_that_never_moved_stays_still_and_one_that_wakes_is_refused():
    still = np.zeros((30, 1))
    assert not scale_by_volatility(still, ewma_volatility(still)).any()
    still[25] = 0.1
    with pytest.raises(InputError, match="returns"):
        scale_by_volatility(still, ewma_volatility(still))


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: ewma_volatility(np.ones((20, 1))), "returns"),
        (lambda: ewma_volatility(np.ones(50)), "returns"),
        (lambda: ewma_volatility(np.full((50, 1), np.nan)), "returns"),
        (lambda: ewma_volatility(np.ones((50, 1)), 1.0), "decay"),
        (lambda: ewma_volatility(np.ones((50, 1)), 0.9, 0), "start_days"),
        (lambda: scale_by_volatility(np.ones((3, 1)), VolatilityPath(0, np.ones((3, 1)))), "path"),
        (lambda: scale_by_volatility(np.ones((2, 1)), VolatilityPath(0, np.ones((3, 1))), "mean"), "last"),
    ],
)
def test_refusals(call, field):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.field == field
