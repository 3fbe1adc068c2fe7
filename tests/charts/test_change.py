"""The views of a change since an earlier day: every figure is the result's, to the last bit."""

import re
from dataclasses import replace

import pytest

from riskkit import charts
from riskkit.explain import ChangeSpec, change_since
from riskkit.portfolio import DatedBook, Position

VIEWS = [
    charts.change_headline,
    charts.change_effects,
    charts.change_by_position,
    charts.change_trades,
    charts.pnl_effects,
    charts.pnl_by_position,
]


@pytest.fixture
def since(make_book, make_history):
    def make(traded=True, names=("AAA", "BBB", "CCC"), **spec):
        past, book = make_history(names), make_book(names=names)
        first = book.positions[0]
        old = replace(book, positions=(Position(first.instrument, first.quantity + 0.5), *book.positions[1:]))
        books = [DatedBook(past.first, old if traded else book), DatedBook(past.last, book)]
        return change_since(book, past, books, ChangeSpec("historical", 0.95, lookback_days=200, **spec))

    return make


def exact(html):
    return [float(value) for value in re.findall(r'data-value="([^"]+)"', html)]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("spec", [{}, {"days_back": 20, "previous_method": "parametric"}])
def test_every_view_is_drawn(view, spec, since):
    html = view(since(**spec)).html
    assert "nan" not in html.lower()
    assert html


def test_the_headline_has_both_figures_and_what_was_traded(since):
    result = since()
    html = charts.change_headline(result).html
    assert exact(html) == [result.var.after.var, result.var.before.var, result.var.change, result.pnl.pnl]
    assert "1 position traded" in html
    assert "nothing traded" in charts.change_headline(since(traded=False)).html
    other = charts.change_headline(since(previous_method="parametric")).html
    assert "Parametric, normal before, Historical simulation now" in other


def test_the_effects_sum_to_the_change(since):
    result = since()
    figures = exact(charts.change_effects(result).html)
    assert figures[0::2][-1] == result.var.change
    assert sum(figures[0:6:2]) == pytest.approx(result.var.change)


def test_without_trades_the_card_is_left_out(since):
    assert charts.change_trades(since(traded=False)).blank
    assert "−0.50" in charts.change_trades(since()).html


def test_a_large_book_is_summed_and_adds_up(since):
    names = tuple(f"N{i:02d}" for i in range(30))
    result = since(names=names)
    for view, column, total in (
        (charts.change_by_position, 2, result.var.change),
        (charts.pnl_by_position, 0, result.pnl.pnl),
    ):
        rows = re.findall(r"<tr>(.*?)</tr>", view(result).html.split("<tbody>")[1])
        assert len(rows) == 13
        assert "others" in rows[-2]
        assert sum(exact(row)[column] for row in rows[:-1]) == pytest.approx(total)


def test_what_reads_as_zero_has_no_colour(since):
    html = charts.pnl_by_position(since()).html
    assert not re.search(r'class="[^"]*rk-(loss|gain)"[^>]*>[+−]?0(\.0+)?<', html)
