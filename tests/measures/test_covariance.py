"""Covariances by name, the nearest positive semi-definite one, and their factor."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError, MarketDataError
from riskkit.measures.covariance import covariance, nearest_psd, square_root

RETURNS = np.random.default_rng(3).normal(0, 0.01, (60, 4))
quick = settings(max_examples=50, deadline=None)


def test_sample_and_population_are_numpys() -> None:
    assert covariance(RETURNS, "sample") == pytest.approx(np.cov(RETURNS.T, ddof=1), rel=1e-12)
    assert covariance(RETURNS, "population") == pytest.approx(np.cov(RETURNS.T, ddof=0), rel=1e-12)


def test_ewma_is_the_recursion_after_many_days() -> None:
    """Second method: sigma' = decay * sigma + (1 - decay) r r', from any start, here the population covariance."""
    returns = np.random.default_rng(4).normal(0, 0.01, (800, 3))
    state = covariance(returns, "population")
    for row in returns:
        state = 0.94 * state + 0.06 * np.outer(row, row)
    assert covariance(returns, "ewma", 0.94) == pytest.approx(state, rel=1e-9)


def test_ewma_of_two_days_by_hand() -> None:
    assert covariance(np.array([[0.02], [0.01]]), "ewma", 0.5)[0, 0] == pytest.approx((0.5 * 4e-4 + 1e-4) / 1.5)


def test_too_few() -> None:
    with pytest.raises(MarketDataError, match="at least 2"):
        covariance(RETURNS[:1])
    with pytest.raises(InputError, match="covariance"):
        covariance(RETURNS, "robust")
    with pytest.raises(InputError, match="decay"):
        covariance(RETURNS, "ewma", 1.0)
    with pytest.raises(InputError, match="finite"):
        covariance(np.array([[np.nan], [1.0]]))


def test_higham_published_example() -> None:
    """Higham (2002), section 4: the nearest correlation matrix to the tridiagonal one, distance 0.5278."""
    given_matrix = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])
    repair = nearest_psd(given_matrix)
    expected = np.array([[1.0, 0.7607, 0.1573], [0.7607, 1.0, 0.7607], [0.1573, 0.7607, 1.0]])
    assert repair.matrix == pytest.approx(expected, abs=1e-4)
    assert np.linalg.norm(repair.matrix - given_matrix) == pytest.approx(0.5278, abs=1e-4)
    assert repair.smallest_eigenvalue == pytest.approx(1 - np.sqrt(2))
    assert "Higham" in repair.note


def test_a_good_matrix_is_left_alone() -> None:
    matrix = covariance(RETURNS)
    repair = nearest_psd(matrix)
    assert repair.note == ""
    assert np.array_equal(repair.matrix, (matrix + matrix.T) / 2)


def test_a_correlation_of_1_0000001() -> None:
    repair = nearest_psd([[1.0, 1.0000001], [1.0000001, 1.0]])
    assert repair.matrix[0, 1] == pytest.approx(1.0, abs=1e-12)
    assert repair.note


@pytest.mark.parametrize(
    "bad",
    [
        [[1.0, 0.5]],
        [[1.0, 0.5], [0.4, 1.0]],
        [[1.0, np.nan], [np.nan, 1.0]],
        [[-1.0]],
        [[0.0, 0.1], [0.1, 1.0]],
    ],
)
def test_refuses(bad: list) -> None:
    with pytest.raises(InputError, match="covariance"):
        nearest_psd(bad)


@quick
@given(st.integers(1, 8), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_factor_of_any_estimate(n_factors: int, n_returns: int, seed: int) -> None:
    """One asset, fewer returns than assets, identical and constant columns: always a factor, never a LinAlgError."""
    rng = np.random.default_rng(seed)
    returns = rng.normal(0, 0.01, (n_returns + 1, n_factors))
    returns[:, rng.integers(n_factors)] = returns[:, rng.integers(n_factors)]
    returns[:, rng.integers(n_factors)] *= rng.integers(2)
    matrix = covariance(returns)
    factor, rank = square_root(nearest_psd(matrix).matrix)
    assert factor @ factor.T == pytest.approx(matrix, abs=1e-12)
    assert rank <= min(n_factors, n_returns)


@quick
@given(st.integers(2, 7), st.integers(0, 2**32 - 1))
def test_repair_of_any_correlation(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    correlation = np.clip(rng.uniform(-1.3, 1.3, (n, n)), -1, 1)
    correlation = np.triu(correlation, 1)
    correlation = correlation + correlation.T + np.eye(n)
    deviations = rng.uniform(0.001, 0.1, n)
    repair = nearest_psd(correlation * np.outer(deviations, deviations))
    assert np.sqrt(np.diag(repair.matrix)) == pytest.approx(deviations, rel=1e-9)
    mended = repair.matrix / np.outer(deviations, deviations)
    assert np.linalg.eigvalsh(mended)[0] > -1e-9
    factor, _ = square_root(repair.matrix)
    assert factor @ factor.T == pytest.approx(repair.matrix, abs=1e-8 * deviations.max() ** 2)


def test_all_zero() -> None:
    factor, rank = square_root(np.zeros((3, 3)))
    assert rank == 0
    assert not factor.any()
