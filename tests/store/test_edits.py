"""Edits of a book: whole or not at all, against the revision that was read, undone by a change; in both stores."""

import concurrent.futures
from dataclasses import replace
from datetime import date

import pytest

from riskkit.errors import Conflict, Forbidden, InputError
from riskkit.portfolio import Cash, Equity, EuropeanOption, Position
from riskkit.store.contract import LAST_DAY

A, B = Equity("CTA", "USD", sector="Health Care"), Equity("CTB", "USD")
JAN, FEB, MAR, APR = (date(2020, month, 2) for month in (1, 2, 3, 4))


def held(store, ref, day=LAST_DAY):
    return {position.symbol: position.quantity for position in store.portfolio(ref, day).positions}


@pytest.fixture
def ours(place, book):
    """A store of the analyst's, and a book that holds 10 CTA and 5 CTB from January on."""
    return place.store("quant"), book([Position(A, 10), Position(B, 5)], JAN)


def said(change):
    return [(line.symbol, line.day, line.before, line.after) for line in change.lines]


def test_a_book_begins_with_its_import(ours, place):
    store, ref = ours
    assert store.revision(ref) == 1
    (change,) = place.store("viewer").changes(ref)
    assert (change.kind, change.revision, change.valid_from, change.count) == ("import", 1, JAN, 2)
    assert change.by.startswith("quant")
    assert said(change) == [("CTA", JAN, None, 10.0), ("CTB", JAN, None, 5.0)]
    assert place.store("other").changes(ref) == ()
    assert place.store("other").revision(ref) == 0


def test_an_edit_changes_adds_and_removes_from_a_day_on(ours, place, book):
    store, ref = ours
    place.store("quant").import_portfolio(
        place.team("ours"), "cash-for-all", "C", "USD", [Position(Cash("USD"), 1)], JAN
    )
    assert store.change_positions(ref, 1, MAR, {"CTA": 12.5, "CTB": None, "USD cash": -3}) == 2
    assert held(store, ref, FEB) == {"CTA": 10, "CTB": 5}
    assert held(store, ref, MAR) == held(store, ref) == {"CTA": 12.5, "USD cash": -3}
    change = store.changes(ref, since=1)[0]
    assert said(change) == [("CTA", MAR, 10.0, 12.5), ("CTB", MAR, 5.0, None), ("USD cash", MAR, None, -3.0)]
    assert change.kind == "edit"


def test_what_did_not_change_is_no_change(ours):
    store, ref = ours
    assert store.change_positions(ref, 1, MAR, {"CTA": 10}) == 1
    assert len(store.versions(ref)) == 2


def test_an_earlier_edit_takes_the_place_of_later_ones_of_its_symbols_only(ours):
    store, ref = ours
    store.change_positions(ref, 1, MAR, {"CTA": 20, "CTB": 50})
    assert store.change_positions(ref, 2, FEB, {"CTA": 15}) == 3
    assert held(store, ref, FEB) == {"CTA": 15, "CTB": 5}
    assert held(store, ref, APR) == {"CTA": 15, "CTB": 50}


@pytest.mark.parametrize("undo_twice", [False, True])
def test_undo_restores_every_day_and_is_a_change_of_its_own(ours, undo_twice):
    store, ref = ours
    store.change_positions(ref, 1, MAR, {"CTA": 20, "CTB": None})
    before = [held(store, ref, day) for day in (JAN, FEB, MAR, APR)]
    store.import_portfolio(ref.team, ref.slug, "A book", "USD", [Position(A, 10), Position(Cash("USD"), 7)], FEB)
    after = [held(store, ref, day) for day in (JAN, FEB, MAR, APR)]
    assert store.undo_positions(ref, 3) == 4
    assert [held(store, ref, day) for day in (JAN, FEB, MAR, APR)] == before != after
    change = store.changes(ref)[0]
    assert (change.kind, change.undoes) == ("undo", 3)
    if undo_twice:
        assert store.undo_positions(ref, 4) == 5
        assert [held(store, ref, day) for day in (JAN, FEB, MAR, APR)] == after


def test_who_read_an_older_book_is_told_and_nothing_is_written(ours):
    store, ref = ours
    store.change_positions(ref, 1, MAR, {"CTA": 20})
    for act in (lambda: store.change_positions(ref, 1, MAR, {"CTB": 1}), lambda: store.undo_positions(ref, 1)):
        with pytest.raises(Conflict, match="revision 2"):
            act()
    assert held(store, ref) == {"CTA": 20, "CTB": 5}
    assert [change.revision for change in store.changes(ref, since=1)] == [2]


def test_of_two_at_the_same_moment_one_is_told(ours):
    store, ref = ours

    def edit(quantity):
        try:
            return store.change_positions(ref, 1, MAR, {"CTA": quantity})
        except Conflict:
            return None

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(edit, [21, 22, 23, 24]))
    assert sorted(map(str, answers)) == ["2", "None", "None", "None"]
    assert held(store, ref)["CTA"] == 21 + answers.index(2)


@pytest.mark.parametrize("user", ["viewer", "other", "nobody"])
def test_others_cannot(ours, place, user):
    store, ref = ours
    for act in (
        lambda: place.store(user).change_positions(ref, 1, MAR, {"CTA": 1}),
        lambda: place.store(user).undo_positions(ref, 1),
    ):
        with pytest.raises((Forbidden, InputError)):
            act()
    assert held(store, ref) == {"CTA": 10, "CTB": 5}


@pytest.mark.parametrize(
    ("quantities", "field"),
    [({"NOSUCH": 1}, "symbol"), ({"CTA": 1, "NOSUCH": 1}, "symbol")],
)
def test_what_cannot_be_kept_is_refused_whole(ours, quantities, field):
    store, ref = ours
    with pytest.raises(InputError) as caught:
        store.change_positions(ref, 1, MAR, quantities)
    assert caught.value.field == field
    assert store.revision(ref) == 1


def test_there_is_nothing_to_undo_in_a_book_without_changes(place, ours):
    store, ref = ours
    store.undo_positions(ref, 1)
    assert held(store, ref) == {}
    with pytest.raises(Conflict):
        store.undo_positions(ref, 0)


def test_an_instrument_that_is_new_comes_with_the_edit(ours):
    store, ref = ours
    put = EuropeanOption("CTA late put", "USD", "CTA", "CTA.vol", 90.5, date(2030, 1, 1), "put")
    assert store.change_positions(ref, 1, MAR, {"CTA late put": 3, "CTB": 6}, [put]) == 2
    assert held(store, ref) == {"CTA": 10, "CTB": 6, "CTA late put": 3}
    assert put in store.instruments(ref.team)
    other = replace(put, strike=80.0)
    with pytest.raises(InputError, match="another symbol for changed terms"):
        store.change_positions(ref, 2, APR, {"CTA late put": 3}, [other])
    assert store.change_positions(ref, 2, MAR, {"CTA late put": None}) == 3
    assert store.change_positions(ref, 3, MAR, {"CTA late put": 4}, [other]) == 4
    assert store.portfolio(ref, MAR).positions[-1].instrument == other
