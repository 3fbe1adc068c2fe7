"""From `portfolio` and `as_of` to the inputs of an analysis: what is chosen, and what is said when nothing fits."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Cash, Equity, Position
from riskkit.store.inputs import early_ends, find_portfolio, load_inputs, resolve_as_of
from riskkit.store.memory import MemoryDatabase, MemoryStore
from tests.store.conftest import DAYS, SCENARIOS, SHARED

LAST = date(2020, 1, 10)
A, B = Equity("CTA", "USD"), Equity("CTB", "USD")


@pytest.fixture
def store():
    database = MemoryDatabase()
    database.add_team("ours", {"q": "analyst"})
    database.add_team("also", {"q": "analyst"})
    database.add_team("theirs", {"o": "analyst"})
    database.share_prices(SHARED)
    database.share_scenarios(SCENARIOS)
    mine, others = MemoryStore(database, "q"), MemoryStore(database, "o")
    mine.import_portfolio("ours", "demo", "Demo", "NOK", [Position(A, 3), Position(Cash("NOK"), 1)], date(2020, 1, 2))
    mine.import_portfolio("ours", "twin", "Twin", "USD", [Position(A, 1)], date(2020, 1, 2))
    mine.import_portfolio("also", "twin", "Twin", "USD", [Position(A, 1)], date(2020, 1, 2))
    others.import_portfolio("theirs", "hidden", "Hidden", "USD", [Position(A, 1)], date(2020, 1, 2))
    return mine


def test_a_portfolio_is_found_by_path_and_by_unique_slug(store):
    assert find_portfolio(store, "ours/demo") == find_portfolio(store, "demo")
    assert find_portfolio(store, "also/twin").team == "also"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("twin", "the team too: also/twin or ours/twin"),
        ("nothing", "one of also/twin, ours/demo, ours/twin"),
        ("theirs/hidden", "one of also/twin, ours/demo, ours/twin"),
        ("hidden", "one of also/twin, ours/demo, ours/twin"),
        ("", "one of also/twin, ours/demo, ours/twin"),
        ("ours", "one of also/twin, ours/demo, ours/twin"),
    ],
)
def test_an_unknown_portfolio_is_answered_with_those_the_user_may_see(store, name, expected):
    with pytest.raises(InputError) as caught:
        find_portfolio(store, name)
    assert (caught.value.field, caught.value.expected) == ("portfolio", expected)


def test_nothing_to_see_is_said(store):
    with pytest.raises(InputError, match="there is none"):
        find_portfolio(MemoryStore(store._db, "stranger"), "demo")


def test_latest_is_the_last_day_with_data(store):
    ref = find_portfolio(store, "demo")
    assert resolve_as_of(store, ref, "latest") == LAST
    assert resolve_as_of(store, ref, "2020-01-06") == date(2020, 1, 6)
    assert resolve_as_of(store, ref, date(2020, 1, 6)) == date(2020, 1, 6)


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2020-01-05", "a day with data for ours/demo; the nearest: 2020-01-03 or 2020-01-06"),
        ("2030-01-01", "a day with data for ours/demo; the nearest: 2020-01-10"),
        ("2020-01-01", "a day on which ours/demo holds something; its positions begin 2020-01-02"),
        ("1999-01-01", "a day on which ours/demo holds something; its positions begin 2020-01-02"),
        ("yesterday", "latest or a date, YYYY-MM-DD"),
        ("", "latest or a date, YYYY-MM-DD"),
        ("2020-13-01", "latest or a date, YYYY-MM-DD"),
    ],
)
def test_a_day_without_data_is_answered_with_the_nearest(store, as_of, expected):
    with pytest.raises(InputError) as caught:
        resolve_as_of(store, find_portfolio(store, "demo"), as_of)
    assert (caught.value.field, caught.value.value, caught.value.expected) == ("as_of", as_of, expected)


def test_inputs_hold_everything(store):
    inputs = load_inputs(store, "demo", "latest", 3)
    assert inputs.ref.path == "ours/demo"
    assert inputs.as_of == inputs.history.last == LAST
    assert inputs.history.names == inputs.portfolio.factors == ("CTA", "NOKUSD")
    assert len(inputs.history.dates) == 4, "three returns need four dates"
    assert inputs.scenarios == SCENARIOS
    assert inputs.sources == ("CTA from a test", "Oslo")
    assert len(load_inputs(store, "demo", "latest", None).history.dates) == len(DAYS)
    assert any("carried" in note for note in load_inputs(store, "demo", "latest", None).history.notes)


def short(name, n):
    return FactorSeries(RiskFactor(name, "equity", "USD"), DAYS[:n], np.arange(1.0, n + 1))


def own_book(store, *series):
    store.import_prices("ours", series)
    held = [Position(A, 1), Position(B, 1), *(Position(Equity(one.factor.name, "USD"), 1) for one in series)]
    store.import_portfolio("ours", "own", "Own", "USD", held, date(2020, 1, 2))


def test_a_factor_that_keeps_latest_back_is_named(store):
    own_book(store, short("X", 3))
    said = "X ends on 2020-01-03; the other factors go on to 2020-01-10, so latest is 2020-01-03."
    for as_of in ("latest", date(2020, 1, 3)):
        inputs = load_inputs(store, "own", as_of, 2)
        assert inputs.as_of == date(2020, 1, 3)
        assert inputs.notes[0] == said
    assert early_ends(store, "own", date(2020, 1, 3)) == (said,)
    assert early_ends(store, "own", date(2020, 1, 2)) == ()
    assert said not in load_inputs(store, "own", "2020-01-02", 0).notes


def test_every_factor_that_ends_early_is_named_with_its_day(store):
    own_book(store, short("X", 3), short("Y", 7), short("Z", 3))
    (said,) = early_ends(store, "own", date(2020, 1, 3))
    told = "X and Z end on 2020-01-03, Y ends on 2020-01-09"
    assert said == f"{told}; the other factors go on to 2020-01-10, so latest is 2020-01-03."


def test_many_factors_that_end_early_are_counted(store):
    own_book(store, *(short(f"X{i}", 4) for i in range(9)))
    (said,) = early_ends(store, "own", date(2020, 1, 6))
    assert said.startswith("X0, X1, X2, X3, X4 and 4 others end on 2020-01-06; ")


def test_factors_that_end_together_need_no_word(store):
    assert early_ends(store, "demo", LAST) == ()
    assert not any("latest" in note for note in load_inputs(store, "demo", "latest", 2).notes)


def test_a_rate_that_goes_on_names_the_prices_that_do_not(store):
    later = np.arange("2020-01-01", "2020-01-13", dtype="datetime64[D]")
    store.import_prices("ours", [FactorSeries(RiskFactor("NOKUSD", "fx", "USD"), later, 0.1 + np.zeros(len(later)))])
    assert early_ends(store, "demo", LAST) == (
        "CTA ends on 2020-01-10; the other factors go on to 2020-01-12, so latest is 2020-01-10.",
    )


def test_inputs_of_a_date_use_the_book_and_the_history_of_that_date(store):
    store.import_portfolio("ours", "demo", "Demo", "NOK", [Position(B, 9)], date(2020, 1, 8))
    before, after = load_inputs(store, "demo", "2020-01-07", None), load_inputs(store, "demo", "2020-01-08", None)
    assert before.portfolio.symbols == ("CTA", "NOK cash")
    assert after.portfolio.symbols == ("CTB",)
    assert (before.history.last, after.history.last) == (date(2020, 1, 7), date(2020, 1, 8))


def test_a_missing_factor_is_named_with_the_position_that_needs_it(store):
    store.import_portfolio(
        "ours", "new", "New", "USD", [Position(A, 1), Position(Equity("X", "SEK", factor="CTA"), 1)], date(2020, 1, 1)
    )
    with pytest.raises(MarketDataError) as caught:
        load_inputs(store, "new", "latest", None)
    assert (caught.value.field, caught.value.value) == ("factor", "SEKUSD")
    assert "needed by X" in caught.value.expected


def test_a_gap_is_named_with_the_position_that_needs_the_factor(store):
    hole = FactorSeries(RiskFactor("SEKUSD", "fx", "USD"), DAYS[[0, 7]], DAYS[[0, 7]].astype(float))
    store.import_prices("ours", [hole])
    store.import_portfolio("ours", "new", "New", "USD", [Position(A, 1), Position(Cash("SEK"), 1)], date(2020, 1, 1))
    with pytest.raises(MarketDataError, match=r"SEKUSD.*needed by SEK cash"):
        load_inputs(store, "new", "latest", None)


def test_a_book_that_begins_after_the_data_is_said(store):
    store.import_portfolio("ours", "young", "Young", "USD", [Position(A, 1)], date(2026, 11, 1))
    with pytest.raises(InputError) as caught:
        load_inputs(store, "young", "latest", None)
    assert caught.value.expected == "a day on which ours/young holds something; its positions begin 2026-11-01"
