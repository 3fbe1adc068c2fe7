import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures.conditional import conditional_moves


def covariance(seed, n, rank=None):
    mixing = np.random.default_rng(seed).standard_normal((n, rank or n))
    return mixing @ mixing.T * 1e-4


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(1, 7))
@settings(max_examples=40, deadline=None)
def test_expectation_and_covariance_solve_the_normal_equations(seed, n, k):
    k = min(k, n - 1)
    matrix, generator = covariance(seed, n), np.random.default_rng(seed + 1)
    shocked, shock = generator.permutation(n)[:k], generator.standard_normal(k) * 0.01
    result = conditional_moves(shocked.tolist(), shock, matrix)
    rest = np.setdiff1d(np.arange(n), shocked)
    if np.linalg.cond(matrix) > 1e6:
        return
    slope = np.linalg.solve(matrix[np.ix_(shocked, shocked)], matrix[np.ix_(shocked, rest)]).T
    assert result.moves[rest] == pytest.approx(slope @ shock, rel=1e-6, abs=1e-9)
    assert result.moves[shocked] == pytest.approx(shock)
    # The precision matrix gives the conditional covariance by another road.
    precise = np.linalg.inv(np.linalg.inv(matrix)[np.ix_(rest, rest)])
    assert result.covariance[np.ix_(rest, rest)] == pytest.approx(precise, rel=1e-4, abs=1e-10)
    assert not result.covariance[shocked].any()


def test_one_factor_by_its_beta():
    matrix = np.array([[0.04, 0.012], [0.012, 0.09]])
    result = conditional_moves([0], [-0.2], matrix, mean=[0.05, 0.01])
    assert result.moves == pytest.approx([-0.2, 0.01 + 0.3 * -0.25])
    assert result.covariance[1, 1] == pytest.approx(0.09 - 0.3 * 0.012)
    assert result.distance == pytest.approx(0.25 / 0.2)


def test_student_t_against_simulated_paths_near_the_shock():
    nu, matrix = 6.0, np.array([[1.0, 0.5], [0.5, 2.0]])
    generator, n = np.random.default_rng(0), 1_000_000
    normal = generator.multivariate_normal([0, 0], matrix * (nu - 2) / nu, n, method="cholesky")
    draws = normal / np.sqrt(generator.chisquare(nu, n) / nu)[:, None]
    near = draws[np.abs(draws[:, 0] + 2.0) < 0.05, 1]
    result = conditional_moves([0], [-2.0], matrix, degrees_of_freedom=nu)
    error = near.std() / np.sqrt(len(near))
    assert abs(near.mean() - result.moves[1]) < 5 * error
    assert near.var() == pytest.approx(result.covariance[1, 1], rel=0.06)
    assert result.covariance[1, 1] > conditional_moves([0], [-2.0], matrix).covariance[1, 1]


def test_perfectly_dependent_factors_may_be_shocked_alike_and_not_apart():
    twins = np.array([[1.0, 2.0, 0.3], [2.0, 4.0, 0.6], [0.3, 0.6, 1.0]])
    alike = conditional_moves([0, 1], [-1.0, -2.0], twins)
    assert alike.moves == pytest.approx([-1.0, -2.0, -0.3])
    with pytest.raises(InputError, match="shock"):
        conditional_moves([0, 1], [-1.0, 2.0], twins)


def test_a_factor_that_never_moved_can_only_be_shocked_by_nothing():
    matrix = np.diag([0.0, 1.0])
    assert conditional_moves([0], [0.0], matrix).moves.tolist() == [0.0, 0.0]
    with pytest.raises(InputError, match="never moved"):
        conditional_moves([0], [0.1], matrix)


def test_fewer_days_than_factors():
    matrix = covariance(3, 10, rank=4)
    result = conditional_moves([2], [0.05], matrix)
    assert result.moves == pytest.approx(matrix[:, 2] / matrix[2, 2] * 0.05)


@pytest.mark.parametrize(
    ("shocked", "shock", "field"),
    [([], [], "shock"), ([0, 0], [1, 1], "shocked"), ([5], [1], "shocked"), ([-1], [1], "shocked"),
     ([0.5], [1], "shocked"), ([0], [1, 2], "shock"), ([0], [np.nan], "shock")],
)  # fmt: skip
def test_refusals(shocked, shock, field):
    with pytest.raises(InputError) as caught:
        conditional_moves(shocked, shock, np.eye(3))
    assert caught.value.field == field


def test_degrees_of_freedom_are_above_two():
    with pytest.raises(InputError, match="degrees_of_freedom"):
        conditional_moves([0], [1.0], np.eye(2), degrees_of_freedom=2)
