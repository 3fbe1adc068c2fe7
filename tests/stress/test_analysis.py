"""Stress tests: P&L by position and group, and a reason instead of a silent zero."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position
from riskkit.pricing import black_scholes
from riskkit.scenarios import Shock, StressScenario
from riskkit.stress import StressSpec, stress_test

FACTORS = (
    RiskFactor("ABC", "equity", "USD"),
    RiskFactor("ABC.vol", "volatility", "USD"),
    RiskFactor("EURUSD", "fx", "USD"),
)
DAYS = np.array(["2020-02-19", "2020-03-20", "2020-03-23", "2021-01-04"], "datetime64[D]")
LEVELS = np.array([[100.0, 0.15, 1.0], [70.0, 0.6, 1.1], [60.0, 0.7, 1.1], [120.0, 0.2, 1.2]])
HISTORY = FactorHistory(FACTORS, DAYS, LEVELS, ("made up",))
PUT = EuropeanOption("put", "USD", "ABC", "ABC.vol", 110.0, date(2021, 7, 4), "put")
BOOK = Portfolio("b", "USD", (Position(Equity("ABC", "USD"), 10), Position(Cash("EUR"), -500), Position(PUT, 10)))
COVID = StressScenario("covid", "Covid", "data", window=(date(2020, 2, 19), date(2020, 3, 23)))
EARLY = StressScenario("black_monday", "1987", "data", window=(date(1987, 10, 16), date(1987, 10, 19)))
CRASH = StressScenario(
    "crash",
    "Crash",
    "invented",
    shocks=(Shock("kind:equity", -0.2, "relative"), Shock("kind:volatility", 0.15, "absolute")),
)
RATES = StressScenario("rates", "Rates +200 bp", "invented", shocks=(Shock("kind:yield", 0.02, "absolute"),))
EVERY = (COVID, EARLY, CRASH, RATES)


def test_replay_by_hand() -> None:
    """Prices by ratio, volatility by difference, the whole history used: 120 -> 72, 0.2 -> 0.75, 1.2 -> 1.32."""
    row = stress_test(BOOK, HISTORY, [COVID]).rows[0]
    time = 181 / 365
    put = float(black_scholes(PUT, 72.0, 0.75, time) - black_scholes(PUT, 120.0, 0.2, time))
    assert row.by_position == pytest.approx([-480.0, -60.0, 10 * put])
    assert row.pnl == pytest.approx(-540.0 + 10 * put)
    assert row.status == "ok"


def test_never_a_silent_zero() -> None:
    result = stress_test(BOOK, HISTORY, EVERY)
    assert [row.status for row in result.rows] == ["ok", "no_data", "ok", "not_applicable"]
    for row in (result.rows[1], result.rows[3]):
        assert row.pnl is row.fraction is row.by_position is None
        assert row.note
    assert "begins on 2020-02-19" in result.rows[1].note
    assert result.notes[-1] == "made up"


def test_figures_and_groups() -> None:
    result = stress_test(BOOK, HISTORY, EVERY)
    gross = 1200 + 600 + 10 * float(black_scholes(PUT, 120.0, 0.2, 181 / 365))
    assert result.gross_value == pytest.approx(gross)
    assert result.rows[0].fraction == pytest.approx(result.rows[0].pnl / gross)
    by_class = result.by("asset_class").set_index("asset_class")
    assert list(by_class.columns) == ["covid", "crash"]
    assert by_class["covid"].sum() == pytest.approx(result.rows[0].pnl)
    assert result.by("position")["position"].tolist() == ["ABC", "EUR cash", "put"]
    assert result.worst is not None
    assert result.worst.pnl == min(row.pnl for row in result.rows if row.pnl is not None)
    with pytest.raises(InputError, match="column"):
        result.by("colour")


def test_what_a_run_stores() -> None:
    result = stress_test(BOOK, HISTORY, EVERY)
    stored = {(m.name, *sorted(m.labels.items())): m.value for m in result.metrics()}
    assert stored[("stress_pnl", ("scenario", "covid"))] == result.rows[0].pnl
    assert stored[("stress_loss",)] == -min(row.pnl for row in result.rows if row.pnl is not None)
    assert ("stress_pnl", ("scenario", "rates")) not in stored
    assert stored[("stress_pnl", ("position", "put"), ("scenario", "crash"))] == result.rows[2].by_position[2]
    tables = result.tables()
    assert list(tables) == ["summary", "by_position", "by_asset_class", "by_currency", "by_sector"]
    assert tables["summary"]["status"].tolist() == ["ok", "no_data", "ok", "not_applicable"]
    assert tables["summary"]["pnl"].isna().tolist() == [False, True, False, True]


def test_chosen_scenarios_and_delta_gamma() -> None:
    result = stress_test(BOOK, HISTORY, EVERY, StressSpec("crash, rates", "delta_gamma"))
    assert [row.scenario.name for row in result.rows] == ["crash", "rates"]
    full = stress_test(BOOK, HISTORY, [CRASH]).rows[0]
    assert result.rows[0].by_position[:2] == pytest.approx(full.by_position[:2])
    assert result.rows[0].by_position[2] != pytest.approx(full.by_position[2])


def test_everything_lost() -> None:
    total = StressScenario("total", "Total loss", "invented", shocks=(Shock("kind:equity", -1.0, "relative"),))
    row = stress_test(BOOK, HISTORY, [total]).rows[0]
    assert row.by_position[0] == -1200.0
    assert np.isfinite(row.by_position).all()


def test_an_empty_book() -> None:
    empty = stress_test(Portfolio("e", "USD", ()), HISTORY, EVERY)
    assert {row.status for row in empty.rows} == {"not_applicable"}
    zero = stress_test(Portfolio("z", "USD", (Position(Equity("ABC", "USD"), 0.0),)), HISTORY, [CRASH])
    assert (zero.rows[0].pnl, zero.rows[0].fraction) == (0.0, 0.0)
    assert "The book holds nothing: every figure is zero." in zero.notes
    assert empty.by("asset_class").empty


def test_refuses() -> None:
    with pytest.raises(InputError, match="scenarios"):
        stress_test(BOOK, HISTORY, EVERY, StressSpec("lehman"))
    with pytest.raises(MarketDataError, match="MSFT"):
        stress_test(Portfolio("p", "USD", (Position(Equity("MSFT", "USD"), 1),)), HISTORY, EVERY)
    for spec in ({"scenarios": " "}, {"revaluation": "third"}):
        with pytest.raises(InputError):
            StressSpec(**spec)
