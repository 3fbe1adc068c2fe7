"""Normal VaR and expected shortfall against scipy's distribution and against integration."""

import math

import pytest
from scipy import integrate, stats

from riskkit.errors import InputError
from riskkit.measures import normal


@pytest.mark.parametrize("level", [0.9, 0.95, 0.975, 0.99, 0.995, 0.999])
def test_against_the_distribution(level: float) -> None:
    assert normal.value_at_risk(3.0, level) == pytest.approx(stats.norm(scale=3.0).ppf(level), rel=1e-12)
    tail, _ = integrate.quad(lambda u: stats.norm.ppf(u), level, 1)
    assert normal.expected_shortfall(3.0, level) == pytest.approx(3.0 * tail / (1 - level), rel=1e-6)


def test_no_deviation_no_loss() -> None:
    assert normal.value_at_risk(0.0, 0.99) == normal.expected_shortfall(0.0, 0.99) == 0.0


@pytest.mark.parametrize("bad", [-1.0, math.nan, math.inf])
def test_refuses(bad: float) -> None:
    with pytest.raises(InputError, match="standard_deviation"):
        normal.value_at_risk(bad, 0.99)
