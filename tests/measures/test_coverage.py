"""Coverage tests: bounds, empty cells, and the binomial counted twice (published values: tests/published)."""

import math

import pytest
from scipy import stats

from riskkit.errors import InputError
from riskkit.measures import coverage


@pytest.mark.parametrize(("days", "level"), [(250, 0.99), (60, 0.95), (1000, 0.975)])
def test_probabilities_are_binomial(days: int, level: float) -> None:
    law = stats.binom(days, round(1 - level, 6))
    for x in (0, 1, 5, days // 10, days):
        light = coverage.traffic_light(x, days, level)
        assert coverage.exception_probability(x, days, level) == pytest.approx(law.pmf(x), rel=1e-9)
        assert light.cumulative_probability == pytest.approx(law.cdf(x), rel=1e-9)
        assert light.type_one_error == pytest.approx(law.sf(x - 1), rel=1e-7)
    assert coverage.traffic_light(3, 60, 0.95).multiplier is None


def test_none_and_nothing_but_exceptions_give_numbers() -> None:
    for x in (0, 250):
        assert math.isfinite(coverage.kupiec_pof(x, 250, 0.99).statistic)


@pytest.mark.parametrize(("x", "days"), [(-1, 10), (11, 10), (1, 0), (True, 10), (1.5, 10)])
def test_refuses_counts(x, days) -> None:
    with pytest.raises(InputError):
        coverage.kupiec_pof(x, days, 0.99)


def test_refuses_the_rest() -> None:
    with pytest.raises(InputError, match="test_level"):
        coverage.kupiec_region(250, 0.99, 1.0)
    with pytest.raises(InputError, match="confidence_level"):
        coverage.kupiec_pof(1, 250, 99)
