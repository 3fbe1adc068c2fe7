import itertools
import math

import numpy as np
import pytest
from scipy import stats

from riskkit.errors import InputError
from riskkit.measures import coverage, independence
from riskkit.measures.exact_backtest import exact_coverage


def logs(count, share):
    return 0.0 if count == 0 else count * math.log(share)


def ratios(hits, p):
    """Kupiec's and Christoffersen's ratios, in plain scalar arithmetic."""
    n, x = len(hits), sum(hits)
    uc = 2 * (logs(x, x / n) + logs(n - x, 1 - x / n) - logs(x, p) - logs(n - x, 1 - p))
    n00 = n01 = n10 = n11 = 0
    for before, after in itertools.pairwise(hits):
        n00 += not before and not after
        n01 += not before and after
        n10 += before and not after
        n11 += before and after
    a, b, both = n01 / max(n00 + n01, 1), n11 / max(n10 + n11, 1), (n01 + n11) / (n - 1)
    ind = 2 * (
        logs(n00, 1 - a)
        + logs(n01, a)
        + logs(n10, 1 - b)
        + logs(n11, b)
        - logs(n00 + n10, 1 - both)
        - logs(n01 + n11, both)
    )
    return uc, ind, uc + ind


@pytest.mark.parametrize("n", [2, 3, 7, 11])
@pytest.mark.parametrize("level", [0.6, 0.9])
def test_against_every_pattern_one_by_one(n, level):
    p = 1 - level
    patterns = [tuple(map(bool, pattern)) for pattern in itertools.product((0, 1), repeat=n)]
    table = np.array([ratios(pattern, p) for pattern in patterns])
    mass = np.array([p ** sum(pattern) * (1 - p) ** (n - sum(pattern)) for pattern in patterns])
    for index in range(0, len(patterns), max(1, len(patterns) // 50)):
        exact = exact_coverage(patterns[index], level)
        seen = [exact.unconditional_ratio, exact.independence_ratio, exact.conditional_ratio]
        assert seen == pytest.approx(table[index], abs=1e-9)
        expected = [mass[table[:, j] >= table[index, j] - 1e-9].sum() for j in range(3)]
        assert [exact.unconditional, exact.independence, exact.conditional] == pytest.approx(expected, abs=1e-10)


def test_the_ratios_are_those_of_the_asymptotic_tests():
    hits = np.random.default_rng(2).random(400) < 0.03
    exact, counts = exact_coverage(hits, 0.98), independence.transitions(hits)
    x = int(hits.sum())
    assert exact.unconditional_ratio == pytest.approx(coverage.kupiec_pof(x, 400, 0.98).statistic)
    assert exact.independence_ratio == pytest.approx(independence.christoffersen_independence(counts).statistic)
    assert exact.conditional_ratio == pytest.approx(independence.conditional_coverage(x, 400, 0.98, counts).statistic)


def test_large_samples_come_to_the_chi_square():
    hits = np.zeros(3000, bool)
    hits[::17] = True
    exact = exact_coverage(hits, 0.95)
    assert exact.unconditional == pytest.approx(stats.chi2.sf(exact.unconditional_ratio, 1), abs=0.01)
    assert exact.conditional == pytest.approx(stats.chi2.sf(exact.conditional_ratio, 2), abs=0.01)


def test_simulated_p_values_agree_within_their_error():
    hits = np.zeros(250, bool)
    hits[[10, 11, 90, 200, 230]] = True
    exact = exact_coverage(hits, 0.99)
    draws = np.random.default_rng(8).random((4000, 250)) < 0.01
    simulated = np.mean([ratios(list(row), 0.01)[2] >= exact.conditional_ratio - 1e-9 for row in draws])
    assert abs(simulated - exact.conditional) < 4 * math.sqrt(exact.conditional / 4000)


@pytest.mark.parametrize("hits", [np.zeros(250), np.ones(250), np.eye(1, 250)[0]])
def test_empty_cells_are_no_nan(hits):
    exact = exact_coverage(hits, 0.99)
    for p_value in (exact.unconditional, exact.independence, exact.conditional):
        assert 0 <= p_value <= 1


@pytest.mark.parametrize("hits", [[], [1], np.zeros(5001), [0, 3]])
def test_refusals(hits):
    with pytest.raises(InputError, match="exceptions"):
        exact_coverage(hits, 0.99)
