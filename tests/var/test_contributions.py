"""Shares by factor, trades, liquidity horizons, the stressed period, performance."""

import dataclasses
import math

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.measures import performance
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.var import (
    CovarianceInput,
    SimulationSpec,
    VarSpec,
    incremental_var,
    liquidity_horizon_es,
    portfolio_var,
    stressed_var,
)

METHODS = ("historical", "parametric", "monte_carlo_normal", "monte_carlo_t", "monte_carlo_t_copula")
each_method = pytest.mark.parametrize("method", METHODS)


def spec(method: str, **others) -> VarSpec:
    return VarSpec(method, lookback_days=250, n_paths=20_000, degrees_of_freedom=6.0, **others)


@each_method
def test_by_factor_sums(book, history, method) -> None:
    result = portfolio_var(book, history, spec(method))
    table = result.by_factor()
    assert set(table["factor"]) == {*book.factors, "cross and residual"}
    assert table["component_var"].sum() == pytest.approx(result.var, rel=1e-12)
    assert table["component_es"].sum() == pytest.approx(result.expected_shortfall, rel=1e-12)
    assert table["component_var"][:-1].is_monotonic_decreasing


def test_by_factor_by_hand(book, history) -> None:
    """Each factor moved alone by full revaluation in the worst five days."""
    result = portfolio_var(book, history, VarSpec())
    chosen = history.select(book.factors)
    returns = chosen.returns(500)
    revaluer, base = Revaluer(book, chosen.snapshot()), chosen.snapshot()
    worst = np.argsort(result.pnl)[:5]
    for column, name in enumerate(book.factors):
        move = returns[worst, column]
        kind = base.factors[column].return_type
        level = base.levels[column]
        change = {"relative": level * move, "log": level * np.expm1(move), "absolute": move}[kind]
        alone = np.zeros((5, len(book.factors)))
        alone[:, column] = change
        share = result.by_factor().set_index("factor").loc[name, "component_es"]
        assert share == pytest.approx(-revaluer.pnl(alone).mean(), abs=1e-8)


@each_method
def test_incremental_is_the_difference_of_two_books(book, history, method) -> None:
    trades = [Position(book.positions[0].instrument, 150.0), Position(Cash("USD"), 5_000.0)]
    result = incremental_var(book, history, trades, spec(method))
    held = [dataclasses.replace(p, quantity=p.quantity + 150.0) if i == 0 else p for i, p in enumerate(book.positions)]
    first = portfolio_var(dataclasses.replace(book, positions=tuple(held)), history, spec(method))
    assert result.before.var == pytest.approx(portfolio_var(book, history, spec(method)).var, rel=1e-9)
    assert result.trades["incremental_var"][0] == pytest.approx(first.var - result.before.var, rel=1e-6, abs=1e-6)
    assert result.incremental_var == pytest.approx(result.after.var - result.before.var)
    assert result.trades["trade"].tolist() == ["ABC", "USD cash"]


def test_a_small_trade_adds_its_component(stocks, history) -> None:
    before = portfolio_var(stocks, history, spec("parametric"))
    trade = Position(stocks.positions[0].instrument, 1e-4 * stocks.positions[0].quantity)
    result = incremental_var(stocks, history, [trade], spec("parametric"))
    assert result.incremental_var / 1e-4 == pytest.approx(before.components["component_var"][0], rel=1e-3)


def test_a_trade_that_bends_a_linear_book_shares_its_paths(history) -> None:
    """The base book alone would be drawn directly; beside a foreign share it must not be."""
    linear = Portfolio("l", "USD", (Position(Equity("ABC", "USD"), 100.0),))
    tiny = Position(Equity("SAP", "EUR"), 1e-6)
    result = incremental_var(linear, history, [tiny], spec("monte_carlo_normal"))
    assert abs(result.incremental_var) < 1e-3


def test_trades_are_checked(book, history) -> None:
    share = Position(Equity("ABC", "USD", sector="Other"), 1.0)
    for trades, expected in (([], "at least one"), ([share, share], "once"), ([share], "held under this symbol")):
        with pytest.raises(InputError, match=expected):
            incremental_var(book, history, trades, spec("historical"))


@each_method
def test_liquidity_cascade(book, history, method) -> None:
    days = dict(zip(book.factors, (10, 20, 10, 40, 10, 60), strict=True))
    ten = dataclasses.replace(spec(method), horizon_days=10)
    result = liquidity_horizon_es(book, history, days, ten)
    steps = result.steps["expected_shortfall"].to_numpy()
    assert result.steps["n_factors"].tolist() == [6, 3, 2, 1, 0]
    assert steps[0] == portfolio_var(book, history, ten).expected_shortfall
    weights = [1, 1, math.sqrt(2), math.sqrt(2), math.sqrt(6)]
    assert result.expected_shortfall == pytest.approx(
        math.sqrt(sum((w * s) ** 2 for w, s in zip(weights, steps, strict=True)))
    )
    liquid = liquidity_horizon_es(book, history, dict.fromkeys(book.factors, 10), ten)
    assert liquid.expected_shortfall == pytest.approx(steps[0])


def test_liquidity_of_one_slow_factor_is_its_own_scaled_shortfall(history) -> None:
    one = Portfolio("one", "USD", (Position(Equity("ABC", "USD"), 1.0),))
    ten = VarSpec("parametric", 0.975, horizon_days=10)
    matrix = CovarianceInput(("ABC",), [[4e-4]], "two percent a day")
    slow = liquidity_horizon_es(one, history, {"ABC": 120}, ten, covariance=matrix)
    base = portfolio_var(one, history, ten, covariance=matrix)
    assert slow.expected_shortfall == pytest.approx(base.expected_shortfall * math.sqrt(12))


def test_liquidity_is_checked(book, history) -> None:
    days = dict.fromkeys(book.factors, 10)
    with pytest.raises(InputError, match="horizon_days"):
        liquidity_horizon_es(book, history, days, VarSpec())
    with pytest.raises(InputError, match=r"liquidity_days.*UST10"):
        liquidity_horizon_es(book, history, {k: v for k, v in days.items() if k != "UST10"})
    for wrong in (15, 0, True, "10"):
        with pytest.raises(InputError, match="EURUSD"):
            liquidity_horizon_es(book, history, {**days, "EURUSD": wrong})


@each_method
def test_stressed_window(book, history, method) -> None:
    result = stressed_var(book, history, spec(method))
    best = result.search["figure"].max()
    assert result.end == result.search["end"][result.search["figure"] == best].iloc[-1].date()
    if method == "historical":
        assert result.stressed.expected_shortfall == pytest.approx(best, rel=1e-9)
        assert result.stressed.pnl_dates[0].item() == result.start
        assert result.stressed.pnl_dates[-1].item() == result.end
        assert result.stressed.expected_shortfall >= result.current.expected_shortfall
    assert result.stressed.value == pytest.approx(result.current.value)
    assert result.ratio == result.stressed.var / result.current.var


def test_stressed_window_is_found(history) -> None:
    """One dreadful stretch planted in a quiet history."""
    one = Portfolio("one", "USD", (Position(Equity("ABC", "USD"), 1.0),))
    chosen = history.select(["ABC"])
    moves = np.random.default_rng(1).normal(0, 0.002, 600)
    moves[200:220] = -0.03
    quiet = dataclasses.replace(chosen, dates=chosen.dates[:601],
                                levels=50 * np.cumprod(np.concatenate([[1.0], 1 + moves]))[:, None])  # fmt: skip
    result = stressed_var(one, quiet, VarSpec(confidence_level=0.6, lookback_days=50))
    first, last = (np.datetime64(day) for day in (result.start, result.end))
    assert first <= quiet.dates[201] <= quiet.dates[220] <= last
    assert result.stressed.expected_shortfall == pytest.approx(0.03 * quiet.levels[-1, 0], rel=1e-6)
    with pytest.raises(MarketDataError, match="history"):
        stressed_var(one, quiet.tail(40), VarSpec(lookback_days=50))


def test_performance(book, history) -> None:
    result = portfolio_var(book, history, VarSpec(horizon_days=10))
    table = result.performance(benchmark=result.pnl).set_index("figure")["value"]
    day = result.pnl / math.sqrt(10)
    assert table["volatility"] == pytest.approx(performance.volatility(day))
    assert table["maximum_drawdown"] == pytest.approx(performance.maximum_drawdown(day))
    assert table["beta"] == pytest.approx(1 / math.sqrt(10))
    flat = portfolio_var(Portfolio("c", "EUR", (Position(Cash("EUR"), 1.0),)), history, VarSpec())
    assert flat.performance().set_index("figure")["value"]["sharpe_ratio"] is None
    for other in (VarSpec("parametric"), VarSpec("monte_carlo_t", n_paths=500, simulation=SimulationSpec("sobol"))):
        with pytest.raises(InputError, match="method"):
            portfolio_var(book, history, other).performance()
