"""The empirical estimator: counted by hand, exact where floats are not, and its axioms."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures import empirical

LEVELS = st.sampled_from([0.6, 0.75, 0.9, 0.95, 0.975, 0.99, 0.999])
LOSSES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200).map(np.array)
quick = settings(max_examples=50, deadline=None)


def test_five_scenarios_by_hand() -> None:
    losses = [10.0, -5.0, 30.0, 20.0, 0.0]
    # 5 * 0.4 = 2 losses in the tail: 30 and 20
    assert empirical.value_at_risk(losses, 0.6) == 20.0
    assert empirical.expected_shortfall(losses, 0.6) == 25.0
    # 5 * 0.3 = 1.5: the second largest, half of it counted
    assert empirical.value_at_risk(losses, 0.7) == 20.0
    assert empirical.expected_shortfall(losses, 0.7) == pytest.approx((30 + 0.5 * 20) / 1.5)
    # 5 * 0.01 = 0.05: only the largest
    assert empirical.value_at_risk(losses, 0.99) == empirical.expected_shortfall(losses, 0.99) == 30.0


@pytest.mark.parametrize("n", [20, 100, 250, 500, 1000, 10_000])
@pytest.mark.parametrize("level", [0.9, 0.95, 0.975, 0.99, 0.995, 0.999])
def test_order_statistic_is_exact(n: int, level: float) -> None:
    """Losses 1..n: the k-th largest is n - k + 1 with k from whole numbers, never from a rounded product."""
    thousandths = round((1 - level) * 1000)
    k = -(-n * thousandths // 1000)
    assert empirical.value_at_risk(np.arange(1, n + 1, dtype=float), level) == n - k + 1


def test_floats_alone_would_be_wrong() -> None:
    assert math.ceil((1 - 0.95) * 100) == 6
    assert empirical.tail_mass(100, 0.95) == Fraction(5)
    assert empirical.tail_mass(100, np.float64(0.95)) == Fraction(5)


@quick
@given(LOSSES, LEVELS)
def test_both_figures_together_are_each_alone(losses: np.ndarray, level: float) -> None:
    given_losses = losses.copy()
    both, tail = empirical.tail_figures(losses, level), empirical.worst(losses, level)
    assert both.value_at_risk == empirical.value_at_risk(losses, level) == losses[tail.indices[-1]]
    assert both.expected_shortfall == empirical.expected_shortfall(losses, level)
    assert both.expected_shortfall == float(tail.weights @ losses[tail.indices])
    assert np.array_equal(losses, given_losses)  # sorted in a copy


def test_ties_come_in_order_of_place() -> None:
    tail = empirical.worst(np.array([1.0, 2.0, 2.0, 2.0, 0.0]), 0.6)
    assert tail.indices.tolist() == [1, 2]


@pytest.mark.parametrize("bad", [[], [[1.0]], [1.0, math.nan], [math.inf]])
def test_refuses_bad_losses(bad: list) -> None:
    for measure in (empirical.value_at_risk, empirical.expected_shortfall, empirical.tail_figures):
        with pytest.raises(InputError, match="losses"):
            measure(bad, 0.99)


@pytest.mark.parametrize("level", [0, 1, 0.5, -0.1, 1.5, 95, math.nan, "0.95", True])
def test_refuses_bad_levels(level: object) -> None:
    with pytest.raises(InputError, match="confidence_level"):
        empirical.value_at_risk([1.0, 2.0], level)


@quick
@given(LOSSES, LEVELS, st.floats(-1e5, 1e5), st.floats(0.01, 100))
def test_translation_and_homogeneity(losses, level, shift, scale) -> None:
    for measure in (empirical.value_at_risk, empirical.expected_shortfall):
        value = measure(losses, level)
        assert measure(losses + shift, level) == pytest.approx(value + shift, abs=1e-6)
        assert measure(scale * losses, level) == pytest.approx(scale * value, rel=1e-9, abs=1e-6)


@quick
@given(LOSSES, LEVELS, st.randoms(use_true_random=False))
def test_permutation_and_monotonicity(losses, level, random) -> None:
    shuffled = losses.tolist()
    random.shuffle(shuffled)
    worse = losses + np.array([random.random() for _ in losses])
    for measure in (empirical.value_at_risk, empirical.expected_shortfall):
        assert measure(np.array(shuffled), level) == pytest.approx(measure(losses, level), rel=1e-12, abs=1e-9)
        assert measure(worse, level) >= measure(losses, level) - 1e-9


@quick
@given(LOSSES, LEVELS)
def test_shortfall_is_at_least_var_and_at_most_the_worst(losses, level) -> None:
    var, shortfall = empirical.value_at_risk(losses, level), empirical.expected_shortfall(losses, level)
    assert var - 1e-9 <= shortfall <= losses.max() + 1e-9
    tail = empirical.worst(losses, level)
    assert losses[tail.indices[-1]] == var
    assert tail.weights.sum() == pytest.approx(1.0)


@quick
@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), min_size=1, max_size=100), LEVELS)
def test_shortfall_is_subadditive(pairs, level) -> None:
    a, b = np.array(pairs).T
    both = empirical.expected_shortfall(a + b, level)
    assert both <= empirical.expected_shortfall(a, level) + empirical.expected_shortfall(b, level) + 1e-6


def test_shortfall_is_the_integral_of_the_quantile() -> None:
    """Second method: Acerbi's integral of VaR over the tail, on a fine grid."""
    losses = np.random.default_rng(0).normal(size=37)
    level, steps = 0.9, 200_000
    grid = level + (np.arange(steps) + 0.5) / steps * (1 - level)
    ordered = np.sort(losses)
    quantiles = ordered[np.minimum(np.floor(grid * 37).astype(int), 36)]
    assert empirical.expected_shortfall(losses, level) == pytest.approx(quantiles.mean(), abs=1e-4)
