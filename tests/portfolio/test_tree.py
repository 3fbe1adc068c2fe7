"""A tree of books as one: quantities add up, names stay unique."""

from hypothesis import given
from hypothesis import strategies as st

from riskkit.portfolio import BookTree, Cash, Equity, Portfolio, Position


def book(name, *held):
    return Portfolio(name, "USD", held)


def test_the_same_instrument_is_added_up_and_cash_too():
    mine = book("mine", Position(Equity("ABC", "USD"), 3), Position(Cash("EUR"), 10.0))
    yours = book("yours", Position(Equity("ABC", "USD"), -1), Position(Cash("EUR"), 5.0), Position(Cash("USD"), 1.0))
    whole = BookTree(mine, (BookTree(yours),)).netted()
    assert {position.symbol: position.quantity for position in whole.positions} == {
        "ABC": 2.0, "EUR cash": 15.0, "USD cash": 1.0,
    }  # fmt: skip
    assert (whole.name, whole.base_currency) == ("mine", "USD")


def test_other_terms_under_the_same_symbol_stay_apart():
    below = BookTree(book("c", Position(Equity("ABC", "EUR"), 3)))
    other = BookTree(book("b", Position(Equity("ABC", "EUR"), 2)), (below,))
    tree = BookTree(book("all"), (BookTree(book("a", Position(Equity("ABC", "USD"), 1))), other))
    assert {p.symbol: p.quantity for p in tree.netted().positions} == {"ABC": 1.0, "b/ABC": 2.0, "b/c/ABC": 3.0}


def test_a_book_without_children_is_itself():
    alone = book("alone", Position(Equity("ABC", "USD"), 1))
    assert BookTree(alone).netted() is alone


@given(st.lists(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(-9, 9)), unique_by=lambda p: p[0]), max_size=4))
def test_every_quantity_is_counted_once(books):
    children = tuple(
        BookTree(book(f"b{i}", *(Position(Equity(s, "USD"), float(n)) for s, n in held)))
        for i, held in enumerate(books)
    )
    netted = {p.symbol: p.quantity for p in BookTree(book("all"), children).netted().positions}
    assert netted == {s: sum(n for held in books for t, n in held if t == s) for held in books for s, _ in held}
