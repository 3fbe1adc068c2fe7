import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special

from riskkit.errors import InputError
from riskkit.measures.cornish_fisher import cornish_fisher, moments


def quantile(z, skewness, kurtosis):
    return z + (z**2 - 1) * skewness / 6 + (z**3 - 3 * z) * kurtosis / 24 - (2 * z**3 - 5 * z) * skewness**2 / 36


@pytest.mark.parametrize(("skewness", "kurtosis"), [(0, 0), (-0.4, 1), (0.3, 0.5), (-0.8, 2.5), (0, 4)])
@pytest.mark.parametrize("level", [0.9, 0.975, 0.99])
def test_the_closed_form_shortfall_is_the_integral_of_the_quantile(skewness, kurtosis, level):
    result = cornish_fisher(0.1, 2.0, skewness, kurtosis, level)
    area, _ = integrate.quad(
        lambda z: quantile(z, skewness, kurtosis) * math.exp(-z * z / 2) / math.sqrt(2 * math.pi),
        -40, special.ndtri(1 - level), points=[-8], epsabs=1e-13,
    )  # fmt: skip
    assert result.expected_shortfall == pytest.approx(-0.1 - 2.0 * area / (1 - level), rel=1e-8)
    assert result.expected_shortfall >= result.value_at_risk


def test_without_skewness_or_kurtosis_it_is_the_normal():
    result = cornish_fisher(0.0, 1.0, 0.0, 0.0, 0.99)
    assert result.value_at_risk == pytest.approx(2.3263478740408408)
    assert result.expected_shortfall == pytest.approx(2.6652142203457996)
    assert result.sound
    assert result.warning == ""


@given(st.floats(-3, 3), st.floats(-1, 30))
def test_sound_is_exactly_monotone(skewness, kurtosis):
    if kurtosis < skewness**2 - 2:
        return
    z = np.linspace(-6, 6, 12_001)
    rising = np.diff(quantile(z, skewness, kurtosis))
    result = cornish_fisher(0.0, 1.0, skewness, kurtosis, 0.99)
    if result.sound:
        assert rising.min() > -1e-9
    elif rising.min() > 1e-6:  # on the very border a grid cannot tell
        pytest.fail("monotone, but flagged")
    assert bool(result.warning) is not result.sound


@given(st.floats(-10, 10), st.floats(0, 10), st.floats(0.1, 10), st.floats(-0.5, 0.5), st.floats(0.5, 3))
def test_translation_and_homogeneity(mean, deviation, factor, skewness, kurtosis):
    base = cornish_fisher(0.0, deviation, skewness, kurtosis, 0.95)
    moved = cornish_fisher(mean, deviation * factor, skewness, kurtosis, 0.95)
    assert moved.value_at_risk == pytest.approx(base.value_at_risk * factor - mean, abs=1e-9)
    assert moved.expected_shortfall == pytest.approx(base.expected_shortfall * factor - mean, abs=1e-9)


def test_moments_by_hand():
    found = moments([-3.0, 1.0, 1.0, 1.0])
    assert (found.mean, found.standard_deviation) == (0.0, math.sqrt(3))
    assert found.skewness == pytest.approx(-6 / 3**1.5)
    assert found.excess_kurtosis == pytest.approx(21 / 9 - 3)
    assert moments([2.0, 2.0]).skewness == 0.0


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((math.nan, 1, 0, 0, 0.99), "mean"),
        ((0, -1, 0, 0, 0.99), "standard_deviation"),
        ((0, 1, math.inf, 0, 0.99), "skewness"),
        ((0, 1, 3, 0, 0.99), "excess_kurtosis"),
        ((0, 1, 0, True, 0.99), "excess_kurtosis"),
        ((0, 1, 0, 0, 99), "confidence_level"),
    ],
)
def test_refusals(arguments, field):
    with pytest.raises(InputError) as caught:
        cornish_fisher(*arguments)
    assert caught.value.field == field
