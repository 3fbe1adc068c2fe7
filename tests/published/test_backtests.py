"""Backtests of VaR: the documented example of MATLAB's varbacktest, and Kupiec's non-rejection regions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from scipy import special

from riskkit.measures.durations import (
    simulated_time_between_failures,
    time_between_failures,
    time_until_first_failure,
)
from riskkit.measures.exact_backtest import exact_coverage, exact_first_failure

#: MATLAB: 1043 days at 95 %, 57 failures, the first on day 58, 4 of them following another.
DAYS, FAILURES, FIRST, PAIRS = 1043, 57, 58, 4


def matlab_exceptions():
    """Any pattern with those counts: the statistics know no more of it (n00 932, n01 53, n10 53, n11 4)."""
    hits = np.zeros(DAYS, bool)
    alone = FIRST - 1 + 15 * np.arange(FAILURES - PAIRS)
    hits[alone] = True
    hits[alone[:PAIRS] + 1] = True
    assert hits.sum() == FAILURES
    return hits


def test_matlab_tuff():
    outcome = time_until_first_failure(matlab_exceptions(), 0.95)
    assert outcome.statistic == pytest.approx(1.7354, abs=5e-5)
    assert outcome.p_value == pytest.approx(0.18773, abs=5e-6)


def test_matlab_pof_cci_and_cc_ratios():
    exact = exact_coverage(matlab_exceptions(), 0.95)
    assert exact.unconditional_ratio == pytest.approx(0.46147, abs=5e-6)
    assert exact.independence_ratio == pytest.approx(0.25866, abs=5e-6)
    assert exact.conditional_ratio == pytest.approx(0.72013, abs=1e-5)
    assert special.chdtrc(1, exact.unconditional_ratio) == pytest.approx(0.49694, abs=5e-6)
    assert special.chdtrc(1, exact.independence_ratio) == pytest.approx(0.61104, abs=5e-6)
    assert special.chdtrc(2, exact.conditional_ratio) == pytest.approx(0.69763, abs=5e-6)
    assert exact.unconditional == pytest.approx(0.49694, abs=0.03)  # the exact law is near the chi-square here
    assert exact.conditional == pytest.approx(0.69763, abs=0.05)


def test_matlab_tbf_is_pof_plus_tbfi_with_one_more_degree_of_freedom():
    pof = exact_coverage(matlab_exceptions(), 0.95).unconditional_ratio
    assert pof == pytest.approx(88.952 - 88.491, abs=1e-3)
    assert special.chdtrc(FAILURES, 88.491) == pytest.approx(0.0047475, abs=5e-7)
    assert special.chdtrc(FAILURES + 1, 88.952) == pytest.approx(0.0055565, abs=5e-7)


def patterns(days):
    """Every pattern of exceptions in so many days."""
    return [[bool(number >> day & 1) for day in range(days)] for number in range(2**days)]


def by_definition(hits, p):
    """Kupiec's ratio of the number plus the ratio of every wait, each a quotient of likelihoods in exact fractions."""
    n, x = len(hits), sum(hits)
    quotient = Fraction(x, n) ** x * Fraction(n - x, n) ** (n - x) / (p**x * (1 - p) ** (n - x))
    since = 0
    for hit in hits:
        since += 1
        if hit:
            free = Fraction(1, since) * Fraction(since - 1, since) ** (since - 1)
            quotient *= free / (p * (1 - p) ** (since - 1))
            since = 0
    return 2 * math.log(quotient)


def test_tbf_by_a_second_method():
    """MATLAB prints 88.952 and 88.491 of data that are not free: every pattern of ten days is counted out instead."""
    p, every = Fraction(1, 10), patterns(10)
    ratios = np.array([by_definition(hits, p) for hits in every])
    assert [time_between_failures(hits, 0.9).statistic for hits in every] == pytest.approx(
        np.maximum(ratios, 0), abs=1e-9
    )
    mass = np.array([float(p ** sum(hits) * (1 - p) ** (10 - sum(hits))) for hits in every])
    assert mass.sum() == pytest.approx(1)
    for number in (0, 1, 1 << 9, 0b1000100, 0b11):
        exact = float(mass[ratios >= ratios[number] - 1e-9].sum())
        simulated = simulated_time_between_failures(every[number], 0.9, np.random.default_rng(number), 20_000)
        assert simulated == pytest.approx(exact, abs=4 * math.sqrt(exact / 20_000) + 1e-4)


def test_tuff_by_a_second_method():
    """The first failure in ten days, every pattern counted out."""
    every = patterns(10)
    mass = np.array([0.1 ** sum(hits) * 0.9 ** (10 - sum(hits)) for hits in every])
    ratios = np.array([time_until_first_failure(hits, 0.9).statistic for hits in every])
    for number in (0, 1, 2, 1 << 5, 1 << 9):
        exact = float(mass[ratios >= ratios[number] - 1e-9].sum())
        assert exact_first_failure(every[number], 0.9) == pytest.approx(exact, rel=1e-9)


#: (mem) Kupiec (1995), table 3: numbers of failures N not rejected at 95 %: T, p, lower and upper bound of N.
#: Second method: the chi-square threshold itself, below.
KUPIEC = [
    (255, 0.01, None, 7), (510, 0.01, 1, 11), (1000, 0.01, 4, 17),
    (255, 0.025, 2, 12), (510, 0.025, 6, 21), (1000, 0.025, 15, 36),
    (255, 0.05, 6, 21), (510, 0.05, 16, 36), (1000, 0.05, 37, 65),
    (255, 0.075, 11, 28), (510, 0.075, 27, 51), (1000, 0.075, 59, 92),
    (255, 0.10, 16, 36), (510, 0.10, 38, 65), (1000, 0.10, 81, 120),
]  # fmt: skip


@pytest.mark.parametrize(("days", "p", "lower", "upper"), KUPIEC)
def test_kupiec_regions(days, p, lower, upper):
    def ratio(failures):
        hits = np.zeros(days, bool)
        hits[:failures] = True
        return exact_coverage(hits, 1 - p).unconditional_ratio

    limit = special.chdtri(1, 0.05)
    assert ratio(upper) > limit > ratio(upper - 1)
    if lower is not None:
        assert ratio(lower) > limit > ratio(lower + 1)
    else:
        assert ratio(0) == pytest.approx(-2 * days * np.log(1 - p))
