import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.measures import durations

HITS = st.lists(st.booleans(), min_size=1, max_size=80)


def test_waits_by_hand():
    hits = [0, 1, 0, 0, 1]  # waits of 2 and 3 days, p = 0.1
    first = -2 * math.log(0.1 * 0.9) + 2 * math.log(0.5 * 0.5)
    second = -2 * math.log(0.1 * 0.9**2) + 2 * math.log(1 / 3 * (2 / 3) ** 2)
    number = 2 * (2 * math.log(0.4 / 0.1) + 3 * math.log(0.6 / 0.9))
    assert durations.time_until_first_failure(hits, 0.9).statistic == pytest.approx(first)
    independence = durations.time_between_failures_independence(hits, 0.9)
    assert independence.statistic == pytest.approx(first + second)
    assert independence.degrees_of_freedom == 2
    mixed = durations.time_between_failures(hits, 0.9)
    assert mixed.statistic == pytest.approx(first + second + number)
    assert mixed.degrees_of_freedom == 3


@given(HITS, st.sampled_from([0.9, 0.95, 0.99]))
def test_no_pattern_gives_a_nan(hits, level):
    for test in (
        durations.time_until_first_failure,
        durations.time_between_failures,
        durations.time_between_failures_independence,
    ):
        outcome = test(hits, level)
        if outcome.p_value is None:
            assert not any(hits)
            assert outcome.note
        else:
            assert 0 <= outcome.p_value <= 1
            assert outcome.statistic >= 0


def test_under_the_null_a_wait_averages_1_15_and_so_the_published_test_is_oversized():
    """For an exponential wait E the ratio is 2 (E - 1 - ln E), whose mean is twice Euler's constant."""
    generator = np.random.default_rng(5)
    outcomes = [durations.time_between_failures_independence(generator.random(5000) < 0.02, 0.98) for _ in range(400)]
    average = sum(o.statistic for o in outcomes) / sum(o.degrees_of_freedom for o in outcomes)
    assert average == pytest.approx(2 * np.euler_gamma, abs=0.03)
    assert 0.05 < np.mean([o.p_value < 0.05 for o in outcomes]) < 0.4


@pytest.mark.parametrize("hits", [[], [[0, 1]], [0, 2], ["x"], [np.nan, 0.0]], ids=str)
def test_exceptions_are_ones_and_zeros(hits):
    with pytest.raises(InputError, match="exceptions"):
        durations.time_until_first_failure(hits, 0.99)
