"""A few extreme draws do not fill the axis, and none of them is lost."""

import numpy as np
import pytest

from riskkit.charts.bins import INNER, bins

HEAVY = np.random.default_rng(3).standard_t(2.2, 100_000)
EVEN = np.random.default_rng(3).standard_normal(100_000)


def test_the_mass_of_heavy_tailed_draws_takes_many_bins():
    var, shortfall = np.quantile(HEAVY, 0.01), HEAVY[np.quantile(HEAVY, 0.01) >= HEAVY].mean()
    found = bins(HEAVY, (var, shortfall))
    counts = found.counts(HEAVY)
    assert counts.sum() == len(HEAVY)
    assert counts[0] == found.below > 0
    assert counts[-1] == found.above > 0
    assert found.below + found.above <= 0.0011 * len(HEAVY)
    filled = np.flatnonzero(np.cumsum(np.sort(counts)[::-1]) >= 0.9 * len(HEAVY))[0] + 1
    unlimited = np.sort(np.histogram(HEAVY, INNER)[0])[::-1]
    assert unlimited[:3].sum() >= 0.9 * len(HEAVY)
    assert filled >= 6
    air = 0.02 * (found.edges[-1] - found.edges[0])
    assert found.edges[1] < shortfall - air


def test_what_must_be_seen_widens_the_limits():
    far = float(np.quantile(HEAVY, 0.0001))
    found = bins(HEAVY, (far,))
    assert found.edges[1] < far
    assert found.below == (found.edges[1] > HEAVY).sum() < 0.0001 * len(HEAVY)


@pytest.mark.parametrize("draws", [EVEN, HEAVY[:500], np.zeros(5)], ids=["even", "few", "all_the_same"])
def test_where_nothing_fills_the_axis_nothing_is_gathered(draws):
    found = bins(draws, (0.0,))
    assert (found.below, found.above, len(found.edges)) == (0, 0, INNER + 1)
    assert found.counts(draws).sum() == len(draws)
    np.testing.assert_array_equal(found.placed(draws), draws)


def test_a_gathered_draw_stands_in_the_bin_of_its_side():
    found = bins(HEAVY, (0.0,))
    lowest, highest = found.placed(np.array([HEAVY.min(), HEAVY.max()]))
    assert found.edges[0] < lowest < found.edges[1]
    assert found.edges[-2] < highest < found.edges[-1]
    said = found.ranges(1)
    assert said[0].startswith("below ")
    assert said[-1].endswith(" and above")
    assert len(said) == len(found.edges) - 1
