"""Stress views: the worst first, and a scenario without a figure is never a silent zero."""

import re

import numpy as np
import pytest
from markupsafe import escape

from riskkit import charts
from riskkit.charts.stress import HEAT_STEPS, MOST_ROWS
from riskkit.portfolio import Portfolio
from riskkit.scenarios import Shock, StressScenario
from riskkit.stress import stress_test


def rows(html):
    return re.findall(r"<tr>(.*?)</tr>", html.split("<tbody>")[1].split("</tbody>")[0])


def test_worst_and_median_are_the_results(stress_of):
    result = stress_of()
    html = charts.stress_headline(result).html
    assert f'data-metric="worst_pnl" data-value="{result.worst.pnl!r}"' in html
    median = float(np.median([row.pnl for row in result.rows if row.pnl is not None]))
    assert f'data-metric="median_pnl" data-value="{median!r}"' in html
    assert "of 5" in html
    assert "2 not computed" in html


def test_scenarios_stand_worst_first_with_their_figures(stress_of):
    result = stress_of()
    found = [float(value) for value in re.findall(r'data-value="([^"]+)"', charts.stress_scenarios(result).html)]
    assert found == sorted(row.pnl for row in result.rows if row.pnl is not None)


def test_what_could_not_be_computed_says_why_and_shows_no_zero(stress_of):
    result = stress_of()
    shown = {re.search(r'title="[^"]*">([^<]+)<', row)[1]: row for row in rows(charts.stress_scenarios(result).html)}
    for title, badge in (("Rates up", "not applicable"), ("Before the data", "no data")):
        assert badge in shown[title]
        assert "data-value" not in shown[title]
    assert "This book holds nothing that depends on yields." in shown["Rates up"]
    assert "kind:" not in shown["Rates up"]
    note = next(row.note for row in result.rows if row.scenario.name == "old")
    assert note
    assert str(escape(note)) in shown["Before the data"]


@pytest.mark.parametrize(
    ("targets", "said"),
    [(["kind:fx"], "exchange rates."), (["currency:CHF"], "the CHF exchange rate."), (["WTI"], "WTI."),
     (["kind:yield", "kind:volatility", "WTI"], "yields, volatilities or WTI.")],
)  # fmt: skip
def test_what_the_book_does_not_hold_is_said_in_words(stress_of, make_book, targets, said):
    shocks = tuple(Shock(target, 0.1, "relative") for target in targets)
    book = make_book()
    stocks = Portfolio(book.name, "USD", book.positions[:-1])
    result = stress_of(stocks, [StressScenario("one", "One", "test", shocks=shocks)])
    assert f"This book holds nothing that depends on {said}" in charts.stress_scenarios(result).html


def test_a_long_source_is_whole(stress_of):
    source = "Cboe Global Markets, " + "a long citation with its page, " * 8 + "the end"
    crash, rates = (Shock("kind:equity", -0.2, "relative"),), (Shock("kind:yield", 0.02, "absolute"),)
    scenarios = [StressScenario("one", "One", source, shocks=crash), StressScenario("two", "Two", source, shocks=rates)]
    assert charts.stress_scenarios(stress_of(scenarios=scenarios)).html.count(f">{source}</td>") == 2


def test_without_any_figure_the_page_says_so(stress_of):
    result = stress_of(scenarios=[stress_of().rows[2].scenario])
    assert "could be computed" in charts.stress_headline(result).html
    assert "could be computed" in charts.stress_by_position(result).html
    assert "not applicable" in charts.stress_scenarios(result).html


def test_the_heat_map_holds_every_position_and_sums_to_the_scenarios(stress_of):
    result = stress_of()
    html = charts.stress_by_position(result).html
    body, foot = html.split("<tfoot>")
    cells = [float(v) for v in re.findall(r'data-value="([^"]+)"', body)]
    totals = [float(v) for v in re.findall(r'data-value="([^"]+)"', foot)]
    matrix = np.array(cells).reshape(len(result.portfolio.positions), -1)
    np.testing.assert_allclose(matrix.sum(axis=0), totals)
    assert totals == sorted(totals)


def test_colours_follow_sign_and_depth(stress_of):
    html = charts.stress_by_position(stress_of()).html
    found = re.findall(r'class="rk-n rk-heat(\d)" data-value="([^"]+)"', html)
    middle = HEAT_STEPS // 2
    assert all((int(step) - middle) * float(value) >= 0 for step, value in found)
    assert {step for step, _ in found} & {"0", str(HEAT_STEPS - 1)}


def test_a_large_book_is_summed_up(stress_of, make_book, make_history):
    names = tuple(f"S{i:02d}" for i in range(60))
    result = stress_test(make_book(names=names), make_history(names), [stress_of().rows[0].scenario])
    html = charts.stress_by_position(result).html
    assert len(rows(html)) == MOST_ROWS
    assert "37 others" in html


@pytest.mark.parametrize(
    ("target", "size", "kind", "shown"),
    [("kind:equity", -0.205, "relative", "equities −20.5 %"), ("kind:yield", 0.02, "absolute", "yields +200 bp"),
     ("kind:volatility", 0.15, "absolute", "volatilities +15 points"), ("currency:USD", 0.1, "relative", "USD +10 %")],
)  # fmt: skip
def test_shocks_are_said_in_words(stress_of, target, size, kind, shown):
    result = stress_of(scenarios=[StressScenario("one", "One", "test", shocks=(Shock(target, size, kind),))])
    assert shown in charts.stress_scenarios(result).html.replace("\u00a0", " ")
