"""Beyond VaR: the figures are the result's own, and what a method cannot give is left out and said."""

import re

import pytest

from riskkit import charts
from riskkit.var import HistoricalSpec


def figures(html):
    return [float(value) for value in re.findall(r'data-value="([^"]+)"', html)]


def known(frame):
    return [float(value) for value in frame["value"] if value is not None and value == value]


def test_every_figure_is_the_results(var_of):
    result = var_of()
    html = charts.beyond_var(result).html
    measures, ratios = html.split("<table")[1:]
    assert figures(measures) == known(result.beyond_var()) + known(result.performance())
    assert figures(ratios) == known(result.ratios())
    assert "the past 250\u00a0days" in charts.beyond_var(result).question


def test_simulated_paths_have_a_tail_and_no_past(var_of):
    result = var_of(method="monte_carlo_t")
    html = charts.beyond_var(result).html
    assert figures(html) == known(result.beyond_var()) + known(result.ratios())
    assert "Sharpe" not in html
    assert "200 losses beyond" in html


@pytest.mark.parametrize(
    ("spec", "why"),
    [({"method": "parametric"}, "the parametric method has none"),
     ({"historical": HistoricalSpec("age")}, "scenarios that count the same")],
)  # fmt: skip
def test_without_equal_scenarios_only_the_ratios_are_left(var_of, spec, why):
    result = var_of(**spec)
    view = charts.beyond_var(result)
    assert figures(view.html) == known(result.ratios())
    assert view.html.count("<table") == 1
    assert why in view.question


@pytest.mark.parametrize("method", ["historical", "parametric", "monte_carlo_normal"])
def test_a_figure_that_does_not_exist_is_a_dash(var_of, make_book, method):
    html = charts.beyond_var(var_of(make_book(scale=0.0), method=method)).html
    assert "nan" not in html.lower()
    assert ">–<" in html


def test_an_empty_book_says_so(var_of, make_book):
    book = make_book()
    none = type(book)("team/none", "USD", (), "None")
    assert "no positions" in charts.beyond_var(var_of(none)).html
