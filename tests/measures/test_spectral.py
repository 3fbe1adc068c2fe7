import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import integrate, optimize

from riskkit.errors import InputError
from riskkit.measures.quantiles import expected_shortfall
from riskkit.measures.spectral import expectile, exponential_spectral, spectral

LOSSES = arrays(np.float64, st.integers(1, 40), elements=st.floats(-1e4, 1e4))


@pytest.mark.parametrize("k", [0.1, 5.0, 50.0])
def test_the_exponential_weights_are_integrals_of_the_spectrum(k):
    losses = np.array([3.0, -1.0, 4.0, 1.0, 5.0])
    total = sum(
        loss * integrate.quad(lambda u: k * np.exp(-k * (1 - u)) / (1 - np.exp(-k)), i / 5, (i + 1) / 5)[0]
        for i, loss in enumerate(np.sort(losses))
    )
    assert exponential_spectral(losses, k) == pytest.approx(total, rel=1e-9)


def test_the_limits_are_the_mean_and_the_worst():
    losses = [3.0, -1.0, 4.0, 1.0, 5.0]
    assert exponential_spectral(losses, 1e-9) == pytest.approx(2.4, rel=1e-6)
    assert exponential_spectral(losses, 1e5) == pytest.approx(5.0)


def test_expected_shortfall_is_spectral():
    losses = np.random.default_rng(0).normal(size=200)
    integral = np.maximum(np.arange(201) / 200 - 0.95, 0) / 0.05
    assert spectral(losses, integral) == pytest.approx(expected_shortfall(losses, 0.95))


@given(LOSSES, st.sampled_from([0.5, 0.75, 0.9, 0.99]))
def test_the_expectile_solves_its_equation(losses, level):
    e = expectile(losses, level)
    balance = level * np.maximum(losses - e, 0).sum() - (1 - level) * np.maximum(e - losses, 0).sum()
    assert balance == pytest.approx(0, abs=1e-9 * max(1.0, np.abs(losses).sum()))
    if np.ptp(losses) > 1:
        root = optimize.brentq(
            lambda x: level * np.maximum(losses - x, 0).sum() - (1 - level) * np.maximum(x - losses, 0).sum(),
            losses.min(), losses.max(), xtol=1e-10,
        )  # fmt: skip
        assert e == pytest.approx(root, rel=1e-7, abs=1e-7)


@given(
    LOSSES.flatmap(lambda x: st.tuples(st.just(x), arrays(np.float64, len(x), elements=st.floats(-1e4, 1e4)))),
    st.floats(-1e3, 1e3), st.floats(0.01, 100),
)  # fmt: skip
def test_axioms(pair, shift, factor):
    """Translation, homogeneity, monotonicity and subadditivity, for both coherent measures."""
    one, two = pair
    for measure in (lambda x: exponential_spectral(x, 20.0), lambda x: expectile(x, 0.95)):
        value = measure(one)
        assert measure(one + shift) == pytest.approx(value + shift, rel=1e-9, abs=1e-6)
        assert measure(one * factor) == pytest.approx(value * factor, rel=1e-9, abs=1e-6)
        assert measure(np.maximum(one, two)) >= value - 1e-6
        assert measure(one + two) <= value + measure(two) + 1e-6
        assert one.mean() - 1e-6 <= value <= one.max() + 1e-6


@pytest.mark.parametrize("integral", [[0, 0.7, 1.0], [0, 0.5, 1.2], [0, -0.1, 1.0], [0, 1.0], [0, np.nan, 1]])
def test_an_inadmissible_spectrum_is_refused(integral):
    with pytest.raises(InputError, match="cumulative_spectrum"):
        spectral([1.0, 2.0], integral)


@pytest.mark.parametrize("level", [0.4, 1.0, np.nan])
def test_an_expectile_level_is_at_least_a_half(level):
    with pytest.raises(InputError, match="level"):
        expectile([1.0], level)
