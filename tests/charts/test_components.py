"""Component VaR as bars and as a table: shares sum to VaR, long books are summed up, long names are cut."""

import re

import numpy as np
import pytest

from riskkit import charts
from riskkit.charts import theme
from riskkit.charts.components import MOST_BARS
from riskkit.charts.numbers import scale_of
from riskkit.widgets.figures import named


def bars(view):
    return named(view.figure)["bars"].data


@pytest.mark.parametrize(
    "view",
    [
        charts.component_var,
        charts.component_var_by_asset_class,
        charts.component_var_by_currency,
        charts.component_var_by_sector,
        charts.component_var_by_factor,
    ],
)
def test_the_bars_sum_to_var_sorted_from_adding_to_hedging(view, any_result):
    shares = np.array(bars(view(any_result))["share"])
    assert (np.diff(shares) <= 0).all()
    unit = scale_of(np.abs(shares).max() * scale_of(any_result.var)[0])[0]
    assert shares.sum() * unit == pytest.approx(any_result.var, rel=1e-12)


def test_a_chart_offers_the_table_it_is_drawn_from(any_result):
    by_sector, by_factor = charts.component_var_by_sector(any_result), charts.component_var_by_factor(any_result)
    assert list(by_sector.data()) == ["components_by_sector"]
    assert by_factor.data()["components_by_factor"]["component_var"].sum() == pytest.approx(any_result.var, rel=1e-12)
    assert "" not in bars(by_sector)["label"]


def test_hedges_differ_by_more_than_colour(any_result):
    view = charts.component_var(any_result)
    data, figures = bars(view), named(view.figure)["figures"].major_label_overrides
    hedges = np.array(data["share"]) < 0
    assert hedges.any()
    assert (np.array(data["colour"]) == np.where(hedges, theme.HEDGE, theme.ACCENT)).all()
    assert (np.array(data["hatch"]) == np.where(hedges, "right_diagonal_line", "blank")).all()
    texts = list(figures.values())[::-1]
    assert all(text.startswith("\u2212") == hedge for text, hedge in zip(texts, hedges, strict=True))


def test_a_large_book_shows_its_largest_shares_and_the_rest_as_one(var_of, make_book, make_history):
    names = tuple(f"S{i:02d}" for i in range(40))
    result = var_of(make_book(names=names), make_history(names))
    data = bars(charts.component_var(result))
    assert len(data["label"]) == MOST_BARS
    assert data["label"][-1] == "22 others"
    table = charts.components(result).html
    assert all(name in table for name in names)


def test_long_names_are_cut_in_the_figure_and_whole_on_hovering(var_of, make_book, make_history):
    names = tuple(f"A LONG NAME OF AN INSTRUMENT THAT GOES ON AND ON {i}" for i in range(3))
    view = charts.component_var(var_of(make_book(names=names), make_history(names)))
    labels = bars(view)["label"]
    assert len(set(labels)) == len(labels)
    assert max(map(len, labels)) <= 22
    assert names[0] in bars(view)["name"]
    table = charts.components(var_of(make_book(names=names), make_history(names))).html
    assert f'title="{names[0]}"' in table


def test_the_table_has_every_position_to_the_last_bit_and_sums_to_var(any_result):
    html = charts.components(any_result).html
    body, foot = html.split("<tfoot>")
    found = re.findall(r'<th scope="row">([^<]+)</th>.*?</tr>', body)
    wanted = any_result.components.sort_values("component_var", ascending=False, kind="stable")
    assert found == wanted["position"].tolist()
    for row in any_result.components.itertuples():
        assert f'data-value="{float(row.component_var)!r}"' in body
    total = [float(value) for value in re.findall(r'data-value="([^"]+)"', foot)]
    assert total == pytest.approx([any_result.value, any_result.var, any_result.expected_shortfall], rel=1e-12)
