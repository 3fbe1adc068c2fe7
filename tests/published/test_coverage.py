"""Published coverage tables and test values, through riskkit's functions."""

from fractions import Fraction
from math import log

import pytest

from riskkit.measures import coverage, independence
from riskkit.measures.independence import Transitions

#: Basel Committee, Supervisory framework for backtesting (1996), table 1: 250 days at 99 %, per cent.
EXACT = (8.1059, 20.4693, 25.7417, 21.4948, 13.4071, 6.6629, 2.7482, 0.9676, 0.2969, 0.0806, 0.0196)
CUMULATIVE = (8.11, 28.58, 54.32, 75.81, 89.22, 95.88, 98.63, 99.60, 99.89, 99.97, 99.99)
#: Basel Committee, MAR99 and MAR32: multipliers.
MULTIPLIERS = (1.5, 1.5, 1.5, 1.5, 1.5, 1.70, 1.76, 1.83, 1.88, 1.92, 2.00)


@pytest.mark.parametrize("exceptions", range(11))
def test_basel_table(exceptions: int) -> None:
    light = coverage.traffic_light(exceptions, 250, 0.99)
    assert 100 * coverage.exception_probability(exceptions, 250, 0.99) == pytest.approx(EXACT[exceptions], abs=5e-5)
    assert 100 * light.cumulative_probability == pytest.approx(CUMULATIVE[exceptions], abs=5.1e-3)
    assert light.multiplier == MULTIPLIERS[exceptions]
    assert light.zone == ("green" if exceptions < 5 else "yellow" if exceptions < 10 else "red")


@pytest.mark.parametrize(
    ("days", "level", "starts"),
    [
        (250, 0.99, (5, 10)),
        (500, 0.99, (9, 15)),
        (750, 0.99, (12, 20)),
        (750, 0.995, (7, 13)),  # published by the course CFRM 17
        (250, 0.975, (11, 17)),
        (250, 0.95, (18, 27)),
    ],
)
def test_zones_of_other_sizes(days: int, level: float, starts: tuple[int, int]) -> None:
    assert coverage.zone_starts(days, level) == starts


def test_matlab_95() -> None:
    """MathWorks, Risk Management Toolbox, varbacktest: 1043 days, normal VaR at 95 %, 57 failures."""
    counts = Transitions(932, 53, 53, 4)
    pof = coverage.kupiec_pof(57, 1043, 0.95)
    assert (pof.statistic, pof.p_value) == pytest.approx((0.46147, 0.49694), abs=5e-6)
    cci = independence.christoffersen_independence(counts)
    assert (cci.statistic, cci.p_value) == pytest.approx((0.25866, 0.61104), abs=5e-6)
    cc = independence.conditional_coverage(57, 1043, 0.95, counts)
    assert (cc.statistic, cc.p_value) == pytest.approx((0.72013, 0.69763), abs=5e-6)
    z = coverage.binomial_z(57, 1043, 0.95)
    assert (z.statistic, z.p_value) == pytest.approx((0.68905, 0.49079), abs=5e-6)
    light = coverage.traffic_light(57, 1043, 0.95)
    assert light.zone == "green"
    assert light.cumulative_probability == pytest.approx(0.77913, abs=5e-6)
    assert light.type_one_error == pytest.approx(0.26396, abs=5e-6)


def test_matlab_99() -> None:
    pof = coverage.kupiec_pof(17, 1043, 0.99)
    assert (pof.statistic, pof.p_value) == pytest.approx((3.5118, 0.060933), abs=5e-5)


def test_matlab_r2025b_functions() -> None:
    """Three failures in 250 days: too few at 95 %, as expected at 99 %; 40 failures at 90 %: yellow."""
    few, fitting = coverage.kupiec_pof(3, 250, 0.95), coverage.kupiec_pof(3, 250, 0.99)
    assert few.p_value < 0.05 < fitting.p_value
    assert (few.statistic, fitting.statistic) == pytest.approx((10.812334, 0.094940), abs=5e-7)
    light = coverage.traffic_light(40, 250, 0.9)
    assert light.zone == "yellow"
    assert light.cumulative_probability == pytest.approx(0.998869, abs=5e-7)


@pytest.mark.parametrize(
    ("level", "regions"),
    [
        (0.99, [(None, 7), (1, 11), (4, 17)]),
        (0.975, [(2, 12), (6, 21), (15, 36)]),
        (0.95, [(6, 21), (16, 36), (37, 65)]),
        (0.925, [(11, 28), (27, 51), (59, 92)]),
        (0.90, [(16, 36), (38, 65), (81, 120)]),
    ],
)
def test_kupiec_regions(level: float, regions: list[tuple[int | None, int]]) -> None:
    """Kupiec (1995), table of non-rejection regions at 95 %, open intervals; quoted from memory, so computed twice.

    The table prints no lower end for 255 days at 99 %; the likelihood ratio of no exception, 5.13, rejects it.
    """
    for days, (above, below) in zip((255, 510, 1000), regions, strict=True):
        low, high = coverage.kupiec_region(days, level)
        assert high == below - 1
        if above is not None:
            assert low == above + 1
        # second method: the ratio crosses the chi-square quantile 3.841459 between the region and its neighbours
        p = round(1 - level, 6)
        assert _ratio(high, days, p) < 3.841459 < _ratio(high + 1, days, p)
        assert _ratio(low, days, p) < 3.841459 < _ratio(low - 1, days, p)


def _ratio(x: int, n: int, p: float) -> float:
    """The likelihood ratio by logarithms of powers, in exact integers where they can be."""
    null = Fraction(str(p)) ** x * (1 - Fraction(str(p))) ** (n - x)
    observed = Fraction(x, n) ** x * (1 - Fraction(x, n)) ** (n - x)
    quotient = observed / null
    return 2 * (log(quotient.numerator) - log(quotient.denominator))
