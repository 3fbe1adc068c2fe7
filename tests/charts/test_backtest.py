"""Backtest views: the figures of the result to the last bit, exceptions marked by their shape."""

import json
import re

import numpy as np
import pytest

from riskkit import charts
from riskkit.backtest import BacktestSpec, rolling_backtest
from riskkit.charts.backtest import MOST_EXCEPTIONS, TAIL_TESTS
from riskkit.charts.view import MIME
from riskkit.widgets.figures import named, update

VIEWS = [
    charts.backtest_headline,
    charts.backtest_days,
    charts.backtest_exceptions,
    charts.backtest_tests,
    charts.backtest_tail_tests,
]


@pytest.fixture
def backtest_of(make_book, make_history):
    def make(portfolio=None, method="historical", confidence_level=0.95, backtest_days=100, **spec):
        asked = BacktestSpec(
            method, confidence_level, lookback_days=150, backtest_days=backtest_days, n_paths=500, **spec
        )
        return rolling_backtest(portfolio or make_book(), make_history(), asked)

    return make


def values(html):
    return [float(value) for value in re.findall(r'data-value="([^"]+)"', html)]


def test_the_tiles_hold_the_count_and_the_zone(backtest_of):
    result = backtest_of()
    html = charts.backtest_headline(result).html
    found = {key: float(value) for key, value in re.findall(r'data-metric="(\w+)" data-value="([^"]+)"', html)}
    assert found["exceptions"] == result.n_exceptions
    assert found["zone_probability"] == result.light.cumulative_probability
    assert found["worst_pnl"] == result.pnl.min()
    assert result.zone.capitalize() in html
    assert "5.0 expected at 95" in html


def test_the_paths_of_a_simulated_forecast_are_said(backtest_of):
    simulated = backtest_of(method="monte_carlo_normal", backtest_days=10)
    assert "500 paths a day" in charts.backtest_headline(simulated).html
    assert "paths" not in charts.backtest_headline(backtest_of()).html


def test_the_multiplier_is_shown_where_basel_sets_one(make_book, make_history):
    history = make_history(days=520)
    basel = rolling_backtest(make_book(), history, BacktestSpec(lookback_days=260))
    assert f'data-metric="multiplier" data-value="{basel.light.multiplier!r}"' in charts.backtest_headline(basel).html
    other = rolling_backtest(make_book(), history, BacktestSpec(lookback_days=260, backtest_days=200))
    assert "set for 250 days" in charts.backtest_headline(other).html


def test_the_figure_holds_every_day_and_marks_the_exceptions(backtest_of):
    result = backtest_of()
    view = charts.backtest_days(result)
    sources = named(view.figure)
    assert len(sources["days"].data["pnl"]) == len(result.pnl)
    assert sources["exceptions"].data["day"] == [
        charts.backtest.day(one.item()) for one in result.dates[result.exceptions]
    ]
    scale = result.pnl[0] / sources["days"].data["pnl"][0]
    np.testing.assert_allclose(sources["days"].data["bound"] * scale, -result.var)
    assert str(result.n_exceptions) in view.alt


def test_another_result_updates_the_figure_in_place(backtest_of):
    shown = charts.backtest_days(backtest_of()).figure
    update(shown, charts.backtest_days(backtest_of(confidence_level=0.9)).figure)
    assert len(named(shown)["exceptions"].data["pnl"]) == backtest_of(confidence_level=0.9).n_exceptions


def test_the_exceptions_stand_with_their_figures(backtest_of):
    result = backtest_of()
    wanted = np.column_stack([result.pnl, result.var, result.expected_shortfall])[result.exceptions]
    assert values(charts.backtest_exceptions(result).html) == wanted.ravel().tolist()
    assert "No loss exceeded" in charts.backtest_exceptions(backtest_of(confidence_level=0.999)).html


def test_a_long_list_of_exceptions_is_cut_to_the_worst(backtest_of):
    result = backtest_of(confidence_level=0.6)
    assert result.n_exceptions > MOST_EXCEPTIONS
    found = values(charts.backtest_exceptions(result).html)[::3]
    assert sorted(found) == np.sort(result.pnl)[:MOST_EXCEPTIONS].tolist()


def test_every_test_stands_in_one_of_the_two_tables(backtest_of):
    result = backtest_of()
    tables = charts.backtest_tests(result).html, charts.backtest_tail_tests(result).html
    for verdict in result.verdicts:
        table = tables[verdict.test in TAIL_TESTS]
        row = next(row for row in re.findall(r"<tr>(.*?)</tr>", table) if verdict.title in row)
        p = verdict.p_value if verdict.exact_p_value is None else verdict.exact_p_value
        assert values(row) == [one for one in (verdict.statistic, p) if one is not None]
        assert ("rejected" in row) == verdict.rejects


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("method", ["historical", "parametric", "monte_carlo_t"])
def test_every_view_is_a_json_bundle_without_a_hyphen_for_a_minus(view, method, backtest_of):
    made = view(backtest_of(method=method, degrees_of_freedom=4.0))
    assert json.loads(json.dumps(made.bundle()))[MIME]["html"] == str(made.html)
    assert not re.search(r"(?<![\w.])-\d", re.sub(r"<[^>]*>", " ", made.body()))


@pytest.mark.parametrize("view", VIEWS)
def test_a_book_that_holds_nothing_can_be_drawn(view, backtest_of, make_book):
    assert "nan" not in view(backtest_of(make_book(scale=0.0))).body().lower()
