"""Scenarios valued on threads: the P&L of each, and the factor changes of the largest losses whatever the order."""

from dataclasses import dataclass

import numpy as np
import pytest

from riskkit.measures.empirical import largest
from riskkit.var.valuation import Given, value_scenarios

N, BLOCK = 5_000, 100


@dataclass(frozen=True)
class Prepared:
    """Two factors, the first decides; blocks come in the order of the rows."""

    changes: np.ndarray

    @property
    def n_paths(self):
        return len(self.changes)

    @property
    def n_chunks(self):
        return -(-len(self.changes) // BLOCK)

    def chunk(self, index, space=None):
        yield index * BLOCK, self.changes[index * BLOCK : (index + 1) * BLOCK].copy()


def first(changes):
    return changes[:, 0]


ORDERS = ("as drawn", "worst first", "worst last", "all equal")


def prepared(order):
    drawn = np.random.default_rng(3).standard_t(3, (N, 2))
    if order == "all equal":
        drawn[:, 0] = -1.0
    elif order == "worst first":
        drawn = drawn[np.argsort(drawn[:, 0])]
    elif order == "worst last":
        drawn = drawn[np.argsort(-drawn[:, 0])]
    return drawn


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("kept", [1, 7, 50, N])
@pytest.mark.parametrize("threads", [1, 3])
def test_the_tails_changes_are_found_in_any_order(order, kept, threads):
    changes = prepared(order)
    valued = value_scenarios(first, Prepared(changes), kept, threads)
    assert np.array_equal(valued.pnl, changes[:, 0])
    places = largest(-valued.pnl, kept)
    assert np.array_equal(valued.rows(places), changes[places])


def test_scenarios_held_in_memory_give_any_row():
    changes = prepared("as drawn")
    valued = value_scenarios(first, Given(changes), 0, 2)
    assert np.array_equal(valued.rows(np.array([4, 2])), changes[[4, 2]])
