import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from riskkit.errors import InputError
from riskkit.measures.delta_gamma import delta_gamma_risk


def book(seed, factors, curvature):
    generator = np.random.default_rng(seed)
    mixing = generator.standard_normal((factors, factors))
    gamma = generator.standard_normal((factors, factors)) * curvature
    return generator.standard_normal(factors) * 100, gamma + gamma.T, mixing @ mixing.T * 0.02


@pytest.mark.parametrize(("factors", "curvature"), [(1, 300.0), (2, -500.0), (5, 100.0), (12, 60.0)])
def test_exact_agrees_with_simulated_paths(factors, curvature):
    delta, gamma, covariance = book(factors, factors, curvature)
    n = 300_000
    x = np.random.default_rng(9).multivariate_normal(np.zeros(factors), covariance, n, method="cholesky")
    pnl = -5.0 + x @ delta + np.einsum("ij,ij->i", x @ gamma, x) / 2
    result = delta_gamma_risk(delta, gamma, covariance, 0.99, theta=-5.0)
    worst = np.sort(pnl)[: n // 100]
    density = stats.gaussian_kde(pnl[:20_000])(-result.value_at_risk)[0]
    error = np.sqrt(0.01 * 0.99 / n) / density
    assert abs(-worst[-1] - result.value_at_risk) < 5 * error
    assert -worst.mean() == pytest.approx(result.expected_shortfall, rel=0.015)
    assert pnl.mean() == pytest.approx(result.mean, abs=5 * pnl.std() / np.sqrt(n))
    assert pnl.std() == pytest.approx(result.standard_deviation, rel=0.01)
    assert stats.skew(pnl) == pytest.approx(result.skewness, abs=0.12)


@pytest.mark.parametrize("method", ["exact", "cornish_fisher", "normal"])
def test_without_gamma_every_method_is_the_normal(method):
    result = delta_gamma_risk([3.0, 4.0], np.zeros((2, 2)), np.eye(2), 0.99, method)
    assert result.value_at_risk == pytest.approx(5 * 2.3263478740408408, rel=1e-9)
    assert result.expected_shortfall == pytest.approx(5 * 2.6652142203457996, rel=1e-9)
    assert result.warning == ""


def test_approximations_are_near_for_mild_gamma_and_warn_for_strong():
    delta, covariance = [1.0, 1.0], np.eye(2)
    mild = [delta_gamma_risk(delta, np.eye(2) * -0.1, covariance, 0.99, m) for m in ("exact", "cornish_fisher")]
    assert mild[1].value_at_risk == pytest.approx(mild[0].value_at_risk, rel=2e-3)
    assert mild[1].expected_shortfall == pytest.approx(mild[0].expected_shortfall, rel=5e-3)
    assert mild[1].warning == ""
    for method in ("cornish_fisher", "normal"):
        assert delta_gamma_risk(delta, np.eye(2) * -20, covariance, 0.99, method).warning


@given(st.integers(0, 10_000), st.integers(1, 5), st.floats(-50, 50), st.floats(0.1, 50), st.sampled_from([0.9, 0.99]))
@settings(max_examples=15, deadline=None)
def test_translation_homogeneity_and_order(seed, factors, theta, factor, level):
    delta, gamma, covariance = book(seed, factors, 200.0)
    base = delta_gamma_risk(delta, gamma, covariance, level)
    moved = delta_gamma_risk(delta * factor, gamma * factor, covariance, level, theta=theta)
    size = base.standard_deviation * factor
    assert moved.value_at_risk == pytest.approx(base.value_at_risk * factor - theta, abs=1e-4 * size)
    assert base.expected_shortfall >= base.value_at_risk - 1e-6 * base.standard_deviation


def test_singular_covariances_and_still_books():
    twin = delta_gamma_risk([1.0, 1.0], np.zeros((2, 2)), [[1.0, 1.0], [1.0, 1.0]], 0.99)
    assert twin.value_at_risk == pytest.approx(2 * 2.3263478740408408)
    still = delta_gamma_risk([0.0], [[0.0]], [[1.0]], 0.99, theta=-3.0)
    assert (still.value_at_risk, still.expected_shortfall, still.skewness) == (3.0, 3.0, 0.0)
    dead = delta_gamma_risk([5.0, 5.0], np.eye(2), np.zeros((2, 2)), 0.99)
    assert dead.value_at_risk == 0.0


def test_fewer_days_than_factors_is_one_more_singular_covariance():
    returns = np.random.default_rng(0).standard_normal((5, 30)) * 0.01
    covariance = np.cov(returns.T)
    result = delta_gamma_risk(np.ones(30), np.eye(30) * -50, covariance, 0.99)
    assert np.isfinite(result.value_at_risk)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (([1.0], [[1.0, 0.0], [0.0, 1.0]], [[1.0]], 0.99), "gamma"),
        (([1.0, 2.0], [[1.0]], [[1.0]], 0.99), "gamma"),
        (([np.nan], [[1.0]], [[1.0]], 0.99), "delta"),
        (([1.0], [[1.0]], [[-1.0]], 0.99), "covariance"),
        (([1.0, 1.0], np.eye(2), [[1.0, 1.1], [1.1, 1.0]], 0.99), "covariance"),
        (([1.0], [[1.0]], [[1.0]], 1.0), "confidence_level"),
        (([1.0], [[1.0]], [[1.0]], 0.99, "saddlepoint"), "method"),
    ],
)
def test_refusals(arguments, field):
    with pytest.raises(InputError) as caught:
        delta_gamma_risk(*arguments)
    assert caught.value.field == field
