"""The methods side by side are what each method gives alone."""

import re

import pytest

from riskkit import charts
from riskkit.var import VarSpec, compare_methods, portfolio_var


@pytest.fixture
def comparison(make_book, make_history):
    def make(**spec):
        return compare_methods(make_book(), make_history(), VarSpec(**{"lookback_days": 250, "n_paths": 2000} | spec))

    return make


def test_every_row_holds_its_methods_figures_to_the_last_bit(comparison, make_book, make_history):
    result = comparison()
    rows = re.findall(r"<tr>(.*?)</tr>", charts.methods(result).html.split("<tbody>")[1])
    for row, method in zip(rows, ("historical", "parametric", "monte_carlo_normal", "monte_carlo_t"), strict=True):
        alone = portfolio_var(make_book(), make_history(), VarSpec(method, lookback_days=250, n_paths=2000))
        figures = (alone.var, alone.var_standard_error, alone.expected_shortfall, alone.es_standard_error)
        found = [float(value) for value in re.findall(r'data-value="([^"]+)"', row)]
        assert found == [figure for figure in figures if figure is not None]


def test_the_method_of_the_page_is_named(comparison):
    rows = re.findall(r"<tr>(.*?)</tr>", charts.methods(comparison(method="parametric")).html)
    assert [("the method of this page" in row) for row in rows] == [False, False, True, False, False]
    html = charts.methods(comparison(method="monte_carlo_t_copula")).html
    assert len(re.findall("<tr>", html)) == 6


def test_an_empty_book_has_no_ratio(make_book, make_history):
    html = charts.methods(compare_methods(make_book(scale=0.0), make_history(), VarSpec(lookback_days=250))).html
    assert "nan" not in html.lower()
