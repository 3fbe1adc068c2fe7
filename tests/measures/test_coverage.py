"""Coverage tests: bounds, empty cells, and the binomial counted twice (published values: tests/published)."""

import math

import numpy as np
import pytest
from scipy import stats

from riskkit.errors import InputError
from riskkit.measures import coverage
from riskkit.measures.coverage import Transitions


@pytest.mark.parametrize(("days", "level"), [(250, 0.99), (60, 0.95), (1000, 0.975)])
def test_probabilities_are_binomial(days: int, level: float) -> None:
    law = stats.binom(days, round(1 - level, 6))
    for x in (0, 1, 5, days // 10, days):
        light = coverage.traffic_light(x, days, level)
        assert coverage.exception_probability(x, days, level) == pytest.approx(law.pmf(x), rel=1e-9)
        assert light.cumulative_probability == pytest.approx(law.cdf(x), rel=1e-9)
        assert light.type_one_error == pytest.approx(law.sf(x - 1), rel=1e-7)
    assert coverage.traffic_light(3, 60, 0.95).multiplier is None


def test_empty_cells_give_numbers() -> None:
    for counts in (
        Transitions(249, 0, 0, 0),
        Transitions(0, 0, 0, 9),
        Transitions(240, 5, 4, 0),
        Transitions(0, 1, 0, 0),
    ):
        test = coverage.christoffersen_independence(counts)
        assert math.isfinite(test.statistic)
        assert 0 <= test.p_value <= 1
    for x in (0, 250):
        assert math.isfinite(coverage.kupiec_pof(x, 250, 0.99).statistic)
    assert coverage.christoffersen_independence(Transitions(249, 0, 0, 0)).p_value == 1.0


def test_clusters_are_seen() -> None:
    hits = np.zeros(500, bool)
    hits[100:110] = True
    assert coverage.christoffersen_independence(coverage.transitions(hits)).p_value < 1e-6
    spread = np.zeros(500, bool)
    spread[::50] = True
    assert coverage.christoffersen_independence(coverage.transitions(spread)).p_value > 0.1


@pytest.mark.parametrize(("x", "days"), [(-1, 10), (11, 10), (1, 0), (True, 10), (1.5, 10)])
def test_refuses_counts(x, days) -> None:
    with pytest.raises(InputError):
        coverage.kupiec_pof(x, days, 0.99)


def test_refuses_the_rest() -> None:
    with pytest.raises(InputError, match="transitions"):
        coverage.christoffersen_independence(Transitions(0, 0, 0, 0))
    with pytest.raises(InputError, match="exceptions"):
        coverage.transitions([0.5, 1])
    with pytest.raises(InputError, match="n01"):
        Transitions(1, -1, 0, 0)
    with pytest.raises(InputError, match="test_level"):
        coverage.kupiec_region(250, 0.99, 1.0)
    with pytest.raises(InputError, match="confidence_level"):
        coverage.kupiec_pof(1, 250, 99)
