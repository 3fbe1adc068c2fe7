"""Hull, Options, Futures, and Other Derivatives: the four-index historical simulation (the textbook's spreadsheet)."""

import numpy as np
import pytest

from riskkit.measures import quantiles

#: The six worst of 500 losses, $000, and the published cumulative weights of the three worst at lambda = 0.995.
RANKED = [477.841, 345.435, 282.204, 277.041, 253.385, 217.974]
CUMULATIVE = [0.00528, 0.00771, 0.01027]


def hull_losses():
    return np.concatenate([RANKED, np.zeros(494)])


def test_hull_var_is_the_fifth_worst_and_es_the_mean_of_the_four_before_it():
    assert quantiles.value_at_risk(hull_losses(), 0.99) == 253.385
    assert quantiles.expected_shortfall(hull_losses(), 0.99, "strictly_worse") == pytest.approx(345.630, abs=5e-4)
    assert quantiles.expected_shortfall(hull_losses(), 0.99) == pytest.approx(327.181, abs=5e-4)


def test_numpys_default_quantile_is_another_number():
    assert quantiles.value_at_risk(hull_losses(), 0.99, "linear") == pytest.approx(218.328, abs=5e-4)


def test_hull_age_weighted_var_and_es():
    weights = np.append(np.diff([0.0, *CUMULATIVE]), 1 - CUMULATIVE[-1])
    tail = quantiles.weighted_tail([*RANKED[:3], 0.0], weights, 0.99)
    assert tail.value_at_risk == 282.204
    assert tail.expected_shortfall == pytest.approx(400.914, abs=0.06)  # weights are printed to five digits
