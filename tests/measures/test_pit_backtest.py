import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from riskkit.errors import InputError
from riskkit.measures import pit_backtest as pit


def normal_loss(u):
    return -special.ndtri(u)


def test_the_violations_by_hand():
    u = [0.05, 0.5, 0.0, 0.9]  # a = 0.1: H = 0.5, 0, 1, 0
    error = np.sqrt(0.1 * (1 / 3 - 0.025) / 4)
    assert pit.du_escanciano_unconditional(u, 0.9).statistic == pytest.approx((0.375 - 0.05) / error)
    h = np.array([0.45, -0.05, 0.95, -0.05])
    one = (h[1:] * h[:-1]).sum() / 3 / (h**2).mean()
    two = (h[2:] * h[:-2]).sum() / 2 / (h**2).mean()
    assert pit.du_escanciano_conditional(u, 0.9, 2).statistic == pytest.approx(4 * (one**2 + two**2))


def test_mean_and_variance_of_a_violation():
    h = np.maximum(1 - np.random.default_rng(0).random(2_000_000) / 0.1, 0)
    assert h.mean() == pytest.approx(0.05, rel=0.01)
    assert h.var() == pytest.approx(0.1 * (1 / 3 - 0.025), rel=0.01)


def test_sizes_are_right_and_wrong_models_are_found():
    generator = np.random.default_rng(1)
    draws = generator.random((800, 1000))
    rejected = np.mean([pit.du_escanciano_unconditional(row, 0.95).p_value < 0.05 for row in draws])
    assert 0.03 < rejected < 0.075
    assert pit.du_escanciano_unconditional(draws[0] ** 1.5, 0.95).p_value < 1e-3
    clustered = np.repeat(draws[0][:200], 5)
    assert pit.du_escanciano_conditional(clustered, 0.95).p_value < 1e-6


def test_simulated_and_asymptotic_p_values_agree_for_long_samples():
    u = np.random.default_rng(3).random(2000)
    for test in (pit.du_escanciano_unconditional, pit.du_escanciano_conditional):
        near = test(u, 0.9).p_value
        assert test(u, 0.9, generator=np.random.default_rng(4)).p_value == pytest.approx(near, abs=0.04)


def test_z3_is_zero_in_expectation_and_finds_fat_tails():
    generator = np.random.default_rng(5)
    z = [pit.acerbi_szekely_z3(generator.random(250), 0.975, normal_loss, np.random.default_rng(1)) for _ in range(20)]
    values = np.array([outcome.statistic for outcome in z])
    assert abs(values.mean()) < 4 * values.std() / np.sqrt(len(values))
    fat = pit.transforms_of(generator.standard_t(3, 500), np.ones(500))
    assert pit.acerbi_szekely_z3(fat, 0.975, normal_loss, generator).p_value < 0.001


def test_z3_by_hand():
    """Two days in the tail of four with a uniform loss q(u) = 1 - u: E[ES] = 1 - (1/5 + 2/5) / 2."""
    outcome = pit.acerbi_szekely_z3([0.1, 0.3, 0.9, 0.8], 0.51, lambda u: 1 - u, np.random.default_rng(0))
    assert outcome.statistic == pytest.approx(1 - 0.9 / (1 - 0.2))  # floor(4 * 0.49) = 1 day


def test_transforms_against_scipy():
    losses, scale = np.array([0.3, -2.0, 5.0]), np.array([1.0, 2.0, 3.0])
    assert pit.transforms_of(losses, scale) == pytest.approx(stats.norm.sf(losses / scale))
    t = stats.t(5, scale=np.sqrt(3 / 5))
    assert pit.transforms_of(losses, scale, 5.0) == pytest.approx(t.sf(losses / scale))


@given(st.lists(st.floats(0, 1), min_size=6, max_size=60))
def test_no_sample_gives_a_nan(u):
    for outcome in (pit.du_escanciano_unconditional(u, 0.9), pit.du_escanciano_conditional(u, 0.9)):
        if outcome.p_value is None:
            assert min(u) >= 0.1 - 1e-12
            assert outcome.note
        else:
            assert 0 <= outcome.p_value <= 1


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: pit.du_escanciano_unconditional([1.2], 0.9), "transforms"),
        (lambda: pit.du_escanciano_conditional([0.1, 0.2], 0.9), "transforms"),
        (lambda: pit.du_escanciano_conditional([0.1, 0.2], 0.9, 0), "lags"),
        (lambda: pit.acerbi_szekely_z3([0.1], 0.9, normal_loss, np.random.default_rng(0)), "transforms"),
        (lambda: pit.acerbi_szekely_z3([0.1] * 9, 0.8, lambda u: u * 0 - 1, np.random.default_rng(0)), "loss_quantile"),
        (lambda: pit.transforms_of([1.0], [0.0]), "scale"),
        (lambda: pit.transforms_of([1.0], [1.0], 1.5), "family"),
    ],
)
def test_refusals(call, field):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.field == field
