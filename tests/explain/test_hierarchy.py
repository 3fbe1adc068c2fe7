"""Hierarchies: one book, children that sum to it, the same instrument in two books, cash that nets to nothing."""

from dataclasses import replace

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.explain import BookTree, measure_hierarchy
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.var import VarSpec, portfolio_var

SPEC = VarSpec("historical", 0.95, lookback_days=300)


def tree_of(book: Portfolio) -> BookTree:
    """The mixed book as a tree: two positions its own, a child with one, a grandchild with the rest."""
    rest = Portfolio("rest", "EUR", book.positions[3:])
    child = Portfolio("child", "USD", book.positions[2:3])
    return BookTree(replace(book, positions=book.positions[:2]), (BookTree(child, (BookTree(rest),)),))


@pytest.mark.parametrize("method", ["historical", "parametric", "monte_carlo_t"])
def test_one_book(book, history, method) -> None:
    """Second method: the same positions as one flat portfolio."""
    spec = replace(SPEC, method=method, n_paths=5000)
    result, flat = measure_hierarchy(tree_of(book), history, spec), portfolio_var(book, history, spec)
    assert result.whole.var == pytest.approx(flat.var)
    assert result.whole.components["component_var"].to_numpy() == pytest.approx(flat.components["component_var"])
    table = result.books.set_index("book")
    assert table.index.tolist() == ["own positions", "child", "child/own positions", "child/rest"]
    top = table[table["parent"] == ""]
    for figure, total in (("component_var", flat.var), ("component_es", flat.expected_shortfall)):
        assert top[figure].sum() == pytest.approx(total)
        assert table.loc["child", figure] == pytest.approx(table[table["parent"] == "child"][figure].sum())
    assert top["value"].sum() == pytest.approx(flat.value)
    alone = portfolio_var(Portfolio("r", "EUR", book.positions[3:]), history, spec)
    assert table.loc["child/rest", "stand_alone_var"] == pytest.approx(alone.var)
    assert (table["diversification_var"] == table["stand_alone_var"] - table["component_var"]).all()
    assert result.diversification == pytest.approx(top["diversification_var"].sum())


def test_by_hand_with_a_hedge(history) -> None:
    """300 shares and -100 of the same: together 200, so 3/2 and -1/2 of it; the hedge alone has its own tail."""
    long, hedge = (
        Portfolio(n, "USD", (Position(Equity("ABC", "USD"), q),)) for n, q in (("long", 300.0), ("hedge", -100.0))
    )
    spec = VarSpec("parametric", 0.99, lookback_days=300)
    result = measure_hierarchy(BookTree(Portfolio("all", "USD", ()), (BookTree(long), BookTree(hedge))), history, spec)
    unit = portfolio_var(long, history, spec).var / 300
    table = result.books.set_index("book")
    assert table["component_var"].to_numpy() == pytest.approx([300 * unit, -100 * unit])
    assert table["stand_alone_var"].to_numpy() == pytest.approx([300 * unit, 100 * unit])
    assert result.diversification == pytest.approx(200 * unit)


def test_cash_that_nets_to_nothing(history) -> None:
    """Two books with opposite euros: each has its component, though the whole holds none."""
    a, b = (Portfolio(n, "USD", (Position(Cash("EUR"), q),)) for n, q in (("a", 1000.0), ("b", -1000.0)))
    third = Portfolio("c", "USD", (Position(Equity("ABC", "USD"), 10.0),))
    tree = BookTree(Portfolio("all", "USD", ()), tuple(map(BookTree, (a, b, third))))
    table = measure_hierarchy(tree, history, SPEC).books.set_index("book")
    assert table.loc["a", "component_var"] == pytest.approx(-table.loc["b", "component_var"])
    assert table.loc["a", "component_var"] != 0
    assert table.loc["a", "stand_alone_var"] > 0
    assert table.loc["c", "component_var"] == pytest.approx(table.loc["c", "stand_alone_var"])


def test_what_a_run_stores(book, history) -> None:
    result = measure_hierarchy(tree_of(book), history, SPEC)
    stored = {(m.name, *m.labels.values()): m.value for m in result.metrics()}
    assert stored["var",] == result.whole.var
    assert stored["component_var", "child"] == result.books.set_index("book").loc["child", "component_var"]
    assert all(np.isfinite(value) for value in stored.values())
    assert len(stored) == len(result.metrics())
    assert list(result.tables()) == ["books", "components"]
    lone = measure_hierarchy(BookTree(book), history, SPEC)
    assert lone.books.empty
    assert lone.whole.var == pytest.approx(result.whole.var)


def test_refuses(book) -> None:
    for children in ((BookTree(book), BookTree(book)), (BookTree(replace(book, name="a/b")),),
                     (BookTree(replace(book, name="own positions")),)):  # fmt: skip
        with pytest.raises(InputError, match="children"):
            BookTree(Portfolio("all", "USD", ()), children)
