import numpy as np
import pytest
from scipy import integrate, stats

from riskkit.errors import InputError
from riskkit.measures.extreme import ParetoTail, peaks_over_threshold


def test_the_formulas_by_hand():
    tail = ParetoTail(10.0, 0.5, 4.0, 50, 500, "maximum_likelihood", None)
    assert tail.value_at_risk(0.9) == pytest.approx(10.0)
    assert tail.value_at_risk(0.975) == pytest.approx(10 + 4 / 0.5 * (4**0.5 - 1))
    assert tail.expected_shortfall(0.975) == pytest.approx((18 + 4 - 5) / 0.5)
    flat = ParetoTail(10.0, 0.0, 4.0, 50, 500, "maximum_likelihood", None)
    assert flat.value_at_risk(0.99) == pytest.approx(10 + 4 * np.log(10))
    assert flat.expected_shortfall(0.99) == pytest.approx(flat.value_at_risk(0.99) + 4)


def test_shortfall_is_the_mean_of_the_quantiles_beyond():
    tail = ParetoTail(10.0, 0.3, 4.0, 50, 500, "maximum_likelihood", None)
    area, _ = integrate.quad(tail.value_at_risk, 0.99, 1 - 1e-12, limit=500)
    assert tail.expected_shortfall(0.99) == pytest.approx(area / 0.01, rel=1e-5)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.2, 0.6])
@pytest.mark.parametrize("method", ["maximum_likelihood", "weighted_moments"])
def test_it_finds_the_parameters_of_a_pareto_tail(shape, method):
    losses = stats.genpareto(shape, scale=3.0).rvs(40_000, random_state=np.random.default_rng(11))
    tail = peaks_over_threshold(losses, 0.25, method)
    beyond = 3.0 + shape * tail.threshold  # the scale of the excesses over the threshold
    error = (1 + shape) / np.sqrt(tail.n_excesses)
    slack = 4 * error if method == "maximum_likelihood" else 8 * error
    assert tail.shape == pytest.approx(shape, abs=slack)
    assert tail.scale == pytest.approx(beyond, rel=0.1)
    assert tail.value_at_risk(0.999) == pytest.approx(stats.genpareto(shape, scale=3.0).ppf(0.999), rel=0.08)


def test_the_likelihood_is_not_below_scipys():
    losses = np.random.default_rng(4).standard_t(3, 2000)
    tail = peaks_over_threshold(losses, 0.1)
    excesses = losses[losses > tail.threshold] - tail.threshold
    ours = stats.genpareto.logpdf(excesses, tail.shape, scale=tail.scale).sum()
    shape, _, scale = stats.genpareto.fit(excesses, floc=0)
    assert ours >= stats.genpareto.logpdf(excesses, shape, scale=scale).sum() - 1e-6


def test_translation_and_homogeneity():
    losses = np.random.default_rng(4).standard_t(4, 1500)
    base, moved = peaks_over_threshold(losses), peaks_over_threshold(losses * 7 + 3)
    assert moved.value_at_risk(0.99) == pytest.approx(base.value_at_risk(0.99) * 7 + 3, rel=1e-6)
    assert moved.expected_shortfall(0.99) == pytest.approx(base.expected_shortfall(0.99) * 7 + 3, rel=1e-6)


@pytest.mark.parametrize(
    "losses", [np.ones(500), np.arange(50.0), [np.nan] * 500, np.repeat([0.0, 1.0], [450, 50]), []],
    ids=["constant", "few", "nan", "equal excesses", "empty"],
)  # fmt: skip
def test_a_tail_that_cannot_be_fitted_is_refused(losses):
    with pytest.raises(InputError, match="losses"):
        peaks_over_threshold(losses)


def test_a_bounded_tail_has_no_regular_maximum_and_says_what_to_do():
    losses = np.linspace(0, 1, 1000) ** 0.2  # a spike at its upper bound: shape about -5
    with pytest.raises(InputError, match="weighted_moments"):
        peaks_over_threshold(np.sort(losses)[::-1] * 1.0, 0.4)


def test_levels_below_the_threshold_and_infinite_means_are_refused():
    tail = ParetoTail(10.0, 1.2, 4.0, 50, 500, "maximum_likelihood", None)
    with pytest.raises(InputError, match="confidence_level"):
        tail.value_at_risk(0.8)
    with pytest.raises(InputError, match="infinite"):
        tail.expected_shortfall(0.99)


@pytest.mark.parametrize(("fraction", "method"), [(0.0, "weighted_moments"), (0.6, "weighted_moments"), (0.1, "mle")])
def test_bad_parameters_are_refused(fraction, method):
    with pytest.raises(InputError):
        peaks_over_threshold(np.arange(1000.0), fraction, method)
