"""Importing one book never changes what another held: the same tests on both stores."""

import uuid
from datetime import date

import pytest

from riskkit.errors import InputError
from riskkit.portfolio import Equity, EuropeanOption, Position
from riskkit.store.contract import LAST_DAY

DAY, LATER = date(2020, 1, 2), date(2020, 1, 7)


def put(symbol, strike=90.0, sector=""):
    return Position(EuropeanOption(symbol, "USD", "CTA", "CTA.vol", strike, date(2030, 1, 1), "put", sector=sector), 1)


@pytest.fixture
def imports(place):
    """Import a book of the team by its name, and read it back."""
    store, team, tag = place.store("quant"), place.team("ours"), uuid.uuid4().hex[:8]

    def imported(book, position, day=DAY):
        return store.import_portfolio(team, f"{book}-{tag}", "Terms", "USD", [position], day)

    return store, imported, f"P{tag}"


def test_other_terms_for_what_another_book_holds_are_refused(imports):
    store, imported, symbol = imports
    first = imported("one", put(symbol))
    with pytest.raises(InputError) as caught:
        imported("two", put(symbol, 110.0))
    assert (caught.value.field, caught.value.value) == ("symbol", symbol)
    assert caught.value.expected == f"another symbol for changed terms: {symbol} is held as it was by {first.path}"
    assert store.portfolio(first, DAY).positions == (put(symbol),)
    assert first.path.replace("one-", "two-") not in [ref.path for ref in store.portfolios()], "nothing was written"
    with pytest.raises(InputError, match="another symbol"):
        imported("two", Position(Equity(symbol, "USD", factor="CTA"), 1))
    assert imported("two", put(f"{symbol}B", 110.0)).title == "Terms", "the remedy"


def test_other_terms_for_what_the_book_itself_held_before_are_refused(imports):
    store, imported, symbol = imports
    ref = imported("one", put(symbol))
    with pytest.raises(InputError, match=f"held as it was by {ref.path} before 2020-01-07"):
        imported("one", put(symbol, 110.0), LATER)
    assert store.portfolio(ref, LAST_DAY).positions == (put(symbol),)
    imported("one", put(symbol, 110.0), DAY)
    assert store.portfolio(ref, LAST_DAY).positions == (put(symbol, 110.0),), "a correction from the first day on"


def test_a_book_that_no_longer_holds_it_still_did(imports):
    store, imported, symbol = imports
    ref = imported("one", put(symbol))
    imported("one", put(f"{symbol}B"), LATER)
    with pytest.raises(InputError, match="another symbol"):
        imported("two", put(symbol, 110.0), LATER)
    assert store.portfolio(ref, DAY).positions == (put(symbol),)


def test_equal_terms_again_are_nothing_new(imports):
    store, imported, symbol = imports
    first, second = imported("one", put(symbol)), imported("two", put(symbol))
    for ref in (imported("one", put(symbol)), imported("two", put(symbol), LATER), first, second):
        assert store.portfolio(ref, LAST_DAY).positions == (put(symbol),)


def test_a_sector_is_a_label_and_may_change(imports):
    store, imported, symbol = imports
    imported("one", put(symbol))
    ref = imported("two", put(symbol, sector="Index"))
    assert store.portfolio(ref, DAY).positions == (put(symbol, sector="Index"),)
