from dataclasses import replace
from datetime import date

import pytest

from riskkit.errors import Forbidden, InputError
from riskkit.imports.book import BEGINNING, BookOrder, plan_book, writable_team
from riskkit.store.memory import MemoryStore

LAST = date(2020, 1, 31)


def test_a_new_book_is_held_from_the_beginning(store, csv):
    plan = plan_book(store, BookOrder("mine"), csv("symbol,quantity\nAAPL,10\n"))
    assert (plan.team, plan.slug, plan.title, plan.base_currency) == ("atlas", "mine", "mine", "USD")
    assert plan.valid_from == BEGINNING
    assert plan.replaces is None
    assert store.portfolios() == ()
    ref = plan.write(store)
    assert ref.path == "atlas/mine"
    assert [p.symbol for p in store.portfolio(ref, date(2020, 1, 5)).positions] == ["AAPL"]


def test_a_book_that_is_there_keeps_title_and_currency_and_changes_from_its_latest_day(store, csv):
    order = BookOrder("mine", title="My book", base_currency="EUR")
    plan_book(store, order, csv("symbol,quantity\nAAPL,10\n")).write(store)
    plan = plan_book(store, BookOrder("mine"), csv("symbol,quantity\nAAPL,20\n"))
    assert (plan.title, plan.base_currency, plan.valid_from) == ("My book", "EUR", LAST)
    ref = plan.write(store)
    assert store.portfolio(ref, date(2020, 1, 30)).positions[0].quantity == 10.0
    assert store.portfolio(ref, LAST).positions[0].quantity == 20.0
    with pytest.raises(InputError, match="EUR, as atlas/mine has had from the beginning"):
        plan_book(store, replace(order, base_currency="USD"), csv("symbol,quantity\nAAPL,1\n"))


def test_a_faulty_file_writes_nothing(store, csv):
    plan_book(store, BookOrder("mine"), csv("symbol,quantity\nAAPL,10\n")).write(store)
    with pytest.raises(InputError):
        plan_book(store, BookOrder("mine"), csv("symbol,quantity\nAAPL,20\nAPPL,1\n"))
    (ref,) = store.portfolios()
    assert store.portfolio(ref, LAST).positions[0].quantity == 10.0


@pytest.mark.parametrize(
    "order",
    [
        BookOrder("My Book"),
        BookOrder("../x"),
        BookOrder("mine", team="borealis"),
        BookOrder("mine", title="a\nb"),
        BookOrder("mine", base_currency="usd"),
        BookOrder("mine", base_currency="CHF"),
    ],
)
def test_orders_that_are_none(store, csv, order):
    with pytest.raises(InputError):
        plan_book(store, order, csv("symbol,quantity\nAAPL,10\n"))


def test_the_team_is_the_only_one_or_has_to_be_named(store):
    database = store._db
    assert writable_team(store, None) == "atlas"
    database.add_team("cetus", {"quant@atlas.example": "admin", "viewer@atlas.example": "viewer"})
    with pytest.raises(InputError, match="one of your teams: atlas, cetus"):
        writable_team(store, None)
    assert writable_team(store, "cetus") == "cetus"
    viewer = MemoryStore(database, "viewer@atlas.example")
    for team in (None, "atlas"):
        with pytest.raises(Forbidden, match="the role analyst"):
            writable_team(viewer, team)
