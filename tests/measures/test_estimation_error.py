import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.measures import empirical, estimation_error


def test_the_interval_covers_as_often_as_it_says():
    generator = np.random.default_rng(7)
    truth, hits, n = 2.3263478740408408, 0, 2000
    for _ in range(n):
        interval = estimation_error.value_at_risk_interval(generator.standard_normal(300), 0.99, 0.9)
        assert interval.upper is not None
        hits += interval.lower <= truth < interval.upper
    assert interval.coverage >= 0.9
    assert hits / n == pytest.approx(interval.coverage, abs=4 * (0.05 * 0.95 / n) ** 0.5)


def test_a_short_sample_has_no_upper_bound():
    interval = estimation_error.value_at_risk_interval(np.arange(50.0), 0.99)
    assert interval.upper is None
    assert interval.upper_rank == 0
    assert interval.lower == 47.0
    assert 0.9 < interval.coverage <= 1
    alone = estimation_error.value_at_risk_interval([3.0], 0.99)
    assert (alone.lower, alone.upper, alone.coverage) == (3.0, None, 0.99)


@pytest.mark.parametrize(("density", "within"), [("normal", 0.03), ("kernel", 0.12)])  # a kernel flattens the tail
def test_the_standard_error_is_the_spread_of_simulated_estimates(density, within):
    draws = np.random.default_rng(3).standard_normal((4000, 1000))
    spread = np.std([empirical.value_at_risk(row, 0.95) for row in draws])
    errors = [estimation_error.value_at_risk_standard_error(row, 0.95, density) for row in draws[:20]]
    assert np.mean(errors) == pytest.approx(spread, rel=within)


def test_a_constant_sample_has_no_error():
    assert estimation_error.value_at_risk_standard_error([4.0, 4.0, 4.0], 0.99) == 0.0
    assert estimation_error.value_at_risk_standard_error([4.0, 4.0, 4.0], 0.99, "kernel") == 0.0


@pytest.mark.parametrize("law", ["normal", "t"])
def test_the_shortfalls_error_is_the_spread_of_simulated_estimates(law):
    generator = np.random.default_rng(3)
    draws = generator.standard_normal((2000, 1000)) if law == "normal" else generator.standard_t(5, (2000, 1000))
    spread = np.std([empirical.expected_shortfall(row, 0.95) for row in draws])
    errors = [estimation_error.expected_shortfall_standard_error(row, 0.95) for row in draws[:200]]
    assert np.mean(errors) == pytest.approx(spread, rel=0.08)


def test_the_shortfalls_error_by_hand():
    """Tail of 5 and 4 at 60 %: ES 4.5, spread 0.25, VaR 4: sqrt((0.25 + 0.6 * 0.25) / 2)."""
    assert estimation_error.expected_shortfall_standard_error([5.0, 1, 4, 2, 3], 0.6) == pytest.approx(0.2**0.5)


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (lambda: estimation_error.value_at_risk_interval([1.0], 0.99, 1.0), "coverage"),
        (lambda: estimation_error.value_at_risk_standard_error([1.0], 0.99), "losses"),
        (lambda: estimation_error.value_at_risk_standard_error([1.0, 2.0], 0.99, "beta"), "density"),
        (lambda: estimation_error.expected_shortfall_standard_error(np.ones(100), 0.99), "losses"),
    ],
)
def test_refusals(call, field):
    with pytest.raises(InputError) as caught:
        call()
    assert caught.value.field == field
