"""Weighted, scaled and filtered history: by hand, against a second way, and what is refused."""

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.measures import quantiles
from riskkit.measures.garch import fit_garch
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.scenarios import level_changes
from riskkit.var import EstimatorSpec, HistoricalSpec, VarSpec, portfolio_var

FORMS = [
    HistoricalSpec("age"),
    HistoricalSpec("volatility"),
    HistoricalSpec("volatility", volatility="garch", last_volatility="last_day"),
    HistoricalSpec("volatility", scope="portfolio"),
    HistoricalSpec("volatility", scope="portfolio", volatility="garch"),
    HistoricalSpec("filtered"),
]
each_form = pytest.mark.parametrize("form", FORMS, ids=lambda f: "-".join(str(v) for v in dataclasses.astuple(f)[::2]))
SHARE = Portfolio("one", "USD", (Position(Equity("A", "USD"), 10.0),))


def one_factor(returns, last: float = 100.0) -> FactorHistory:
    growth = np.cumprod(np.concatenate([[1.0], 1 + np.asarray(returns)]))
    days = np.datetime64("2020-01-01") + np.arange(len(growth))
    return FactorHistory((RiskFactor("A", "equity", "USD"),), days, (growth / growth[-1] * last)[:, None])


@each_form
def test_components_sum(book, history, form) -> None:
    result = portfolio_var(book, history, VarSpec(confidence_level=0.975, historical=form))
    assert result.components["component_var"].sum() == pytest.approx(result.var, rel=1e-12)
    assert result.components["component_es"].sum() == pytest.approx(result.expected_shortfall, rel=1e-12)
    assert result.expected_shortfall >= result.var > 0
    assert len(result.pnl) == len(result.pnl_dates) == result.n_scenarios
    assert result.pnl_dates[-1] == history.dates[-1]


def test_age_by_hand() -> None:
    """Decay 1/2 over four days: weights 1, 2, 4, 8 of 15; losses -10, 40, 20, 30 with the newest last."""
    history = one_factor([0.01, -0.04, -0.02, -0.03])
    spec = VarSpec("historical", 0.8, lookback_days=4, historical=HistoricalSpec("age", age_decay=0.5))
    result = portfolio_var(SHARE, history, spec)
    assert result.scenario_weights == pytest.approx(np.array([1, 2, 4, 8]) / 15)
    # 40 has 2/15 of weight, less than a fifth; with 30 it is 10/15
    assert result.var == pytest.approx(30)
    assert result.expected_shortfall == pytest.approx((2 / 15 * 40 + 1 / 15 * 30) / 0.2)
    assert result.var_standard_error is None
    assert result.confidence_interval is None


def test_age_is_the_weighted_tail(book, history) -> None:
    plain = portfolio_var(book, history, VarSpec())
    aged = portfolio_var(book, history, VarSpec(historical=HistoricalSpec("age", age_decay=0.98)))
    direct = quantiles.weighted_tail(-plain.pnl, quantiles.age_weights(500, 0.98), 0.99)
    assert (aged.var, aged.expected_shortfall) == (direct.value_at_risk, pytest.approx(direct.expected_shortfall))
    slow = portfolio_var(book, history, VarSpec(historical=HistoricalSpec("age", age_decay=1 - 1e-9)))
    assert slow.var == plain.var
    assert slow.expected_shortfall == pytest.approx(plain.expected_shortfall, rel=1e-6)


def test_age_through_hulls_six_losses() -> None:
    """Hull's cumulative weights .00528 .00771 .01027 (decay 0.995, 500 days) make the third loss the VaR at 99 %.

    Source: Hull, Risk Management and Financial Institutions; the days are those at which the weights are printed.
    """
    losses, cumulative = (477.841, 345.435, 282.204), (0.00528, 0.00771, 0.01027)
    weights = quantiles.age_weights(500, 0.995)
    returns = np.full(500, 0.001)
    for loss, weight in zip(losses, np.diff(cumulative, prepend=0.0), strict=True):
        returns[int(np.abs(weights - weight).argmin())] = -loss / 1000.0
    spec = VarSpec("historical", 0.99, historical=HistoricalSpec("age"))
    result = portfolio_var(SHARE, one_factor(returns), spec)
    assert result.var == pytest.approx(282.204, rel=1e-9)
    assert result.expected_shortfall == pytest.approx(400.914, abs=0.2)  # the weights are printed to 1e-5


def test_scaled_by_asset_is_revalued_in_full(book, history) -> None:
    """The second way: the recursion in a loop."""
    chosen = history.select(book.factors)
    returns = chosen.returns(500)
    variance = (returns[:20] ** 2).mean(axis=0)
    path = []
    for row in returns[20:]:
        path.append(np.sqrt(variance))
        variance = 0.94 * variance + 0.06 * row**2
    scaled = returns[20:] * np.sqrt(variance) / np.array(path)
    changes, _ = level_changes(chosen.snapshot(), scaled)
    result = portfolio_var(book, history, VarSpec(historical=HistoricalSpec("volatility")))
    assert result.pnl == pytest.approx(Revaluer(book, chosen.snapshot()).pnl(changes), rel=1e-9)
    assert result.n_scenarios == 480
    assert any("20 returns started it, 480 scenarios are left" in note for note in result.notes)


def test_scaled_by_portfolio_is_the_plain_pnl_scaled(book, history) -> None:
    plain = portfolio_var(book, history, VarSpec())
    scaled = portfolio_var(book, history, VarSpec(historical=HistoricalSpec("volatility", scope="portfolio")))
    ratio = scaled.pnl / plain.pnl[20:]
    variance = (plain.pnl[:20] ** 2).mean()
    for day, gain in enumerate(plain.pnl[20:]):
        assert ratio[day] * np.sqrt(variance) == pytest.approx(ratio[0] * np.sqrt((plain.pnl[:20] ** 2).mean()))
        variance = 0.94 * variance + 0.06 * gain**2


def test_filtered_against_arch(history) -> None:
    chosen = history.select(["ABC"])
    fit = fit_garch(chosen.returns(500)[:, 0])
    book = Portfolio("one", "USD", (Position(Equity("ABC", "USD"), 10.0),))
    result = portfolio_var(book, history, VarSpec(historical=HistoricalSpec("filtered")))
    moves = fit.mean + fit.residuals * fit.volatility[-1]
    assert result.pnl == pytest.approx(10 * chosen.levels[-1, 0] * moves, rel=1e-9)


def test_filtered_over_days_is_the_same_on_any_threads(book, history) -> None:
    form = HistoricalSpec("filtered")
    spec = VarSpec(horizon_days=5, scaling="none", n_paths=150_000, historical=form)
    one, three = (portfolio_var(book, history, spec, threads=t) for t in (1, 3))
    assert np.array_equal(one.pnl, three.pnl)
    assert one.components.equals(three.components)
    day = portfolio_var(book, history, VarSpec(horizon_days=5, historical=form))
    assert one.var == pytest.approx(day.var, rel=0.15)
    assert one.pnl_dates is None


def test_filtered_over_days_says_how_far_the_draws_may_be_off(book, history) -> None:
    def drawn(seed):
        form = {"horizon_days": 5, "scaling": "none", "n_paths": 2_000, "historical": HistoricalSpec("filtered")}
        return portfolio_var(book, history, VarSpec("historical", 0.95, seed=seed, **form))

    results = [drawn(seed) for seed in range(12)]
    spread = np.std([one.var for one in results], ddof=1)
    assert results[0].var_standard_error == pytest.approx(spread, rel=0.6)
    lower, upper = results[0].confidence_interval
    assert lower < results[0].var < upper


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.floats(0.01, 50), st.sampled_from(FORMS[:2] + FORMS[3:4]))
def test_homogeneity(stocks, history, scale, form) -> None:
    scaled = Portfolio("s", "USD", tuple(Position(p.instrument, scale * p.quantity) for p in stocks.positions))
    one, many = (portfolio_var(b, history, VarSpec(historical=form)) for b in (stocks, scaled))
    assert many.var == pytest.approx(scale * one.var, rel=1e-9)
    assert many.expected_shortfall == pytest.approx(scale * one.expected_shortfall, rel=1e-9)


@pytest.mark.parametrize(
    ("quantile", "tail"), [("linear", "at_or_worse"), ("hazen", "strictly_worse"), ("inverted_cdf", "acerbi_tasche")]
)
def test_named_estimators(book, history, quantile, tail) -> None:
    result = portfolio_var(book, history, VarSpec(estimators=EstimatorSpec(quantile, tail, smoothing=2)))
    assert result.var == pytest.approx(quantiles.value_at_risk(-result.pnl, 0.99, quantile))
    assert result.expected_shortfall == pytest.approx(quantiles.expected_shortfall(-result.pnl, 0.99, tail))
    assert result.components["component_var"].sum() == pytest.approx(result.var, rel=1e-12)
    assert result.components["component_es"].sum() == pytest.approx(result.expected_shortfall, rel=1e-12)
    assert any("2 on either side" in note for note in result.notes)


def test_interval_holds_the_figure(book, history) -> None:
    result = portfolio_var(book, history, VarSpec())
    low, high = result.confidence_interval
    assert low < result.var < high
    assert result.var_standard_error > 0
    assert result.es_standard_error > 0
    few = portfolio_var(book, history, VarSpec(lookback_days=60))
    assert few.var_standard_error is None
    assert few.confidence_interval[1] is None
    overlapping = portfolio_var(book, history, VarSpec(horizon_days=5, scaling="none", lookback_days=400))
    assert overlapping.var_standard_error is None


@each_form
def test_a_still_factor(form) -> None:
    """Constant levels: no move is made up, and GARCH is not asked."""
    result = portfolio_var(SHARE, one_factor(np.zeros(300)), VarSpec(lookback_days=300, historical=form))
    assert (result.var, result.expected_shortfall) == (0.0, 0.0)


def test_refuses(book, history) -> None:
    spec = VarSpec(horizon_days=5, scaling="none", lookback_days=300, historical=HistoricalSpec("volatility"))
    with pytest.raises(InputError, match=r"scaling.*daily"):
        portfolio_var(book, history, spec)
    with pytest.raises(InputError, match=r"lookback_days.*at least 250 returns for GARCH"):
        portfolio_var(book, history, VarSpec(lookback_days=200, historical=HistoricalSpec("filtered")))
    with pytest.raises(InputError, match=r"lookback_days.*more than 21"):
        portfolio_var(book, history, VarSpec(lookback_days=21, historical=HistoricalSpec("volatility")))
