"""Bad and odd inputs (families 20, 22, 25, 32-38): a typed error or a flagged result, never NaN."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position
from riskkit.var import VarSpec, portfolio_var

METHODS = ("historical", "parametric", "monte_carlo_normal", "monte_carlo_t")
each_method = pytest.mark.parametrize("method", METHODS)


def spec(method: str, lookback: int = 60) -> VarSpec:
    return VarSpec(method, lookback_days=lookback, n_paths=2_000)


def made_up(returns: np.ndarray) -> FactorHistory:
    factors = tuple(RiskFactor(f"S{i}", "equity", "USD") for i in range(returns.shape[1]))
    levels = 100 * np.cumprod(np.vstack([np.ones(returns.shape[1]), 1 + returns]), axis=0)
    return FactorHistory(factors, np.datetime64("2020-01-01") + np.arange(len(levels)), levels)


def equally(n: int) -> Portfolio:
    return Portfolio("equal", "USD", tuple(Position(Equity(f"S{i}", "USD"), 10.0) for i in range(n)))


def noise(t: int, n: int) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.01, (t, n))


def all_finite(result) -> bool:
    figures = result.components[["value", "component_var", "component_es"]].to_numpy()
    return bool(np.isfinite(figures).all() and np.isfinite([result.var, result.expected_shortfall]).all())


@each_method
def test_nothing_held(method) -> None:
    """Family 20: all quantities zero, or no positions: zero with a note."""
    zero = Portfolio("zero", "USD", tuple(Position(Equity(f"S{i}", "USD"), 0.0) for i in range(3)))
    for book in (zero, Portfolio("empty", "USD", ())):
        result = portfolio_var(book, made_up(noise(60, 3)), spec(method))
        assert (result.var, result.expected_shortfall, result.value) == (0.0, 0.0, 0.0)
        assert "The book holds nothing: every figure is zero." in result.notes
        assert not result.components["component_var"].any()


@each_method
def test_base_currency_cash_alone(method) -> None:
    book = Portfolio("cash", "USD", (Position(Cash("USD"), 1e6),))
    result = portfolio_var(book, made_up(noise(60, 1)), spec(method))
    assert (result.value, result.var) == (1e6, 0.0)
    assert any("no market factor" in note for note in result.notes)


@each_method
def test_constant_series(method) -> None:
    """Family 32: no variance, no error."""
    result = portfolio_var(equally(2), made_up(np.zeros((60, 2))), spec(method))
    assert result.var == 0.0
    mixed = noise(60, 2)
    mixed[:, 0] = 0.0
    assert all_finite(portfolio_var(equally(2), made_up(mixed), spec(method)))


@each_method
def test_identical_columns(method) -> None:
    """Family 33: a singular covariance has a factor, and Monte Carlo says which."""
    twin = np.repeat(noise(60, 1), 2, axis=1)
    result = portfolio_var(equally(2), made_up(twin), spec(method))
    single = Portfolio("one", "USD", (Position(Equity("S0", "USD"), 20.0),))
    alone = portfolio_var(single, made_up(twin), spec(method))
    if not method.startswith("monte"):
        assert result.var == pytest.approx(alone.var, rel=1e-9)
    else:
        assert any("rank 1 of 2" in note for note in result.notes)
        assert result.var == pytest.approx(alone.var, rel=0.2)


@each_method
def test_fewer_returns_than_factors(method) -> None:
    """Family 34."""
    result = portfolio_var(equally(30), made_up(noise(20, 30)), spec(method, 20))
    assert all_finite(result)
    if method != "historical":
        assert any("20 returns for 30 factors: the covariance is singular" in note for note in result.notes)


@each_method
def test_too_few(method) -> None:
    """Family 36."""
    with pytest.raises(MarketDataError, match=r"history.*59 returns.*at least 60"):
        portfolio_var(equally(1), made_up(noise(59, 1)), spec(method))
    with pytest.raises(MarketDataError, match=r"0 returns"):
        portfolio_var(equally(1), made_up(noise(59, 1)).tail(1), spec(method))


def test_a_short_tail_is_flagged() -> None:
    result = portfolio_var(equally(1), made_up(noise(60, 1)), VarSpec("historical", 0.99, lookback_days=60))
    assert result.var == result.expected_shortfall == -result.pnl.min()
    assert any("less than one loss beyond 0.99" in note for note in result.notes)


@each_method
def test_missing_factors_are_named(method, history) -> None:
    for name, instrument in (("MSFT", Equity("MSFT", "USD")), ("GBPUSD", Cash("GBP"))):
        book = Portfolio("p", "USD", (Position(instrument, 1.0),))
        with pytest.raises(MarketDataError, match=name):
            portfolio_var(book, history, spec(method))
    base = Portfolio("p", "CHF", (Position(Equity("ABC", "USD"), 1.0),))
    with pytest.raises(MarketDataError, match="CHFUSD"):
        portfolio_var(base, history, spec(method))


@each_method
def test_expired_option(method, history) -> None:
    option = EuropeanOption("O", "USD", "ABC", "ABC.vol", 50.0, date(2019, 1, 1), "put")
    with pytest.raises(InputError, match="expired"):
        portfolio_var(Portfolio("p", "USD", (Position(option, 1.0),)), history, spec(method))


def test_an_option_that_ends_within_the_horizon_is_noted(history) -> None:
    option = EuropeanOption("O", "USD", "ABC", "ABC.vol", 50.0, history.last, "put")
    result = portfolio_var(Portfolio("p", "USD", (Position(option, 1.0),)), history, VarSpec(horizon_days=10))
    assert all_finite(result)
    assert any("expires within the horizon" in note for note in result.notes)


def test_a_wild_simulation_stays_above_the_floor_and_says_so() -> None:
    result = portfolio_var(
        equally(1),
        made_up(30 * noise(60, 1)),
        VarSpec("monte_carlo_t", horizon_days=250, scaling="none", lookback_days=60, n_paths=5_000),
    )
    assert result.var == pytest.approx(result.value)
    assert any("S0 was held at zero in" in note for note in result.notes)


def test_many_assets() -> None:
    """Family 38: many positions by history, memory in proportion; refused where a covariance would not fit."""
    n = 20_000
    factors = tuple(RiskFactor(f"S{i}", "equity", "USD") for i in range(n))
    levels = 100 * (1 + 0.01 * np.random.default_rng(1).normal(size=(11, n)))
    history = FactorHistory(factors, np.datetime64("2020-01-01") + np.arange(11), levels)
    result = portfolio_var(equally(n), history, VarSpec("historical", 0.9, lookback_days=10))
    assert result.components["component_var"].sum() == pytest.approx(result.var, rel=1e-9)
    with pytest.raises(InputError, match="at most 4000 factors"):
        portfolio_var(equally(n), history, VarSpec("parametric", lookback_days=10))


def test_notes_carry_the_history_s(book, history) -> None:
    assert "made up" in portfolio_var(book, history).notes
