"""Conditional stress: the regression of the rest on the shocked, and its limits."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from riskkit.errors import InputError, MarketDataError
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.scenarios import Shock
from riskkit.stress import ConditionalSpec, conditional_stress


def test_is_the_least_squares_regression(book, history) -> None:
    """Second method: each factor's returns regressed on the shocked one (numpy's lstsq, with a constant)."""
    spec = ConditionalSpec("INDEX", -0.1, lookback_days=300)
    result = conditional_stress(book, history, spec)
    table = result.factors.set_index("factor")
    returns = history.returns(300)
    index = history.names.index("INDEX")
    x = np.column_stack([np.ones(300), returns[:, index]])
    for name in ("ABC", "SAP", "EURUSD", "UST10", "ABC.vol"):
        slope = np.linalg.lstsq(x, returns[:, history.names.index(name)])[0][1]
        assert table.loc[name, "move"] == pytest.approx(slope * np.log(0.9))
    assert table["given"].to_dict() == {n: n == "INDEX" for n in table.index}
    moved = dict(zip(table.index, table["stressed_level"], strict=True))
    alone = history.select(book.factors)
    changes = np.array([moved[name] for name in alone.names]) - alone.levels[-1]
    assert result.pnl == pytest.approx(Revaluer(book, alone.snapshot()).pnl(changes[None, :])[0])
    assert result.by_position.sum() == pytest.approx(result.pnl)


def test_what_stays_open(stocks, history) -> None:
    """The residual of the book regressed on the index; the shock's distance in its own deviations; ten days of it."""
    long = Portfolio("l", "USD", (Position(Equity("ABC", "USD"), 300.0),))
    result = conditional_stress(long, history, ConditionalSpec("INDEX", -0.1, lookback_days=399))
    returns = history.returns()
    pnl, index = returns[:, 0] * 300 * history.levels[-1, 0], returns[:, 3]
    correlation = np.corrcoef(pnl, index)[0, 1]
    assert result.standard_deviation == pytest.approx(pnl.std(ddof=1) * np.sqrt(1 - correlation**2))
    distance = -np.log(0.9) / index.std(ddof=1)
    assert result.distance == pytest.approx(distance)
    assert result.probability == pytest.approx(2 * stats.norm.sf(distance), rel=1e-6)
    slow = conditional_stress(long, history, ConditionalSpec("INDEX", -0.1, lookback_days=399, horizon_days=10))
    assert slow.pnl == pytest.approx(result.pnl)
    assert slow.distance == pytest.approx(distance / np.sqrt(10))
    assert slow.standard_deviation == pytest.approx(result.standard_deviation * np.sqrt(10))


def test_student_leaves_more_open(book, history) -> None:
    one = conditional_stress(book, history, ConditionalSpec("INDEX", -0.1, lookback_days=300))
    fat = ConditionalSpec("INDEX", -0.1, lookback_days=300, law="student_t", degrees_of_freedom=5.0)
    two = conditional_stress(book, history, fat)
    assert two.pnl == pytest.approx(one.pnl)
    widening = np.sqrt((5 - 2 + one.distance**2) / (5 + 1 - 2))
    assert two.standard_deviation == pytest.approx(one.standard_deviation * widening)
    # one shocked factor: a t scaled to deviation one
    assert two.probability == pytest.approx(2 * stats.t.sf(one.distance * np.sqrt(5 / 3), 5), rel=1e-6)
    fitted = conditional_stress(book, history, ConditionalSpec("INDEX", -0.1, lookback_days=300, law="student_t"))
    assert "fitted" in fitted.notes[0]


def test_all_shocked_is_the_plain_shock(stocks, history) -> None:
    result = conditional_stress(stocks, history, ConditionalSpec("kind:equity", -0.2, lookback_days=300))
    assert result.pnl == pytest.approx(-0.2 * result.value)
    assert result.standard_deviation == pytest.approx(0.0, abs=1e-6)
    held = ConditionalSpec("ABC", -0.2, lookback_days=300, more=(Shock("INDEX", 0.0, "relative"),))
    assert conditional_stress(stocks, history, held).pnl == pytest.approx(-0.2 * 300 * history.levels[-1, 0])


def test_what_a_run_stores(book, history) -> None:
    result = conditional_stress(book, history, ConditionalSpec("INDEX", -0.1, lookback_days=300))
    stored = {(m.name, *m.labels.values()): m.value for m in result.metrics()}
    assert all(np.isfinite(value) for value in stored.values())
    assert stored["stress_pnl", "SAP"] == result.by_position[1]
    assert stored["fraction",] == result.pnl / result.gross_value
    tables = result.tables()
    assert list(tables) == ["summary", "factors", "by_position"]
    assert tables["factors"].loc[0, "factor"] == "INDEX"
    assert tables["by_position"]["pnl"].sum() == pytest.approx(result.pnl)


def test_books_that_hold_nothing_and_factors_that_never_moved(history) -> None:
    nothing = (Portfolio("e", "USD", ()), Portfolio("z", "USD", (Position(Equity("ABC", "USD"), 0.0),)))
    for empty in nothing:
        result = conditional_stress(empty, history, ConditionalSpec("INDEX", -0.1, lookback_days=300, law="student_t"))
        assert (result.pnl, result.fraction, result.standard_deviation) == (0.0, 0.0, 0.0)
    still = replace(history, levels=np.tile(history.levels[-1], (len(history.dates), 1)))
    with pytest.raises(InputError, match="never moved"):
        conditional_stress(nothing[1], still, ConditionalSpec("INDEX", -0.1, lookback_days=300))


def test_refuses(book, stocks, history) -> None:
    with pytest.raises(InputError, match="target"):
        conditional_stress(stocks, history, ConditionalSpec("kind:yield", 0.01, "absolute", lookback_days=300))
    with pytest.raises(InputError, match="logarithms"):
        conditional_stress(stocks, history, ConditionalSpec("INDEX", -1.0, lookback_days=300))
    with pytest.raises(MarketDataError, match="lookback_days"):
        conditional_stress(book, history, ConditionalSpec("ABC", -0.1, lookback_days=500))
    for wrong in ({"law": "cauchy"}, {"degrees_of_freedom": 2.0}, {"lookback_days": 5}, {"size": -2.0}):
        with pytest.raises(InputError):
            ConditionalSpec(**wrong)
