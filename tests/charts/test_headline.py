"""The headline tiles carry the exact figures beside the rounded ones."""

import re

import pytest

from riskkit import charts


def exact(html):
    return {key: float(value) for key, value in re.findall(r'data-metric="(\w+)" data-value="([^"]+)"', html)}


def test_the_tiles_hold_the_figures_to_the_last_bit(any_result):
    found = exact(charts.headline(any_result).html)
    assert found["var"] == any_result.var
    assert found["expected_shortfall"] == any_result.expected_shortfall
    assert found["value"] == any_result.value


def test_how_it_was_made_is_said(var_of):
    html = charts.headline(var_of(horizon_days=10)).html.replace("\u00a0", " ")
    assert "VaR 95 %, 10 days" in html
    assert "square root of time" in html
    assert "VaR is the 13th largest of 250 losses" in html
    assert "factors moved over the whole horizon" in charts.headline(var_of(horizon_days=5, scaling="none")).html


def test_cents_are_shown_for_a_small_book_only(var_of, make_book):
    assert re.search(r">\d\.\d\d <span", charts.headline(var_of(make_book(scale=1e-4))).html)
    assert not re.search(r">[\d,]+\.\d\d <span", charts.headline(var_of()).html)


@pytest.mark.parametrize("method", ["historical", "parametric", "monte_carlo_normal"])
def test_a_book_that_holds_nothing_says_so(method, var_of, make_book):
    result = var_of(make_book(scale=0.0), method=method)
    html = charts.headline(result).html
    assert "the book is empty" in html
    assert "nan" not in html.lower()
    assert all(view(result).bundle() for view in (charts.pnl_distribution, charts.component_var, charts.components))
