import numpy as np
import pytest
from scipy import stats

from riskkit.errors import InputError
from riskkit.measures.copula import StudentCopula, fit_copula, simulate_copula

CORRELATION = np.array([[1.0, 0.6, -0.2], [0.6, 1.0, 0.1], [-0.2, 0.1, 1.0]])


def student_draws(nu, n, seed=0):
    generator = np.random.default_rng(seed)
    normal = generator.multivariate_normal(np.zeros(3), CORRELATION, n, method="cholesky")
    return normal / np.sqrt(generator.chisquare(nu, n) / nu)[:, None]


def test_it_finds_the_dependence_whatever_the_margins():
    draws = student_draws(4, 3000)
    copula = fit_copula(np.column_stack([np.exp(draws[:, 0]), draws[:, 1] ** 3, 100 * draws[:, 2]]))
    assert copula.correlation == pytest.approx(CORRELATION, abs=0.06)
    assert 3 < copula.degrees_of_freedom < 5.5
    assert copula.note == ""


def test_normal_dependence_has_many_degrees_of_freedom():
    normal = np.random.default_rng(1).multivariate_normal(np.zeros(3), CORRELATION, 3000, method="cholesky")
    assert fit_copula(normal).degrees_of_freedom > 20


def test_simulated_margins_are_the_historys_and_simulated_ranks_the_copulas():
    history = np.random.default_rng(2).standard_t(3, (500, 3)) * [0.01, 0.02, 5.0]
    draws = simulate_copula(StudentCopula(CORRELATION, 4.0), history, 100_000, np.random.default_rng(3))
    for level in (0.01, 0.25, 0.5, 0.99):
        ours = np.quantile(draws, level, axis=0)
        assert ours == pytest.approx(np.quantile(history, level, axis=0, method="hazen"), rel=0.1, abs=2e-3 * 5)
    tau = stats.kendalltau(draws[:5000, 0], draws[:5000, 1]).statistic
    assert np.sin(np.pi * tau / 2) == pytest.approx(0.6, abs=0.03)
    assert (draws.min(axis=0) >= history.min(axis=0)).all()


def test_tails_come_together_more_often_with_fewer_degrees_of_freedom():
    history = np.random.default_rng(2).standard_normal((500, 3))
    joint = []
    for nu in (3.0, 200.0):
        draws = simulate_copula(StudentCopula(CORRELATION, nu), history, 200_000, np.random.default_rng(4))
        low = draws[:, :2] < np.quantile(draws[:, :2], 0.01, axis=0)
        joint.append(low.all(axis=1).mean() / 0.01)
    assert joint[0] > joint[1] * 1.3


def test_two_equal_columns_and_a_seed():
    column = np.random.default_rng(5).standard_normal((100, 1))
    twins = np.hstack([column, column])
    copula = fit_copula(twins)
    draws = simulate_copula(copula, twins, 50, np.random.default_rng(6))
    assert draws[:, 0] == pytest.approx(draws[:, 1], abs=1e-6)
    assert np.array_equal(draws, simulate_copula(copula, twins, 50, np.random.default_rng(6)))
    assert fit_copula(column).correlation.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: fit_copula(np.ones((50, 2))), "returns"),
        (lambda: fit_copula(np.ones((5, 2))), "returns"),
        (
            lambda: simulate_copula(StudentCopula(np.eye(2), 4.0), np.ones((5, 3)), 10, np.random.default_rng(0)),
            "copula",
        ),
        (
            lambda: simulate_copula(StudentCopula(np.eye(2), 4.0), np.ones((5, 2)), 0, np.random.default_rng(0)),
            "n_paths",
        ),
    ],
)
def test_refusals(call, field):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.field == field
