import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from riskkit.errors import InputError
from riskkit.measures import quantiles

LOSSES = arrays(np.float64, st.integers(1, 60), elements=st.floats(-1e6, 1e6))
LEVELS = st.sampled_from([0.51, 0.75, 0.9, 0.95, 0.975, 0.99, 0.999])
NUMPY_NAMES = [name for name in quantiles.get_args(quantiles.Estimator) if name != "order_statistic"]


def test_five_losses_by_hand():
    losses = [5.0, 1.0, 4.0, 2.0, 3.0]  # n (1 - c) = 2 at 60 %
    assert quantiles.value_at_risk(losses, 0.6) == 4.0
    assert quantiles.value_at_risk(losses, 0.6, "inverted_cdf") == 3.0
    assert quantiles.value_at_risk(losses, 0.6, "averaged_inverted_cdf") == 3.5
    assert quantiles.value_at_risk(losses, 0.6, "linear") == pytest.approx(3.4)
    assert quantiles.expected_shortfall(losses, 0.6) == 4.5
    assert quantiles.expected_shortfall(losses, 0.6, "strictly_worse") == 5.0
    assert quantiles.expected_shortfall(losses, 0.6, "at_or_worse") == 4.5


@pytest.mark.parametrize("name", NUMPY_NAMES)
@given(losses=LOSSES, level=st.sampled_from([0.75, 0.625, 0.875]))  # exact in binary, so numpy's positions are too
def test_named_estimators_are_numpys(name, losses, level):
    ours = quantiles.value_at_risk(losses, level, name)
    assert ours == pytest.approx(np.quantile(losses, level, method=name), rel=1e-12, abs=1e-8)


@pytest.mark.parametrize(("n", "level"), [(100, 0.95), (1000, 0.99), (20, 0.95), (40, 0.975), (700, 0.93)])
def test_positions_are_exact_where_floats_slip(n, level):
    losses = np.arange(1.0, n + 1)
    whole = round(n * level)
    assert quantiles.value_at_risk(losses, level) == whole + 1
    assert quantiles.value_at_risk(losses, level, "inverted_cdf") == whole


@given(losses=LOSSES, level=LEVELS, shift=st.floats(-1e5, 1e5), factor=st.floats(0.01, 100))
def test_axioms(losses, level, shift, factor):
    for measure in (quantiles.value_at_risk, quantiles.expected_shortfall):
        value = measure(losses, level)
        assert measure(losses + shift, level) == pytest.approx(value + shift, rel=1e-9, abs=1e-6)
        assert measure(losses * factor, level) == pytest.approx(value * factor, rel=1e-9, abs=1e-6)
        assert measure(losses[::-1], level) == pytest.approx(value, rel=1e-12)
        assert measure(losses + np.abs(losses), level) >= value - 1e-9 * abs(value)
    assert quantiles.expected_shortfall(losses, level) >= quantiles.value_at_risk(losses, level) - 1e-9


@given(losses=LOSSES, level=LEVELS)
def test_equal_weights_give_the_default(losses, level):
    tail = quantiles.weighted_tail(losses, np.full(len(losses), 1 / len(losses)), level)
    assert tail.value_at_risk == quantiles.value_at_risk(losses, level)
    assert tail.expected_shortfall == pytest.approx(quantiles.expected_shortfall(losses, level), rel=1e-9, abs=1e-9)


@given(losses=LOSSES, level=LEVELS, decay=st.floats(0.5, 0.9999))
def test_weighted_shortfall_is_never_below_weighted_var(losses, level, decay):
    tail = quantiles.weighted_tail(losses, quantiles.age_weights(len(losses), decay), level)
    assert tail.expected_shortfall >= tail.value_at_risk - 1e-9 * max(1, abs(tail.value_at_risk))
    assert tail.value_at_risk <= losses.max()


def test_zero_weight_is_no_observation():
    tail = quantiles.weighted_tail([100.0, 5.0, 1.0], [0.0, 0.5, 0.5], 0.9)
    assert (tail.value_at_risk, tail.n_tail) == (5.0, 1)
    assert tail.expected_shortfall == pytest.approx(5.0)


@pytest.mark.parametrize("weights", [[0.5, 0.4, 0.0], [1.5, -0.5, 0.0], [0.5, 0.5], [np.nan, 0.5, 0.5], [0, 0, 0]])
def test_weights_are_refused_unless_they_sum_to_one(weights):
    with pytest.raises(InputError, match="weights"):
        quantiles.weighted_tail([1.0, 2.0, 3.0], weights, 0.9)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: quantiles.value_at_risk([1.0], 0.99, "type7"), "estimator"),
        (lambda: quantiles.value_at_risk([], 0.99), "losses"),
        (lambda: quantiles.value_at_risk([np.nan], 0.99), "losses"),
        (lambda: quantiles.expected_shortfall([1.0], 0.99, "mean"), "tail"),
        (lambda: quantiles.expected_shortfall(np.ones(100), 0.99, "strictly_worse"), "losses"),
        (lambda: quantiles.age_weights(0, 0.9), "n"),
        (lambda: quantiles.age_weights(3, 1.0), "decay"),
    ],
)
def test_refusals_name_the_field(call, field):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.field == field
