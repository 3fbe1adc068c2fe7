"""The headline tiles carry the exact figures beside the rounded ones."""

import re

import pytest

from riskkit import charts
from riskkit.charts.numbers import ordinal
from riskkit.var import EstimatorSpec, HistoricalSpec, ParametricSpec


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


@pytest.mark.parametrize(
    ("spec", "said", "never"),
    [
        (
            {"historical": HistoricalSpec("age", 0.97)},
            "largest of 250 losses, newer ones weighing more",
            "13th largest",
        ),
        ({"historical": HistoricalSpec("filtered")}, "Filtered historical simulation", "weighted"),
        ({"historical": HistoricalSpec("volatility")}, "scaled by volatility", "weighted"),
        ({"estimators": EstimatorSpec("linear")}, "VaR is the linear quantile of 250 losses", "largest of"),
        ({"estimators": EstimatorSpec(tail="strictly_worse")}, "losses worse than the 13th largest", "in the worst"),
        ({"estimators": EstimatorSpec(tail="at_or_worse")}, "losses not below the 13th largest", "in the worst"),
        ({"method": "parametric"}, "Parametric, normal", "largest"),
        ({"method": "parametric", "parametric": ParametricSpec("student_t")}, "Parametric, Student-t", "normal"),
        ({"method": "parametric", "parametric": ParametricSpec("cornish_fisher")}, "Cornish-Fisher", "normal"),
        ({"method": "parametric", "parametric": ParametricSpec(quadratic="exact")}, "delta-gamma, exact", "linearised"),
        ({"method": "monte_carlo_t_copula", "degrees_of_freedom": 5.0}, "Student-t copula", "monte_carlo"),
        ({"horizon_days": 5, "scaling": "none"}, "250 overlapping 5-day returns", "daily returns"),
    ],
)
def test_the_words_follow_the_spec(spec, said, never, var_of):
    html = charts.headline(var_of(**spec)).html.replace("\u00a0", " ")
    assert said in html
    assert never not in html


def test_a_weighted_rank_is_the_place_of_the_var_among_the_losses(var_of):
    result = var_of(historical=HistoricalSpec("age", 0.97))
    rank = int((-result.pnl >= result.var).sum())
    assert rank != 13
    assert f"VaR is the {ordinal(rank)} largest of 250" in charts.headline(result).html.replace("\u00a0", " ")
