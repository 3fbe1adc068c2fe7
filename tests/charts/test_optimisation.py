"""Optimisation views: weights, trades and risk of the result, symbols escaped."""

import re

import pytest

from riskkit import charts
from riskkit.charts.view import MIME
from riskkit.optimise import OptimiseSpec, optimise_portfolio
from riskkit.widgets.figures import named, update

VIEWS = [
    charts.optimisation_headline,
    charts.optimisation_risk,
    charts.optimisation_trades,
    charts.optimisation_weights,
]


@pytest.fixture
def optimised(make_book, make_history):
    def make(names=("AAA", "BBB", "CCC"), **spec):
        return optimise_portfolio(make_book(names=names), make_history(names), OptimiseSpec(lookback_days=250, **spec))

    return make


def test_the_tiles_hold_the_figures_after(optimised):
    result = optimised()
    html = charts.optimisation_headline(result).html
    found = {key: float(value) for key, value in re.findall(r'data-metric="(\w+)" data-value="([^"]+)"', html)}
    names = ("expected_shortfall", "volatility", "expected_return")
    assert found == {name: getattr(result.after, name) for name in names} | {"turnover": result.turnover}


def test_the_trades_are_the_results_the_largest_first(optimised):
    result = optimised()
    html = charts.optimisation_trades(result).html
    columns = ["value", "weight_before", "weight_after", "trade_value", "trade_quantity"]
    order = result.trades["trade_value"].abs().sort_values(ascending=False, kind="stable").index
    wanted = result.trades.loc[order, columns].to_numpy().ravel().tolist()
    assert [float(value) for value in re.findall(r'data-value="([^"]+)"', html)] == wanted


def test_risk_before_and_after_stand_beside_each_other(optimised):
    result = optimised()
    found = [float(v) for v in re.findall(r'data-value="([^"]+)"', charts.optimisation_risk(result).html)]
    names = ("expected_shortfall", "volatility", "expected_return")
    assert found == [getattr(one, name) for name in names for one in (result.before, result.after)]
    assert "EUR cash" in charts.optimisation_risk(result).html


def test_the_figure_follows_another_result(optimised):
    shown = charts.optimisation_weights(optimised()).figure
    fresh = optimised(max_weight=0.4)
    update(shown, charts.optimisation_weights(fresh).figure)
    assert sorted(named(shown)["weights"].data["after"]) == pytest.approx(sorted(100 * fresh.trades["weight_after"]))


@pytest.mark.parametrize("view", VIEWS)
def test_names_are_escaped(view, optimised):
    bundle = view(optimised(("A&B", "C&D", "E&F"))).bundle()
    html = bundle["text/html"] + bundle[MIME]["html"]
    assert "A&B" not in html
    assert ("A&amp;B" in html) == (view is charts.optimisation_trades)
