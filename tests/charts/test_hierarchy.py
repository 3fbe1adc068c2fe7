"""The table of books below a portfolio, and nothing where there are none."""

import re

from riskkit import charts
from riskkit.explain import BookTree, measure_hierarchy
from riskkit.portfolio import Portfolio
from riskkit.var import VarSpec

SPEC = VarSpec("historical", 0.95, lookback_days=250)


def tree(make_book, hostile):
    left = make_book(hostile, ("AAA", "BBB"))
    deep = BookTree(Portfolio("deep", "USD", make_book("Deep", ("CCC",)).positions))
    right = BookTree(Portfolio("right", "USD", ()), (deep,))
    return BookTree(Portfolio("all", "USD", ()), (BookTree(Portfolio("left", "USD", left.positions)), right))


def test_every_book_has_its_row_and_the_whole_its_own(make_book, make_history, hostile):
    result = measure_hierarchy(tree(make_book, hostile), make_history(), SPEC)
    view = charts.books(result)
    rows = re.findall(r"<tr>(.*?)</tr>", view.html.split("<tbody>")[1])
    assert [re.sub("<.*?>", "", re.search(r'row"[^>]*>(.*?)</th>', row)[1]) for row in rows] == [
        "left", "right", "deep", "All as one",
    ]  # fmt: skip
    assert 'rk-inset">deep' in view.html
    figures = [[float(value) for value in re.findall(r'data-value="([^"]+)"', row)] for row in rows]
    assert (
        figures[0]
        == result.books.iloc[0][
            ["value", "stand_alone_var", "component_var", "diversification_var", "stand_alone_es", "component_es"]
        ].tolist()
    )
    assert figures[-1][1] == result.whole.var


def test_a_book_without_children_has_no_card():
    view = charts.books(None)
    assert view.blank
    assert view.name == "books"
