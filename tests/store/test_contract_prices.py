"""What every store does with prices; the same tests on both."""

import uuid
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from riskkit.errors import Forbidden, InputError, MarketDataError
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Cash, Equity, Position
from tests.store.conftest import DAYS, SHARED, equity

A, B = Equity("CTA", "USD", sector="Health Care"), Equity("CTB", "USD")
LAST = date(2020, 1, 10)

EXACT = [0.1, 1 / 3, 1e-300, 5e-324, 123456789.123456789, 0.30000000000000004, 9.99e14, -1.5, np.nextafter(1.0, 2.0)]


def test_levels_come_back_as_the_same_floats(place, book):
    days = np.arange("2020-01-01", "2020-01-10", dtype="datetime64[D]")
    series = FactorSeries(RiskFactor("CTEXACT", "yield", "USD", "absolute", "a source"), days, np.array(EXACT))
    store = place.store("quant")
    assert store.import_prices(place.team("ours"), [series]) == len(EXACT)
    ref = book([Position(A, 1)])
    history = store.history(ref, ["CTEXACT"], date(2020, 1, 9), None)
    assert history.levels[:, 0].tolist() == EXACT
    assert history.factors == (series.factor,)
    assert (history.dates == days).all()


def test_random_levels_come_back_as_the_same_floats(place, book):
    rng = np.random.default_rng(7)
    levels = np.exp(rng.normal(0, 12, 300))
    days = np.datetime64("2001-01-01") + np.arange(300)
    store = place.store("quant")
    store.import_prices(place.team("ours"), [FactorSeries(RiskFactor("CTRANDOM", "equity", "USD"), days, levels)])
    history = store.history(book([Position(A, 1)]), ["CTRANDOM"], days[-1].item(), None)
    assert (history.levels[:, 0] == levels).all()


def test_prices_count_what_is_new_or_changed(place):
    store, team = place.store("quant"), place.team("ours")
    one = equity("CTCOUNT")
    assert store.import_prices(team, [one]) == 8
    assert store.import_prices(team, [one]) == 0
    levels = one.levels.copy()
    levels[2] += 1
    assert store.import_prices(team, [replace(one, levels=levels)]) == 1
    later = FactorSeries(one.factor, np.array(["2020-01-13"], "datetime64[D]"), np.array([1.0]))
    assert store.import_prices(team, [later, equity("CTCOUNT2")]) == 9


def test_a_missing_level_is_no_level(place, book):
    one = equity("CTNAN")
    levels = one.levels.copy()
    levels[2] = np.nan
    store = place.store("quant")
    assert store.import_prices(place.team("ours"), [replace(one, levels=levels)]) == 7
    assert len(store.history(book([Position(A, 1)]), ["CTNAN"], LAST, None).dates) == 7


@pytest.mark.parametrize(
    "bad",
    [
        lambda: [equity("CTBAD"), equity("CTBAD")],
        lambda: [equity("CTBAD"), replace(equity("CTBAD2"), levels=np.full(8, np.inf))],
        lambda: [equity("CTBAD"), replace(equity("CTBAD2"), levels=np.full(8, 1e15))],
        lambda: [equity("CTBAD"), replace(equity("CTBAD2"), dates=np.repeat(DAYS[:1], 8))],
        lambda: [equity("CTBAD"), replace(equity("CTBAD2"), levels=np.full(8, np.nan))],
        list,
    ],
    ids=["twice", "infinite", "too large", "a day twice", "nothing", "no factor"],
)
def test_bad_prices_are_refused_whole(place, book, bad):
    store = place.store("quant")
    with pytest.raises(InputError):
        store.import_prices(place.team("ours"), bad())
    with pytest.raises(MarketDataError, match="CTBAD"):
        store.history(book([Position(A, 1)]), ["CTBAD"], LAST, None)


def test_own_prices_win_for_the_team_and_change_nobody_elses(place, book):
    ours = book([Position(A, 1)])
    theirs = place.store("other").import_portfolio(
        place.team("theirs"), f"t{uuid.uuid4().hex[:8]}", "T", "USD", [Position(A, 1)], date(2019, 1, 1)
    )
    before = place.store("other").history(theirs, ["CTA"], LAST, None)
    own = FactorSeries(RiskFactor("CTA", "equity", "USD", source="own"), DAYS[4:], np.array([1.0, 2.0, 3.0, 4.0]))
    store = place.store("quant")
    try:
        store.import_prices(place.team("ours"), [own])
        assert store.history(ours, ["CTA"], LAST, None).levels[:, 0].tolist() == [1, 2, 3, 4]
        assert store.dates(ours) == tuple(DAYS[4:].tolist())
        after = place.store("other").history(theirs, ["CTA"], LAST, None)
        assert (after.levels == before.levels).all()
        assert after.factors == before.factors
        assert len(place.store("other").dates(theirs)) == 8
    finally:  # the shared levels again, as the team's own
        store.import_prices(place.team("ours"), [SHARED[0]])


def test_own_prices_are_removed_whole_and_shared_ones_come_back(place, book):
    store, team, ref = place.store("quant"), place.team("ours"), book([Position(A, 1)])
    own = [equity("CTGONE"), equity("CTGONE2"), FactorSeries(SHARED[4].factor, DAYS, np.ones(8))]
    store.import_prices(team, own)
    assert {"CTGONE", "CTGONE2", "CTHOLE"} <= {factor.name for factor in store.own_factors(team)}
    for names in (["CTGONE", "CTB"], ["CTGONE", "CTGONE"], [], ["CTNONE"]):
        with pytest.raises(InputError, match="symbol"):
            store.remove_prices(team, names)
    with pytest.raises((Forbidden, InputError)):
        place.store("viewer").remove_prices(team, ["CTGONE"])
    with pytest.raises(InputError):
        place.store("other").remove_prices(team, ["CTGONE"])
    assert len(store.series(ref, ["CTGONE", "CTHOLE"], LAST)[0].dates) == 8
    assert store.remove_prices(team, ["CTGONE", "CTGONE2", "CTHOLE"]) == 3
    assert not {"CTGONE", "CTGONE2", "CTHOLE"} & {factor.name for factor in store.own_factors(team)}
    (left,) = store.series(ref, ["CTGONE", "CTHOLE"], LAST)
    assert (left.factor.name, len(left.dates)) == ("CTHOLE", 2), "the shared one again"


def test_history_ends_on_the_day_and_has_the_length_asked_for(place, book):
    store, ref = place.store("viewer"), book([Position(B, 1), Position(Cash("NOK"), 1)])
    whole = store.history(ref, ["CTB", "NOKUSD"], LAST, None)
    assert whole.names == ("CTB", "NOKUSD")
    assert (whole.dates == DAYS).all()
    assert whole.levels[3, 1] == whole.levels[2, 1], "carried forward"
    assert any("NOKUSD" in note and "carried" in note for note in whole.notes)
    for n in (1, 2, 7, 8, 20):
        part = store.history(ref, ["CTB", "NOKUSD"], LAST, n)
        assert (part.levels == whole.levels[-n:]).all()
        assert (part.dates == whole.dates[-n:]).all()
        assert not any(note.startswith("The history begins") for note in part.notes)
    assert store.history(ref, ["CTB", "NOKUSD"], LAST, 2).notes == ()
    middle = store.history(ref, ["NOKUSD", "CTB"], date(2020, 1, 6), 2)
    assert middle.last == date(2020, 1, 6)
    assert middle.names == ("NOKUSD", "CTB")


def test_series_come_as_they_are_kept_and_what_is_missing_is_left_out(place, book):
    store, ref = place.store("viewer"), book([Position(B, 1)])
    names = ["CTB", "NOKUSD", "CTNONE", "CTHOLE"]
    found = {one.factor.name: one for one in store.series(ref, names, date(2020, 1, 9))}
    assert {name: len(one.dates) for name, one in found.items()} == {"CTB": 7, "NOKUSD": 6, "CTHOLE": 1}
    assert found["NOKUSD"].levels.tolist() == SHARED[2].levels[:6].tolist()
    assert store.last_days(ref, [*names, "CTSHORT"]) == {
        "CTB": LAST, "NOKUSD": LAST, "CTHOLE": LAST, "CTSHORT": date(2020, 1, 3),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("factors", "as_of", "named"),
    [
        (["CTB", "CTNONE"], LAST, "CTNONE"),
        (["CTB"], date(2019, 1, 1), "CTB"),
        (["CTSHORT"], LAST, "CTSHORT"),
        (["CTB"], date(2020, 1, 5), "2020-01-05"),
        (["CTB"], date(2020, 2, 1), "2020-02-01"),
        (["CTB", "CTHOLE"], date(2020, 1, 9), "CTHOLE"),
    ],
    ids=["missing", "before the data", "ended", "a Sunday", "after the data", "a long gap"],
)
def test_missing_and_stale_data_are_never_silent(place, book, factors, as_of, named):
    with pytest.raises(MarketDataError) as caught:
        place.store("quant").history(book([Position(B, 1)]), factors, as_of, None)
    assert named in str(caught.value)


def test_dates_are_those_on_which_all_factors_have_data(place, book):
    store = place.store("viewer")
    assert store.dates(book([Position(B, 1), Position(Cash("NOK"), 1)])) == tuple(DAYS.tolist())
    short = book([Position(B, 1), Position(Equity("CTSHORT", "USD"), 1)], date(2020, 1, 2))
    assert store.dates(short) == tuple(DAYS[:3].tolist())
    assert store.dates(short, date(2020, 1, 1)) == tuple(DAYS.tolist()), "the book before"
    assert store.dates(short, date(2018, 1, 1)) == (), "nothing held yet"
    missing = book([Position(Equity("CTNONE", "USD"), 1)])
    with pytest.raises(MarketDataError, match=r"CTNONE.*needed by CTNONE"):
        store.dates(missing)
    cash = book([Position(Cash("USD"), 1)])
    with pytest.raises(InputError, match="only USD cash"):
        store.dates(cash)
