"""A family of books in a store: one tree on a day, one book through time; a leaf is itself."""

from dataclasses import replace
from datetime import date

import pytest

from riskkit.portfolio import Cash, Equity, Position
from riskkit.store.books import family
from riskkit.store.inputs import find_portfolio, load_inputs
from riskkit.store.memory import MemoryDatabase, MemoryStore
from tests.store.conftest import DAYS, SCENARIOS, SHARED

A, B = Equity("CTA", "USD"), Equity("CTB", "USD")
BEGUN, CHANGED = date(2020, 1, 2), date(2020, 1, 7)


@pytest.fixture
def store():
    """A parent that holds cash, with a child that changed and a child below that child."""
    database = MemoryDatabase()
    database.add_team("ours", {"q": "analyst"})
    database.share_prices(SHARED)
    database.share_scenarios(SCENARIOS)
    made = MemoryStore(database, "q")
    top = made.import_portfolio("ours", "top", "Top", "USD", [Position(Cash("NOK"), 7)], BEGUN)
    left = made.import_portfolio("ours", "left", "Left", "USD", [Position(A, 3)], BEGUN)
    deep = made.import_portfolio("ours", "deep", "Deep", "USD", [Position(A, -1), Position(B, 2)], date(2020, 1, 6))
    made.import_portfolio("ours", "left", "Left", "USD", [Position(A, 5)], CHANGED)
    database.books |= {left.id: replace(left, parent_id=top.id), deep.id: replace(deep, parent_id=left.id)}
    return made


def held(book):
    return {position.symbol: position.quantity for position in book.positions}


def test_a_parent_knows_those_below_it(store):
    top = find_portfolio(store, "top")
    assert [ref.slug for ref in family(top)] == ["top", "left", "deep"]
    assert find_portfolio(store, "deep").children == ()


def test_a_parent_is_measured_as_one_book_with_those_below_it(store):
    inputs = load_inputs(store, "top", "latest", 2)
    assert held(inputs.portfolio) == {"CTA": 4, "CTB": 2, "NOK cash": 7}
    assert inputs.history.names == ("CTA", "CTB", "NOKUSD")
    (left,) = inputs.tree.children
    assert (left.portfolio.name, held(left.portfolio), held(left.children[0].portfolio)) == (
        "left", {"CTA": 5}, {"CTA": -1, "CTB": 2},
    )  # fmt: skip
    assert load_inputs(store, "deep", "latest", 2).tree is None


def test_the_book_as_it_was_changes_with_those_below_it(store):
    books = load_inputs(store, "top", "latest", 2).books
    assert [(book.held_from, held(book.portfolio)) for book in books] == [
        (BEGUN, {"CTA": 3, "NOK cash": 7}),
        (date(2020, 1, 6), {"CTA": 2, "CTB": 2, "NOK cash": 7}),
        (CHANGED, {"CTA": 4, "CTB": 2, "NOK cash": 7}),
    ]
    assert [book.held_from for book in load_inputs(store, "top", "2020-01-06", 1).books] == [BEGUN, date(2020, 1, 6)]


def test_a_parent_begins_and_can_be_valued_with_those_below_it(store):
    top = find_portfolio(store, "top")
    assert store.begins(top) == BEGUN
    assert store.dates(top) == tuple(DAYS.tolist())
    assert [version.valid_to for version in store.versions(find_portfolio(store, "left"))] == [CHANGED, None]
