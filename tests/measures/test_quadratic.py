import numpy as np
import pytest
from scipy import stats

from riskkit.measures.quadratic import Quadratic, _Inverted, _Single, lower_tail


@pytest.mark.parametrize("x", [-3.0, -0.5, 0.0, 0.4, 2.0])
@pytest.mark.parametrize(("slope", "curve"), [(1.0, 0.3), (0.2, -0.7), (0.7, 0.0), (-0.9, 0.1)])
def test_the_closed_form_of_one_normal_is_the_integral(slope, curve, x):
    z = np.linspace(-12, 12, 800_001)
    value, density = 0.1 + slope * z + curve * z**2, stats.norm.pdf(z) * (z[1] - z[0])
    mass, mean = _Single(0.1, slope, curve).below(x)
    assert mass == pytest.approx(density[value <= x].sum(), abs=1e-5)
    assert mean == pytest.approx((value * density)[value <= x].sum(), abs=2e-5)


@pytest.mark.parametrize(("slope", "curve"), [(0.9, 0.2), (0.9, -0.2), (1.0, 0.0)])
def test_inversion_agrees_with_the_closed_form_where_both_exist(slope, curve):
    form = Quadratic(0.0, np.array([slope]), np.array([curve]))
    for x in (-2.5, -1.5, -0.5):
        assert _Inverted(form).below(x) == pytest.approx(_Single(0.0, slope, curve).below(x), abs=1e-7)


@pytest.mark.parametrize("degrees", [2, 3, 10, 50])
@pytest.mark.parametrize("probability", [0.05, 0.01, 0.001])
def test_chi_square(degrees, probability):
    """Minus a chi-square: its lower tail is the chi-square's upper one."""
    form = Quadratic(0.0, np.zeros(degrees), np.full(degrees, -1.0))
    law = stats.chi2(degrees)
    quantile, mean = lower_tail(form, probability)
    q = law.isf(probability)
    assert -quantile == pytest.approx(q, rel=1e-6)
    assert -mean == pytest.approx(degrees * stats.chi2(degrees + 2).sf(q) / probability, rel=1e-5)


def test_noncentral_chi_square():
    form = Quadratic(-4.0, np.array([-4.0, 0.0]), np.array([-1.0, -1.0]))  # -(z + 2)² - y²
    quantile, _ = lower_tail(form, 0.01)
    assert -quantile == pytest.approx(stats.ncx2(2, 4).isf(0.01), rel=1e-6)


def test_a_bounded_loss_stays_within_its_bound():
    """Long gamma: the P&L cannot fall below its lowest point, however far the tail."""
    form = Quadratic(0.0, np.zeros(3), np.array([1.0, 2.0, 0.5]))
    quantile, mean = lower_tail(form, 0.001)
    assert 0 < mean < quantile < 0.5
    draws = (np.random.default_rng(0).standard_normal((500_000, 3)) ** 2) @ form.curves
    assert quantile == pytest.approx(np.quantile(draws, 0.001), rel=0.1)


def test_nothing_that_varies():
    assert lower_tail(Quadratic(3.0, np.zeros(2), np.zeros(2)), 0.01) == (3.0, 3.0)
    assert lower_tail(Quadratic(0.0, np.zeros(1), np.zeros(1)), 0.01) == (0.0, 0.0)


def test_cumulants_of_a_noncentral_chi_square():
    form = Quadratic(4.0, np.array([4.0]), np.array([1.0]))
    mean, variance, skewness, kurtosis = stats.ncx2(1, 4).stats("mvsk")
    assert form.cumulant(1) == pytest.approx(mean)
    assert form.cumulant(2) == pytest.approx(variance)
    assert form.cumulant(3) / form.cumulant(2) ** 1.5 == pytest.approx(skewness)
    assert form.cumulant(4) / form.cumulant(2) ** 2 == pytest.approx(kurtosis)
