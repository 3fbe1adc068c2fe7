"""The fit of a Student-t's tails."""

import numpy as np
import pytest
from scipy import optimize, stats

from riskkit.errors import InputError
from riskkit.measures.degrees_of_freedom import FIT_BOUNDS, fit_degrees_of_freedom, unit_scale


@pytest.mark.parametrize("nu", [3.0, 5.0, 10.0])
def test_recovers_what_made_the_sample(nu: float) -> None:
    sample = np.random.default_rng(5).standard_t(nu, 50_000) * 7.0 + 3.0
    assert fit_degrees_of_freedom(sample) == pytest.approx(nu, rel=0.12)


def test_is_the_maximum_of_scipys_likelihood() -> None:
    sample = np.random.default_rng(6).standard_t(4, 2_000)
    centred = (sample - sample.mean()) / sample.std()

    def cost(nu: float) -> float:
        return float(-stats.t.logpdf(centred, nu, scale=np.sqrt((nu - 2) / nu)).sum())

    best = optimize.minimize_scalar(cost, bounds=FIT_BOUNDS, method="bounded", options={"xatol": 1e-8}).x
    assert fit_degrees_of_freedom(sample) == pytest.approx(best, rel=1e-4)


def test_light_tails_and_constants_go_to_the_bound() -> None:
    assert fit_degrees_of_freedom(np.random.default_rng(7).uniform(-1, 1, 5_000)) > 0.99 * FIT_BOUNDS[1]
    assert fit_degrees_of_freedom(np.full(100, 0.1)) == FIT_BOUNDS[1]
    assert fit_degrees_of_freedom(np.zeros(100)) == FIT_BOUNDS[1]


@pytest.mark.parametrize("nu", [2.0, 0.0, -1.0, np.nan, np.inf])
def test_no_variance_no_scale(nu: float) -> None:
    with pytest.raises(InputError, match="degrees_of_freedom"):
        unit_scale(nu)
