import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures.dynamic_quantile import dynamic_quantile


def test_against_the_textbook_regression():
    generator = np.random.default_rng(3)
    hits, forecasts, p = generator.random(300) < 0.05, generator.uniform(1, 2, 300), 0.05
    centred = hits - p
    x = np.column_stack([np.ones(298), centred[1:-1], centred[:-2], forecasts[2:]])
    coefficients = np.linalg.solve(x.T @ x, x.T @ centred[2:])
    expected = coefficients @ x.T @ x @ coefficients / (p * (1 - p))
    outcome = dynamic_quantile(hits, forecasts, 0.95, lags=2)
    assert outcome.statistic == pytest.approx(expected, rel=1e-9)
    assert outcome.degrees_of_freedom == 4
    assert outcome.note == ""


def test_its_size_is_right_and_clustering_is_found():
    generator = np.random.default_rng(4)
    forecasts = np.linspace(1, 2, 1000)
    p_values = [dynamic_quantile(generator.random(1000) < 0.05, forecasts, 0.95).p_value for _ in range(400)]
    assert 0.02 < np.mean(np.array(p_values) < 0.05) < 0.10
    clustered = np.repeat(generator.random(200) < 0.05, 5)
    assert dynamic_quantile(clustered, forecasts, 0.95).p_value < 1e-6


@pytest.mark.parametrize("hits", [np.zeros(250), np.ones(250), np.eye(1, 250)[0]])
def test_a_constant_var_or_no_exception_drops_regressors_and_says_so(hits):
    outcome = dynamic_quantile(hits, np.full(250, 3.0), 0.99)
    assert outcome.degrees_of_freedom < 6
    assert "dropped" in outcome.note
    assert 0 <= outcome.p_value <= 1


@given(st.lists(st.booleans(), min_size=14, max_size=60), st.floats(1e-6, 1e9))
def test_the_unit_of_money_does_not_matter(hits, unit):
    forecasts = np.linspace(1, 3, len(hits))
    one, two = dynamic_quantile(hits, forecasts, 0.9), dynamic_quantile(hits, forecasts * unit, 0.9)
    assert two.statistic == pytest.approx(one.statistic, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("hits", "forecasts", "lags", "field"),
    [
        (np.zeros(12), np.ones(12), 4, "exceptions"),
        (np.zeros(50), np.ones(49), 4, "value_at_risk"),
        (np.zeros(50), np.full(50, np.nan), 4, "value_at_risk"),
        (np.zeros(50), np.ones(50), -1, "lags"),
        (np.zeros(50), np.ones(50), 1.5, "lags"),
    ],
)
def test_refusals(hits, forecasts, lags, field):
    with pytest.raises(InputError) as caught:
        dynamic_quantile(hits, forecasts, 0.99, lags)
    assert caught.value.field == field
