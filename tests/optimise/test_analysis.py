from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.optimise import OptimiseSpec, optimise_portfolio
from riskkit.portfolio import Cash, Equity, EuropeanOption, FixedCouponBond, Portfolio, Position
from riskkit.revaluation import Revaluer

FACTORS = (
    RiskFactor("A", "equity", "USD"),
    RiskFactor("B", "equity", "EUR"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("A.vol", "volatility", "USD", "absolute"),
    RiskFactor("Y", "yield", "USD", "absolute"),
)
SPEC = OptimiseSpec(lookback_days=250)


@pytest.fixture(scope="module")
def history():
    generator = np.random.default_rng(1)
    days = np.busday_offset("2020-01-01", np.arange(400), roll="forward")
    moves = generator.standard_normal((400, 3)) * [0.012, 0.02, 0.005]
    rates = 0.03 + np.cumsum(generator.standard_normal((400, 1)) * 0.0005, axis=0)
    levels = np.hstack([[100, 50, 1.1] * np.cumprod(1 + moves, axis=0), np.full((400, 1), 0.2), rates])
    return FactorHistory(FACTORS, days, levels)


@pytest.fixture(scope="module")
def book():
    return Portfolio(
        "book", "USD",
        (
            Position(Equity("A", "USD", sector="tech"), 100),
            Position(Equity("B", "EUR", sector="oil"), -50),
            Position(FixedCouponBond("bond", "USD", "Y", date(2031, 5, 15), 0.03), 120),
            Position(Cash("EUR"), 1000),
            Position(EuropeanOption("put", "USD", "A", "A.vol", 90.0, date(2022, 12, 16), "put"), 10),
        ),
    )  # fmt: skip


def test_weights_become_trades_that_keep_the_capital(book, history):
    result = optimise_portfolio(book, history, SPEC)
    assert result.trades["position"].tolist() == ["A", "B", "bond"]
    assert result.trades["weight_after"].sum() == pytest.approx(1)
    assert result.trades["trade_value"].sum() == pytest.approx(0, abs=1e-6 * result.capital)
    snapshot = history.select(book.factors).snapshot()
    before, after = Revaluer(book, snapshot).values, Revaluer(result.optimised, snapshot).values
    assert after.sum() == pytest.approx(before.sum())
    assert after[:3] / result.capital == pytest.approx(result.trades["weight_after"].to_numpy())
    assert result.optimised.positions[3:] == book.positions[3:]
    assert "EUR cash, put" in result.notes[1]
    assert result.after.expected_shortfall < result.before.expected_shortfall


def test_the_turnover_stated_is_the_turnover_traded(book, history):
    result = optimise_portfolio(book, history, OptimiseSpec(lookback_days=250, min_weight=-1, max_turnover=0.15))
    assert result.turnover <= 0.15 + 1e-4
    assert np.abs(result.trades["trade_value"]).sum() / 2 == pytest.approx(result.turnover * result.capital)


def test_groups_come_from_the_instruments(book, history):
    spec = OptimiseSpec(lookback_days=250, group_by="currency", max_group_weight=0.7)
    trades = optimise_portfolio(book, history, spec).trades
    assert trades.groupby("currency")["weight_after"].sum().max() <= 0.7 + 1e-4


@pytest.mark.parametrize("objective", ["mean_variance", "risk_budgeting", "hierarchical_risk_parity"])
def test_every_objective_runs_and_reports(book, history, objective):
    result = optimise_portfolio(book, history, OptimiseSpec(objective, lookback_days=250))
    assert all(np.isfinite(metric.value) for metric in result.metrics())
    assert set(result.tables()) == {"summary", "trades"}
    assert result.trades["weight_after"].min() >= -1e-4


def test_an_optimised_book_has_nothing_left_to_trade(book, history):
    spec = OptimiseSpec("mean_variance", lookback_days=250)
    again = optimise_portfolio(optimise_portfolio(book, history, spec).optimised, history, spec)
    assert again.turnover == pytest.approx(0, abs=1e-3)


def test_one_position_keeps_its_weight(history):
    one = Portfolio("one", "USD", (Position(Equity("A", "USD"), 5),))
    result = optimise_portfolio(one, history, SPEC)
    assert result.turnover == 0
    assert result.optimised == one


def test_books_without_anything_to_choose_are_refused(history):
    cash = Portfolio("cash", "USD", (Position(Cash("USD"), 5),))
    short = Portfolio("short", "USD", (Position(Equity("A", "USD"), -5),))
    for portfolio in (cash, short):
        with pytest.raises(InputError, match="portfolio"):
            optimise_portfolio(portfolio, history, SPEC)


def test_a_short_history_and_a_share_that_never_moved_are_refused(book, history):
    with pytest.raises(MarketDataError, match="history"):
        optimise_portfolio(book, history, OptimiseSpec(lookback_days=400))
    levels = history.levels.copy()
    levels[:, 0] = 100.0
    still = FactorHistory(history.factors, history.dates, levels)
    with pytest.raises(InputError, match="no risk to weigh"):
        optimise_portfolio(book, still, SPEC)
