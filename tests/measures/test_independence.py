"""Christoffersen's tests: empty cells, clusters (published values: tests/published)."""

import math

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.measures import independence
from riskkit.measures.independence import Transitions


def test_empty_cells_give_numbers() -> None:
    for counts in (
        Transitions(249, 0, 0, 0),
        Transitions(0, 0, 0, 9),
        Transitions(240, 5, 4, 0),
        Transitions(0, 1, 0, 0),
    ):
        test = independence.christoffersen_independence(counts)
        assert math.isfinite(test.statistic)
        assert 0 <= test.p_value <= 1
    assert independence.christoffersen_independence(Transitions(249, 0, 0, 0)).p_value == 1.0


def test_clusters_are_seen() -> None:
    hits = np.zeros(500, bool)
    hits[100:110] = True
    assert independence.christoffersen_independence(independence.transitions(hits)).p_value < 1e-6
    spread = np.zeros(500, bool)
    spread[::50] = True
    assert independence.christoffersen_independence(independence.transitions(spread)).p_value > 0.1


def test_refuses() -> None:
    with pytest.raises(InputError, match="transitions"):
        independence.christoffersen_independence(Transitions(0, 0, 0, 0))
    with pytest.raises(InputError, match="exceptions"):
        independence.transitions([0.5, 1])
    with pytest.raises(InputError, match="n01"):
        Transitions(1, -1, 0, 0)
