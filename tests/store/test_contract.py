"""What every store does; the same tests on both."""

import concurrent.futures
import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pytest

from riskkit.errors import Conflict, Forbidden, InputError
from riskkit.market import FactorSeries, RiskFactor
from riskkit.metric import Metric
from riskkit.portfolio import Cash, Equity, EuropeanOption, FixedCouponBond, Position, ZeroCouponBond
from riskkit.store.contract import LAST_DAY, Artifact, RunRecord
from riskkit.store.inputs import find_portfolios
from tests.store.conftest import DAYS, SCENARIOS, SHARED, equity

A, B = Equity("CTA", "USD", sector="Health Care"), Equity("CTB", "USD")
LAST = date(2020, 1, 10)


def held(portfolio):
    return {position.symbol: position.quantity for position in portfolio.positions}


def test_members_see_their_teams_and_roles(place):
    ours = place.team("ours")
    assert place.store("quant").member().teams == ((ours, "analyst"),)
    assert place.store("viewer").member().teams == ((ours, "viewer"),)
    assert place.store("nobody").member().teams == ()
    assert place.store("quant").member().email.startswith("quant")
    assert place.store("quant").member().user_id != place.store("viewer").member().user_id


def test_a_book_is_tagged_by_analysts_and_keeps_its_tags(place, book):
    ref = book([Position(A, 10)])
    store = place.store("quant")
    tag = f"eod-{ref.slug}"
    store.tag(ref, ["month-end", tag, tag])
    assert book([Position(A, 11)]).id == ref.id
    (seen,) = (one for one in place.store("viewer").portfolios() if one.id == ref.id)
    assert seen.tags == (tag, "month-end")
    assert [one.id for one in find_portfolios(store, [f"tag:{tag}", ref.path])] == [ref.id]
    for user in ("viewer", "other", "nobody"):
        with pytest.raises(Forbidden):
            place.store(user).tag(ref, [])
    for bad in (["End of day"], ["a b"], [""], [f"t{n}" for n in range(21)]):
        with pytest.raises(InputError):
            store.tag(ref, bad)
    with pytest.raises(InputError):
        find_portfolios(store, ["tag:nobodys"])
    store.tag(ref, [])
    assert find_portfolios(store, [ref.path])[0].tags == ()
    assert ref.id in [one.id for one in find_portfolios(store, ["all"])]


def test_every_kind_of_instrument_comes_back_as_it_was(place, book):
    put = EuropeanOption("CTA put", "USD", "CTA", "CTA.vol", 90.5, date(2030, 1, 1), "put", 0.01, 0.02, 100.0, "Index")
    positions = [
        Position(Cash("NOK"), -12.5),
        Position(put, -3),
        Position(FixedCouponBond("bond", "USD", "USD.10y", date(2040, 1, 1), 0.035, 2), 1 / 3),
        Position(ZeroCouponBond("zero", "NOK", "NOK.5y", date(2031, 1, 1)), 1e-9),
        Position(B, 999_999_999_999_999.0),
        Position(A, 0.1),
        Position(Equity("share", "USD", factor="CTA"), 0.0),
    ]
    ref = book(positions)
    portfolio = place.store("viewer").portfolio(ref, LAST)
    assert [p.symbol for p in portfolio.positions] == ["CTA", "CTB", "share", "CTA put", "bond", "zero", "NOK cash"]
    assert set(portfolio.positions) == set(positions)
    assert (portfolio.name, portfolio.base_currency, portfolio.title) == (ref.path, "USD", "A book")


def test_a_report_as_of_a_date_uses_the_positions_valid_on_it(place, book):
    store = place.store("quant")
    first = book([Position(A, 10), Position(B, 5)], date(2020, 1, 2))
    ref = book([Position(A, 10), Position(B, 7), Position(Cash("NOK"), 1)], date(2020, 1, 7))
    assert ref == first
    assert store.begins(ref) == date(2020, 1, 2)
    assert held(store.portfolio(ref, date(2020, 1, 1))) == {}
    assert held(store.portfolio(ref, date(2020, 1, 2))) == {"CTA": 10, "CTB": 5}
    assert held(store.portfolio(ref, date(2020, 1, 6))) == {"CTA": 10, "CTB": 5}
    assert held(store.portfolio(ref, date(2020, 1, 7))) == {"CTA": 10, "CTB": 7, "NOK cash": 1}
    assert held(store.portfolio(ref, LAST_DAY)) == {"CTA": 10, "CTB": 7, "NOK cash": 1}


def test_every_version_of_a_position_is_kept_with_its_days(place, book):
    book([Position(A, 10), Position(B, 5)], date(2020, 1, 2))
    ref = book([Position(A, 10), Position(B, 7)], date(2020, 1, 7))
    versions = place.store("viewer").versions(ref)
    assert [(v.position.symbol, v.position.quantity, v.valid_from, v.valid_to) for v in versions] == [
        ("CTA", 10, date(2020, 1, 2), None),
        ("CTB", 5, date(2020, 1, 2), date(2020, 1, 7)),
        ("CTB", 7, date(2020, 1, 7), None),
    ]
    assert place.store("other").versions(ref) == ()


def test_an_import_decides_the_book_from_its_day_on_and_nothing_before(place, book):
    store = place.store("quant")
    book([Position(A, 1)], date(2020, 1, 1))
    book([Position(A, 3), Position(B, 3)], date(2020, 1, 9))
    ref = book([Position(A, 2)], date(2020, 1, 6))
    days = (date(2020, 1, 1), date(2020, 1, 5), date(2020, 1, 6), date(2020, 1, 9), LAST_DAY)
    assert [held(store.portfolio(ref, day)) for day in days] == [{"CTA": 1}, {"CTA": 1}, *[{"CTA": 2}] * 3]
    book([Position(A, 5)], date(2020, 1, 6))
    assert held(store.portfolio(ref, date(2020, 1, 6))) == {"CTA": 5}
    book([Position(A, 1)], date(2020, 1, 1))
    assert held(store.portfolio(ref, LAST_DAY)) == {"CTA": 1}


def test_changed_terms_are_a_change_of_the_book(place, book):
    store = place.store("quant")
    book([Position(Equity("CTX", "USD", factor="CTA"), 1)])
    ref = book([Position(Equity("CTX", "USD", factor="CTB"), 1)])
    assert store.portfolio(ref, LAST).factors == ("CTB",)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"positions": []}, "positions"),
        ({"positions": [Position(A, 1), Position(A, 2)]}, "positions"),
        ({"base": "EUR"}, "base_currency"),
        ({"title": "a\u202eb"}, ""),
        ({"title": "x" * 201}, ""),
        ({"team": "theirs"}, "team"),
    ],
)
def test_a_refused_book_leaves_the_old_one(place, book, change, field):
    store = place.store("quant")
    ref = book([Position(A, 1)])
    with pytest.raises(InputError) as caught:
        book(**{"positions": [Position(B, 2)], **change})
    assert caught.value.field.startswith(field)
    assert held(store.portfolio(ref, LAST)) == {"CTA": 1}
    assert [r.title for r in store.portfolios() if r.id == ref.id] == ["A book"]


def test_only_analysts_import(place, book):
    with pytest.raises(Forbidden, match="role"):
        book([Position(A, 1)], user="viewer")
    with pytest.raises(Forbidden, match="role"):
        place.store("viewer").import_prices(place.team("ours"), [equity("CTX")])
    with pytest.raises(InputError, match="in none"):
        book([Position(A, 1)], user="nobody")


def test_other_teams_see_neither_book_nor_figures(place, book):
    ref = book([Position(A, 1)])
    for user in ("other", "nobody"):
        store = place.store(user)
        assert ref.id not in [one.id for one in store.portfolios()]
        assert store.portfolio(ref, LAST).positions == ()
        assert store.begins(ref) is None
        assert store.dates(ref) == ()
        assert store.runs(ref) == ()


def test_portfolios_are_sorted_by_path(place, book):
    book([Position(A, 1)])
    paths = [ref.path for ref in place.store("viewer").portfolios()]
    assert paths
    assert paths == sorted(paths)


def test_scenarios_come_in_their_order(place, book):
    found = place.store("viewer").scenarios(book([Position(A, 1)]))
    assert [one for one in found if one.name.startswith("ct_")] == list(SCENARIOS)


def record(ref, **changes):
    base = RunRecord(
        id=str(uuid.uuid4()),
        report="portfolio_var",
        notebook="portfolio_var",
        portfolio_id=ref.id,
        team_id=ref.team_id,
        as_of=LAST,
        run_at=datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC),
        official=False,
        parameters={"confidence_level": 0.99, "portfolio": "demo", "on": True, "list": [1, None]},
        inputs={"portfolio.json": "a" * 64},
        code={"version": "0.1.0", "commit": "abc", "dirty": False},
        packages={"numpy": "2.0"},
        seed=2**63 + 1,
        metrics=(
            Metric("var", 1234567.891234567, "USD"),
            Metric("component_var", -0.1, "USD", {"position": "CTA"}),
            Metric("component_var", 1e-17, "USD", {"position": "CTB"}),
        ),
        artifacts=(Artifact("report.html", "text/html", "0" * 64, 12, f"00/{'0' * 64}"),),
    )
    return replace(base, **changes)


def test_a_run_comes_back_as_it_was(place, book):
    ref = book([Position(A, 1)])
    made = record(ref)
    place.store("quant").record_run(made)
    assert place.store("viewer").run(made.id) == made
    place.store("quant").record_run(made)
    assert place.store("viewer").runs(ref) == (made,)
    with pytest.raises(Conflict):
        place.store("quant").record_run(replace(made, inputs={"portfolio.json": "b" * 64}))
    with pytest.raises(InputError, match="you may see"):
        place.store("other").run(made.id)
    with pytest.raises(InputError, match="you may see"):
        place.store("quant").run("not an id")


def test_runs_are_found_newest_first(place, book):
    store, ref = place.store("quant"), book([Position(A, 1)])
    zone = timezone(timedelta(hours=5))
    times = [
        datetime(2026, 1, 1, 3, tzinfo=UTC),
        datetime(2026, 1, 1, 4, tzinfo=zone),
        datetime(2026, 1, 2, tzinfo=UTC),
    ]
    made = [record(ref, run_at=at, report=name) for at, name in zip(times, ("a", "b", "a"), strict=True)]
    for one in made:
        store.record_run(one)
    assert [one.id for one in store.runs(ref)] == [made[2].id, made[0].id, made[1].id]
    assert [one.id for one in store.runs(ref, "a")] == [made[2].id, made[0].id]
    assert [one.id for one in store.runs(ref, limit=1)] == [made[2].id]
    assert store.runs(ref, "none") == ()
    mine, viewer = store.member().user_id, place.store("viewer")
    assert len(viewer.runs(ref, recorded_by=mine)) == 3
    assert viewer.runs(ref, recorded_by=viewer.member().user_id) == ()


@pytest.mark.parametrize(
    ("user", "changes", "error"),
    [
        ("viewer", {}, Forbidden),
        ("other", {}, Forbidden),
        ("quant", {"official": True}, Forbidden),
        ("quant", {"portfolio_id": str(uuid.uuid4())}, InputError),
        ("quant", {"metrics": (Metric("var", float("nan"), "USD"),)}, InputError),
        ("quant", {"run_at": datetime(2026, 1, 1)}, InputError),
        ("quant", {"artifacts": (Artifact("../x", "text/html", "0" * 64, 1, f"00/{'0' * 64}"),)}, InputError),
        ("quant", {"artifacts": (Artifact("x", "text/html", "0" * 64, 1, "../x"),)}, InputError),
    ],
    ids=["viewer", "other team", "official", "no such book", "not a number", "no zone", "bad name", "bad key"],
)
def test_a_refused_run_leaves_nothing(place, book, user, changes, error):
    ref = book([Position(A, 1)])
    made = record(ref, **changes)
    with pytest.raises(error):
        place.store(user).record_run(made)
    assert place.store("quant").runs(ref) == ()


def test_threads_may_share_a_store(place, book):
    store, ref = place.store("quant"), book([Position(A, 1), Position(B, 2), Position(Cash("NOK"), 3)])
    whole = store.history(ref, ["CTA", "CTB", "NOKUSD"], LAST, None).levels

    def read(i):
        levels = store.history(ref, ["CTA", "CTB", "NOKUSD"], LAST, 1 + i % 8).levels
        return (levels == whole[-len(levels) :]).all() and held(store.portfolio(ref, LAST)) == {
            "CTA": 1,
            "CTB": 2,
            "NOK cash": 3,
        }

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(40)))


def test_what_a_team_can_use_is_listed_its_own_first(place, book):
    store, team = place.store("quant"), place.team("ours")
    store.import_prices(team, [FactorSeries(RiskFactor("CTLIST", "yield", "USD"), DAYS, np.ones(8))])
    book([Position(Equity("CTOWN", "USD", "CTLIST", "Ours"), 1)])
    factors = {one.name: one for one in store.factors(team)}
    assert list(factors) == sorted(factors)
    assert factors["CTLIST"] == RiskFactor("CTLIST", "yield", "USD")
    assert factors["CTB"] == SHARED[1].factor
    symbols = [one.symbol for one in store.instruments(team)]
    assert symbols == sorted(symbols)
    assert Equity("CTOWN", "USD", "CTLIST", "Ours") in store.instruments(team)
    theirs = place.store("other")
    assert "CTLIST" not in [one.name for one in theirs.factors(place.team("theirs"))]
    assert "CTLIST" not in [one.name for one in theirs.factors(team)]
    assert "CTOWN" not in [one.symbol for one in theirs.instruments(team)]
