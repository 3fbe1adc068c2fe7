"""Ladders and grids: by hand, and the same as stress tests one by one."""

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError, RiskkitError
from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.scenarios import Shock, StressScenario
from riskkit.stress import ConditionalSpec, GridSpec, LadderSpec, sensitivity_grid, sensitivity_ladder, stress_test


def test_ladder_of_shares_is_a_line(history) -> None:
    """200 shares at L: a rung of x earns 200 L x."""
    long = Portfolio("l", "USD", (Position(Equity("ABC", "USD"), 200.0),))
    result = sensitivity_ladder(long, history, LadderSpec("ABC", 0.2, n_steps=5))
    level = history.snapshot().level("ABC")
    assert result.shocks.tolist() == [-0.2, -0.1, 0.0, 0.1, 0.2]
    assert result.pnl[:, 0] == pytest.approx(200 * level * result.shocks)


def test_grid_is_the_stress_test_of_every_pair(book, history) -> None:
    """Second method: each cell as a scenario of its own."""
    result = sensitivity_grid(book, history, GridSpec("ABC", "ABC.vol", 0.3, 0.1, 5))
    for i, j in ((0, 4), (2, 2), (3, 1)):
        pair = (
            Shock("ABC", float(result.shocks[i]), "relative"),
            Shock("ABC.vol", float(result.second_shocks[j]), "absolute"),
        )
        row = stress_test(book, history, [StressScenario("cell", "Cell", "", shocks=pair)]).rows[0]
        assert result.pnl[i, j] == pytest.approx(row.pnl, rel=1e-12, abs=1e-9)
        assert result.by_position[i, j] == pytest.approx(row.by_position, rel=1e-12, abs=1e-9)
    assert result.pnl[2, 2] == 0.0
    assert (np.diff(result.pnl, axis=1) < 0).all()  # short an option: every row falls with volatility


def test_what_a_run_stores(book, history) -> None:
    ladder = sensitivity_ladder(book, history, LadderSpec("kind:equity", 0.3, n_steps=3))
    grid = sensitivity_grid(book, history, GridSpec(n_steps=3))
    assert ladder.tables()["sensitivity"].columns.tolist() == ["shock", "pnl"]
    assert ladder.tables()["by_position"]["+0.3"].sum() == pytest.approx(ladder.pnl[2, 0])
    assert grid.tables()["sensitivity"].columns.tolist() == [
        "shock", "volatility -0.15", "volatility +0", "volatility +0.15",
    ]  # fmt: skip
    stored = {(m.name, *m.labels.values()): m.value for m in grid.metrics()}
    assert stored["sensitivity_pnl", "-0.3", "0.15"] == grid.pnl[0, 2]
    assert len(stored) == 10
    assert ladder.notes[-1] == "made up"


def test_a_floored_volatility_is_said(book, history) -> None:
    result = sensitivity_grid(book, history, GridSpec(volatility_widest=0.5, n_steps=3))
    assert any("ABC.vol was held at zero" in note for note in result.notes)


def test_refuses(book, stocks, history) -> None:
    with pytest.raises(RiskkitError, match="This book holds nothing that depends on volatilities"):
        sensitivity_grid(stocks, history)  # not a silent row of equal figures
    with pytest.raises(InputError, match="target"):
        sensitivity_grid(book, history, GridSpec(volatility="MSFT.vol"))
    with pytest.raises(InputError, match="target"):
        sensitivity_ladder(book, history, LadderSpec("MSFT"))
    for wrong in ({"n_steps": 4}, {"n_steps": 1}, {"widest": 1.0}, {"widest": -0.1}, {"widest": True}):
        with pytest.raises(InputError):
            LadderSpec(**wrong)
    with pytest.raises(InputError, match="spot_widest"):
        GridSpec(spot_widest=1.5)


def test_oil_below_zero() -> None:
    """WTI closed at -36.98 on 2020-04-20 and at 10.01 a day later: a relative ladder of either says what to do."""
    oil = RiskFactor("WTI", "equity", "USD", "absolute")
    closes = np.array([*np.linspace(60, 20, 40) + np.tile([2.5, -2.5], 20), 18.27, -36.98])
    history = FactorHistory((oil,), np.datetime64("2020-03-10") + np.arange(42), closes[:, None])
    book = Portfolio("oil", "USD", (Position(Equity("WTI", "USD"), 1000.0),))
    for day in (history, FactorHistory((oil,), history.dates, np.append(closes[:-1], 10.01)[:, None])):
        with pytest.raises(MarketDataError, match="an absolute"):
            sensitivity_ladder(book, day, LadderSpec("WTI", 0.3))
    rungs = sensitivity_ladder(book, history, LadderSpec("WTI", 10.0, "absolute", 3))
    assert rungs.pnl[:, 0] == pytest.approx([-10_000, 0, 10_000])


def test_a_target_may_be_written_as_people_write_it() -> None:
    assert LadderSpec("equity") == LadderSpec("kind:equity")
    assert ConditionalSpec("volatility", kind="absolute").target == "kind:volatility"
