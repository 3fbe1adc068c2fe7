from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.feeds.ecb_rates import exchange_rates
from riskkit.measures.garch import Garch, filtered_simulation, fit_garch
from riskkit.measures.volatility import scale_by_volatility


def simulated(n=4000, seed=0, omega=0.02, alpha=0.1, beta=0.85):
    generator, variance, out = np.random.default_rng(seed), omega / (1 - alpha - beta), []
    for _ in range(n):
        out.append(np.sqrt(variance) * generator.standard_normal())
        variance = omega + alpha * out[-1] ** 2 + beta * variance
    return np.array(out)


@pytest.fixture(scope="module")
def fit():
    return fit_garch(simulated() * 0.01)


def test_it_finds_the_parameters(fit):
    assert fit.alpha == pytest.approx(0.1, abs=0.03)
    assert fit.beta == pytest.approx(0.85, abs=0.05)
    assert fit.omega == pytest.approx(0.02e-4, rel=0.5)
    assert fit.residuals.std() == pytest.approx(1, abs=0.02)


def test_the_path_is_the_recursion_and_the_residuals_its_quotients(fit):
    returns = simulated() * 0.01
    step = fit.omega + fit.alpha * (returns - fit.mean) ** 2 + fit.beta * fit.volatility[:-1] ** 2
    assert fit.volatility[1:] == pytest.approx(np.sqrt(step), rel=1e-9)
    assert fit.residuals == pytest.approx((returns - fit.mean) / fit.volatility[:-1])
    normal = -0.5 * (np.log(2 * np.pi) + 2 * np.log(fit.volatility[:-1]) + fit.residuals**2)
    assert fit.log_likelihood == pytest.approx(normal.sum(), rel=1e-6)


def test_the_unit_does_not_matter(fit):
    other = fit_garch(simulated() * 1e6)
    assert other.alpha == pytest.approx(fit.alpha, rel=1e-3)
    assert other.volatility == pytest.approx(fit.volatility * 1e8, rel=1e-3)


def test_it_scales_a_history(fit):
    scaled = scale_by_volatility(simulated()[:, None] * 0.01, fit.path)
    assert scaled.std() == pytest.approx(fit.volatility[-1], rel=0.05)


def test_one_simulated_day_is_the_residuals_at_the_last_volatility(fit):
    draws = filtered_simulation([fit], 1, 200_000, np.random.default_rng(3))[:, 0]
    exact = fit.mean + fit.volatility[-1] * fit.residuals
    assert np.isin(draws.round(12), exact.round(12)).all()
    assert np.quantile(draws, 0.01) == pytest.approx(np.quantile(exact, 0.01), rel=0.02)


def test_the_variance_over_a_horizon_is_the_closed_form(fit):
    days, variance, total = 10, fit.volatility[-1] ** 2, 0.0
    for _ in range(days):  # E[residual²] is the sample's, not exactly 1
        total += variance
        variance = fit.omega + fit.persistence * variance
    draws = filtered_simulation([fit], days, 200_000, np.random.default_rng(4))[:, 0]
    assert draws.var() == pytest.approx(total, rel=0.03)


def test_factors_keep_their_dependence_and_a_seed_repeats(fit):
    twin = Garch(0.0, fit.omega, fit.alpha, fit.beta, fit.volatility, -fit.residuals, 0.0)
    draws = filtered_simulation([fit, twin], 5, 2000, np.random.default_rng(5))
    assert np.corrcoef(draws.T)[0, 1] < -0.999
    assert np.array_equal(draws, filtered_simulation([fit, twin], 5, 2000, np.random.default_rng(5)))


@pytest.mark.parametrize("returns", [np.ones(500), np.zeros(500), np.ones(249), [np.nan] * 500, np.ones((500, 2))])
def test_what_cannot_be_fitted_is_refused(returns):
    with pytest.raises(InputError, match="returns"):
        fit_garch(returns)


def test_t_innovations_and_unknown_ones():
    heavy = np.random.default_rng(1).standard_t(4, 600) * 0.01
    assert fit_garch(heavy, "t").log_likelihood > fit_garch(heavy).log_likelihood
    with pytest.raises(InputError, match="innovations"):
        fit_garch(heavy, "cauchy")


@pytest.fixture(scope="module")
def yen():
    """Daily returns of USD per JPY up to 2022-12-28, where the variance hardly reverts."""
    (series,) = exchange_rates(["JPY"], date(2022, 12, 28))
    levels, dates = series.levels[np.isfinite(series.levels)], series.dates[np.isfinite(series.levels)]
    return dates[1:], levels[1:] / levels[:-1] - 1


@pytest.mark.parametrize("last", ["2022-11-15", "2022-11-18", "2022-11-21", "2022-12-13", "2022-12-20", "2022-12-22"])
def test_it_starts_again_where_the_first_start_does_not_converge(yen, last):
    """500 days on which `arch`'s own starting values end at a failed line search, beyond stationarity."""
    end = int(np.searchsorted(yen[0], np.datetime64(last))) + 1
    returns = yen[1][end - 500 : end]
    fit = fit_garch(returns)
    assert fit.persistence < 1
    assert fit.omega > 0
    assert fit.residuals.std() == pytest.approx(1, abs=0.05)
    # no stationary neighbour is more likely
    best = fit.log_likelihood
    for alpha, beta in ((0.9 * fit.alpha, fit.beta), (fit.alpha, 0.995 * fit.beta), (fit.alpha / 2, fit.beta)):
        variance, total = returns.var(), 0.0
        for gain in returns - fit.mean:
            total -= 0.5 * (np.log(2 * np.pi * variance) + gain**2 / variance)
            variance = fit.omega + alpha * gain**2 + beta * variance
        assert total < best


@pytest.mark.parametrize(
    "returns",
    [np.eye(500)[-1], np.eye(500)[0], np.tile([1.0, -1.0], 250), np.linspace(0, 1, 500), np.exp(np.arange(500) / 2)],
    ids=["last day", "first day", "alternating", "trend", "explosion"],
)
def test_odd_series_are_fitted_and_stationary(returns):
    fit = fit_garch(returns)
    assert 0 <= fit.persistence < 1
    assert np.isfinite(fit.residuals).all()
    assert (fit.volatility > 0).all()


@pytest.mark.parametrize(("horizon", "paths"), [(0, 10), (2.5, 10), (1, 0), (1, 10**12), (251, 1)])
def test_horizons_and_paths_have_bounds(fit, horizon, paths):
    with pytest.raises(InputError):
        filtered_simulation([fit], horizon, paths, np.random.default_rng(0))
    with pytest.raises(InputError, match="fits"):
        filtered_simulation([], 1, 1, np.random.default_rng(0))
