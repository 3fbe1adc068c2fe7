import numpy as np
import pytest
from scipy import stats

from riskkit.errors import InputError
from riskkit.measures.student import student_expected_shortfall, student_value_at_risk


@pytest.mark.parametrize("nu", [2.1, 3, 4.5, 30, 1e6])
@pytest.mark.parametrize("level", [0.9, 0.99, 0.999])
def test_against_scipys_distribution(nu, level):
    law = stats.t(nu, loc=0.3, scale=2 * np.sqrt((nu - 2) / nu))  # the loss, with mean 0.3 and deviation 2
    assert student_value_at_risk(-0.3, 2.0, nu, level) == pytest.approx(law.ppf(level), rel=1e-9)
    tail = law.expect(lambda x: x, lb=law.ppf(level), epsabs=1e-12, limit=500) / (1 - level)
    assert student_expected_shortfall(-0.3, 2.0, nu, level) == pytest.approx(tail, rel=1e-5)


def test_many_degrees_of_freedom_are_the_normal():
    assert student_value_at_risk(0, 1, 9e7, 0.99) == pytest.approx(2.3263478740408408, rel=1e-6)
    assert student_expected_shortfall(0, 1, 9e7, 0.99) == pytest.approx(2.6652142203457996, rel=1e-6)


def test_simulated_shortfall_agrees_within_its_error():
    draws = np.sort(np.random.default_rng(2).standard_t(5, 400_000)) * np.sqrt(3 / 5)
    tail = draws[-4000:]
    error = tail.std() / np.sqrt(len(tail))
    assert abs(tail.mean() - student_expected_shortfall(0, 1, 5, 0.99)) < 4 * error * 1.5


@pytest.mark.parametrize("nu", [2, 0, -1, np.nan, "4", True])
def test_degrees_of_freedom_are_above_two(nu):
    with pytest.raises(InputError, match="degrees_of_freedom"):
        student_value_at_risk(0.0, 1.0, nu, 0.99)
