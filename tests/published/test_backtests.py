"""Backtests of VaR: the documented example of MATLAB's varbacktest, and Kupiec's non-rejection regions."""

import numpy as np
import pytest
from scipy import special

from riskkit.measures.durations import time_until_first_failure
from riskkit.measures.exact_backtest import exact_coverage

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
