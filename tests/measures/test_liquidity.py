import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures import liquidity

PARTIAL = st.lists(st.floats(0, 1e9), min_size=5, max_size=5)


def test_the_cascade_by_hand():
    expected = math.sqrt(10**2 + 4**2 + (2 * math.sqrt(2)) ** 2 + 0 + (1 * math.sqrt(6)) ** 2)
    assert liquidity.liquidity_horizon_shortfall([10, 4, 2, 0, 1]) == pytest.approx(expected)


@given(PARTIAL, st.floats(0.1, 10))
def test_axioms_of_the_cascade(partial, factor):
    value = liquidity.liquidity_horizon_shortfall(partial)
    assert liquidity.liquidity_horizon_shortfall(np.array(partial) * factor) == pytest.approx(value * factor)
    assert liquidity.liquidity_horizon_shortfall(np.array(partial) + 1) >= value
    assert value >= max(partial) * (1 - 1e-12)


def test_independent_normal_factors_scale_by_the_square_root_of_their_own_horizon():
    """Second method: a factor of horizon 40 is in steps 10, 20, 40, so its total is sqrt(4) of its ten days' risk."""
    members = liquidity.cascade_members([40])
    assert liquidity.liquidity_horizon_shortfall(members[:, 0] * 100.0) == pytest.approx(200.0)


def test_members():
    assert liquidity.cascade_members([10, 120]).sum(axis=0).tolist() == [1, 5]
    with pytest.raises(InputError, match="factor_horizons"):
        liquidity.cascade_members([15])


def test_the_stress_ratio_is_not_below_one_and_a_poor_reduced_set_is_said():
    assert liquidity.stressed_shortfall(300, 100, 120).expected_shortfall == 300
    poor = liquidity.stressed_shortfall(300, 200, 100)
    assert poor.expected_shortfall == 600
    assert "50%" in poor.warning
    assert liquidity.stressed_shortfall(300, 100, 75).warning == ""


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: liquidity.liquidity_horizon_shortfall([1, 2]), "partial_shortfalls"),
        (lambda: liquidity.liquidity_horizon_shortfall([1, 1, 1, 1, -1]), "partial_shortfalls"),
        (lambda: liquidity.liquidity_horizon_shortfall([1, 1, 1, 1, np.nan]), "partial_shortfalls"),
        (lambda: liquidity.liquidity_horizon_shortfall([1, 1], (20, 10)), "horizons"),
        (lambda: liquidity.stressed_shortfall(1, 1, 0), "reduced_current"),
        (lambda: liquidity.stressed_shortfall(-1, 1, 1), "reduced_stressed"),
    ],
)
def test_refusals(call, field):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.field == field
