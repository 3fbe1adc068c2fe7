import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.covariance import OAS, LedoitWolf

from riskkit.errors import InputError
from riskkit.measures.shrinkage import shrunk_covariance


@pytest.mark.parametrize(("method", "estimator"), [("ledoit_wolf", LedoitWolf), ("oas", OAS)])
def test_it_is_scikit_learns_on_standardised_returns(method, estimator):
    returns = np.random.default_rng(0).standard_normal((60, 8)) * np.linspace(0.001, 5, 8)
    deviations = returns.std(axis=0)
    reference = estimator().fit(returns / deviations)
    shrunk = shrunk_covariance(returns, method)
    assert shrunk.covariance == pytest.approx(reference.covariance_ * np.outer(deviations, deviations))
    assert shrunk.intensity == pytest.approx(reference.shrinkage_)
    assert np.diag(shrunk.covariance) == pytest.approx(deviations**2)
    assert f"{shrunk.intensity:.3f}" in shrunk.convention


@given(arrays(np.float64, st.tuples(st.integers(2, 8), st.integers(1, 12)), elements=st.floats(-1, 1)))
@settings(max_examples=30)
def test_always_positive_semidefinite_and_finite(returns):
    for method in ("ledoit_wolf", "oas"):
        shrunk = shrunk_covariance(returns, method)
        assert np.isfinite(shrunk.covariance).all()
        assert np.linalg.eigvalsh(shrunk.covariance)[0] >= -1e-12
        assert 0 <= shrunk.intensity <= 1


def test_two_equal_columns_fewer_days_than_factors_and_a_constant_column():
    column = np.random.default_rng(1).standard_normal((6, 1))
    shrunk = shrunk_covariance(np.hstack([column] * 9 + [np.full((6, 1), 0.3)]))
    assert np.linalg.matrix_rank(shrunk.covariance) == 9
    assert not shrunk.covariance[-1].any()
    assert "6 days for 10 factors" in shrunk.convention


@pytest.mark.parametrize("returns", [np.ones((1, 3)), np.ones(5), [[np.nan, 1], [1, 2]], np.empty((0, 2))])
def test_refusals(returns):
    with pytest.raises(InputError, match="returns"):
        shrunk_covariance(returns)
    with pytest.raises(InputError, match="covariance"):
        shrunk_covariance([[1.0], [2.0]], "identity")
