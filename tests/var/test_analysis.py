"""portfolio_var: counted by hand, its axioms, and one method against another."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from riskkit.market import FactorHistory, RiskFactor
from riskkit.measures import normal
from riskkit.measures.student import student_expected_shortfall, student_value_at_risk
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.revaluation import revalue
from riskkit.scenarios import historical_scenarios
from riskkit.var import VarSpec, portfolio_var

METHODS = ("historical", "parametric", "monte_carlo_normal", "monte_carlo_t")
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def levels_from(returns: np.ndarray, last: np.ndarray) -> FactorHistory:
    growth = np.cumprod(np.vstack([np.ones(returns.shape[1]), 1 + returns]), axis=0)
    factors = tuple(RiskFactor(name, "equity", "USD") for name in "AB"[: returns.shape[1]])
    days = np.datetime64("2020-01-01") + np.arange(len(growth))
    return FactorHistory(factors, days, growth / growth[-1] * last)


RETURNS = np.array([[-0.01, 0.02], [0.03, -0.05], [-0.02, -0.01], [0.01, 0.01], [-0.04, 0.03]])


def test_five_scenarios_by_hand() -> None:
    """100 A at 10 and -5 B at 40: P&L 1000 a - 200 b = -14, 40, -18, 8, -46."""
    history = levels_from(RETURNS, np.array([10.0, 40.0]))
    book = Portfolio("two", "USD", (Position(Equity("A", "USD"), 100), Position(Equity("B", "USD"), -5)))
    result = portfolio_var(book, history, VarSpec("historical", 0.7, lookback_days=5))
    assert result.value == pytest.approx(800)
    assert result.gross_value == pytest.approx(1200)
    assert result.pnl == pytest.approx([-14, 40, -18, 8, -46])
    assert result.pnl_dates.tolist() == history.dates[1:].tolist()
    # 5 * 0.3 = 1.5: the second worst, 18, half of it in the shortfall
    assert result.var == pytest.approx(18)
    assert result.expected_shortfall == pytest.approx((46 + 9) / 1.5)
    assert result.components["component_var"].to_numpy() == pytest.approx([20, -2])
    assert result.components["component_es"].to_numpy() == pytest.approx([(40 + 10) / 1.5, (6 - 1) / 1.5])
    assert result.standard_deviation == pytest.approx(np.std([-14, 40, -18, 8, -46], ddof=1))


def test_parametric_by_hand() -> None:
    history = levels_from(RETURNS, np.array([10.0, 40.0]))
    book = Portfolio("two", "USD", (Position(Equity("A", "USD"), 100), Position(Equity("B", "USD"), -5)))
    result = portfolio_var(book, history, VarSpec("parametric", 0.99, lookback_days=5))
    assert result.standard_deviation == pytest.approx(np.std([-14, 40, -18, 8, -46], ddof=1))
    assert result.var == pytest.approx(2.3263478740 * result.standard_deviation)
    population = portfolio_var(book, history, VarSpec("parametric", 0.99, lookback_days=5, covariance="population"))
    assert population.var == pytest.approx(result.var * math.sqrt(4 / 5))


@pytest.mark.parametrize("revaluation", ["full", "delta_gamma"])
@pytest.mark.parametrize("method", METHODS)
def test_components_sum_and_shortfall_is_worse(book, history, method, revaluation) -> None:
    result = portfolio_var(book, history, VarSpec(method, revaluation=revaluation, n_paths=20_000))
    assert result.components["component_var"].sum() == pytest.approx(result.var, rel=1e-12)
    assert result.components["component_es"].sum() == pytest.approx(result.expected_shortfall, rel=1e-12)
    assert result.expected_shortfall >= result.var > 0
    assert result.components["value"].sum() == pytest.approx(result.value, rel=1e-12)


def test_historical_is_the_slow_way_round(book, history) -> None:
    """Second method: the scenario set and the positions' P&L, all in memory."""
    result = portfolio_var(book, history, VarSpec("historical", 0.975, lookback_days=400))
    scenarios = historical_scenarios(history.select(book.factors), 400)
    parts = revalue(book, scenarios)
    assert result.pnl == pytest.approx(parts.sum(axis=1), rel=1e-9)
    order = np.argsort(parts.sum(axis=1), kind="stable")
    assert result.components["component_var"].to_numpy() == pytest.approx(-parts[order[9]], rel=1e-12)
    assert result.components["component_es"].to_numpy() == pytest.approx(-parts[order[:10]].mean(axis=0), rel=1e-12)


@pytest.mark.parametrize("level", [0.95, 0.99])
def test_simulation_agrees_with_the_closed_forms(stocks, history, level) -> None:
    """A nearly linear book: within five standard errors of the normal and the Student-t formula."""
    n, freedom = 200_000, 6.0
    closed = portfolio_var(stocks, history, VarSpec("parametric", level))
    sd = closed.standard_deviation
    for method, var, shortfall in (
        ("monte_carlo_normal", normal.value_at_risk(sd, level), normal.expected_shortfall(sd, level)),
        (
            "monte_carlo_t",
            student_value_at_risk(0.0, sd, freedom, level),
            student_expected_shortfall(0.0, sd, freedom, level),
        ),
    ):
        spec = VarSpec(method, level, n_paths=n, degrees_of_freedom=freedom)
        result = portfolio_var(stocks, history, spec)
        step = 0.05 * sd
        density = (result.pnl < -var + step).mean() - (result.pnl < -var - step).mean()
        error = math.sqrt(level * (1 - level) / n) / (density / (2 * step))
        tail = -result.pnl[-result.pnl >= result.var]
        tail_error = math.sqrt((tail.var() + level * (tail.mean() - var) ** 2) / len(tail))
        assert result.var == pytest.approx(var, abs=5 * error + 0.002 * var)
        assert result.expected_shortfall == pytest.approx(shortfall, abs=5 * tail_error + 0.002 * shortfall)
        assert result.standard_deviation == pytest.approx(sd, rel=0.02)


def test_delta_gamma_is_close_to_full(book, history) -> None:
    for method in ("historical", "monte_carlo_normal"):
        full, quadratic = (
            portfolio_var(book, history, VarSpec(method, revaluation=how, n_paths=20_000))
            for how in ("full", "delta_gamma")
        )
        assert quadratic.var == pytest.approx(full.var, rel=0.02)
        assert quadratic.var != full.var


@pytest.mark.parametrize("method", METHODS)
def test_square_root_of_time(book, history, method) -> None:
    day, ten = (portfolio_var(book, history, VarSpec(method, horizon_days=h, n_paths=5_000)) for h in (1, 10))
    assert ten.var == pytest.approx(day.var * math.sqrt(10), rel=1e-12)
    assert ten.expected_shortfall == pytest.approx(day.expected_shortfall * math.sqrt(10), rel=1e-12)
    assert ten.components["component_var"].sum() == pytest.approx(ten.var, rel=1e-12)
    assert "One-day figures times the square root of 10 days." in ten.notes


def test_without_scaling_the_factors_move_over_the_horizon(book, stocks, history) -> None:
    spec = VarSpec("historical", horizon_days=5, scaling="none", lookback_days=300)
    result = portfolio_var(book, history, spec)
    scenarios = historical_scenarios(history.select(book.factors), 300, horizon_days=5)
    assert result.pnl == pytest.approx(revalue(book, scenarios).sum(axis=1), rel=1e-9)
    assert any("overlap" in note for note in result.notes)
    root, whole = (
        portfolio_var(stocks, history, VarSpec("monte_carlo_normal", horizon_days=5, scaling=s, n_paths=50_000))
        for s in ("sqrt_time", "none")
    )
    assert whole.var == pytest.approx(root.var, rel=0.02)
    assert "One-day covariance times 5 days." in whole.notes


@pytest.mark.parametrize("method", METHODS)
def test_the_same_seed_gives_the_same_result(book, history, method) -> None:
    first, again = (portfolio_var(book, history, VarSpec(method, n_paths=5_000, seed=3)) for _ in range(2))
    assert first.var == again.var
    assert first.components.equals(again.components)
    if method.startswith("monte"):
        assert portfolio_var(book, history, VarSpec(method, n_paths=5_000, seed=4)).var != first.var


@quick
@given(st.floats(0.01, 50), st.sampled_from(METHODS))
def test_homogeneity(stocks, history, scale, method) -> None:
    spec = VarSpec(method, n_paths=1_000, degrees_of_freedom=5)
    scaled = Portfolio("s", "USD", tuple(Position(p.instrument, scale * p.quantity) for p in stocks.positions))
    one, many = portfolio_var(stocks, history, spec), portfolio_var(scaled, history, spec)
    assert (many.var, many.expected_shortfall) == pytest.approx(
        (scale * one.var, scale * one.expected_shortfall), rel=1e-9
    )


@quick
@given(st.floats(-1e6, 1e6), st.sampled_from(METHODS))
def test_base_currency_cash_changes_nothing(stocks, history, amount, method) -> None:
    """Translation: cash in the base currency adds to the value and not to the risk of a change in value."""
    spec = VarSpec(method, n_paths=1_000, degrees_of_freedom=5)
    richer = Portfolio("r", "USD", (*stocks.positions, Position(Cash("USD"), amount)))
    one, two = portfolio_var(stocks, history, spec), portfolio_var(richer, history, spec)
    assert two.value == pytest.approx(one.value + amount, rel=1e-9, abs=1e-6)
    assert (two.var, two.expected_shortfall) == pytest.approx((one.var, one.expected_shortfall), rel=1e-12)


@quick
@given(st.lists(st.floats(-500, 500), min_size=2, max_size=2), st.sampled_from(["parametric", "historical"]))
def test_shortfall_is_subadditive(history, quantities, method) -> None:
    parts = [Position(Equity("ABC", "USD"), quantities[0]), Position(Equity("SAP", "EUR"), quantities[1])]
    spec = VarSpec(method, 0.975)
    alone = [portfolio_var(Portfolio("p", "USD", (part,)), history, spec).expected_shortfall for part in parts]
    both = portfolio_var(Portfolio("p", "USD", tuple(parts)), history, spec).expected_shortfall
    assert both <= sum(alone) + 1e-6


def test_paths_and_blocks_do_not_change_the_tail(stocks, history) -> None:
    """The scenarios kept while the blocks pass by are those of the largest losses, whichever block they come from."""
    result = portfolio_var(stocks, history, VarSpec("monte_carlo_normal", 0.999, n_paths=150_000))
    losses = np.sort(-result.pnl)[::-1]
    assert result.components["component_var"].sum() == pytest.approx(losses[149], rel=1e-12)
    assert result.components["component_es"].sum() == pytest.approx(losses[:150].mean(), rel=1e-12)
