"""The demo's data: complete, real, idempotent, and each team's own."""

import time
from datetime import date

import httpx
import numpy as np
import psycopg
import pytest
from supabase import ClientOptions, create_client

from riskkit.demo import seed
from riskkit.demo.books import BOOKS, CHANGED, HELD_FROM, PASSWORD, USERS
from riskkit.demo.limits import LIMITS
from riskkit.store.inputs import load_inputs, resolve_as_of
from riskkit.store.supabase import SupabaseStore
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def stores(demo_stack):
    """The demo's users' stores, by e-mail."""
    keys, made = demo_stack.keys(), {}
    with httpx.Client(timeout=60) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        for email in USERS:
            auth = create_client(keys.url, keys.anon_key, options).auth
            token = auth.sign_in_with_password({"email": email, "password": PASSWORD}).session.access_token
            made[email] = SupabaseStore(keys.url, keys.anon_key, lambda token=token: token)
    yield made
    for store in made.values():
        store.close()


@pytest.fixture(scope="module")
def quant(stores):
    return stores["quant@atlas.example"]


def counts(keys):
    with psycopg.connect(keys.db_url) as owner:
        tables = owner.execute(
            "select c.oid::regclass::text from pg_class c where c.relkind = 'r'"
            " and c.relnamespace in ('public'::regnamespace, 'auth'::regnamespace) and c.relname <> 'audit_log'"
        ).fetchall()
        return {table: owner.execute(f"select count(*) from {table}").fetchone()[0] for (table,) in tables}


def test_a_second_seed_changes_nothing_and_is_quick(demo_stack, record_property):
    keys, steps = demo_stack.keys(), []
    before, began = counts(keys), time.monotonic()
    seed.seed(keys, ROOT, lambda *step: steps.append(step))
    took = time.monotonic() - began
    record_property("second seed, seconds", round(took, 2))
    assert counts(keys) == before
    assert took < 10
    assert [done for _, done, _ in steps] == list(range(1, steps[0][2] + 1)), "every step is told"


def test_the_seed_mends_what_is_missing(demo_stack):
    keys = demo_stack.keys()
    before = counts(keys)
    with psycopg.connect(keys.db_url) as owner:
        owner.execute("delete from factor_levels where date = '2020-03-16'")
        owner.execute("delete from scenarios where name = 'covid_2020'")
        owner.execute("update scenarios set title = 'Changed' where name = 'lehman_2008'")
        owner.execute("delete from memberships where role = 'viewer'")
    seed.seed(keys, ROOT)
    assert counts(keys) == before
    with psycopg.connect(keys.db_url) as owner:
        assert owner.execute("select count(*) from scenarios where title = 'Changed'").fetchone() == (0,)


def test_the_seed_leaves_no_open_session(demo_stack):
    """Its analysts sign in to import their books, and sign out again."""
    with psycopg.connect(demo_stack.keys().db_url) as owner:
        emails = owner.execute(
            "select u.email from auth.sessions s join auth.users u on u.id = s.user_id"
            " where s.created_at < (select max(created_at) from public.portfolios)"
        ).fetchall()
    assert emails == []


def test_every_user_has_the_role_and_sees_the_own_team_only(stores):
    for email, (team, role) in USERS.items():
        assert stores[email].member().teams == ((team, role),)
        assert stores[email].member().email == email
        assert {ref.path for ref in stores[email].portfolios()} == {b.path for b in BOOKS if b.team == team}


def test_the_demo_book_is_what_the_reports_say(quant):
    inputs = load_inputs(quant, "demo", "2020-03-16", 500)
    positions = inputs.portfolio.positions
    shares = {p.symbol: p.quantity for p in positions if p.instrument.asset_class == "equity"}
    assert len(shares) >= 12
    assert min(shares.values()) < 0 < max(shares.values())
    assert {p.symbol for p in positions if p.instrument.asset_class == "cash"} == {"EUR cash", "JPY cash"}
    assert [p.instrument.underlying for p in positions if p.instrument.asset_class == "option"] == ["SP500"]
    assert all(p.instrument.sector for p in positions if p.instrument.asset_class == "equity")
    snapshot = inputs.history.snapshot()
    gross = sum(abs(quantity) * snapshot.level(symbol) for symbol, quantity in shares.items())
    assert 35e6 < gross < 60e6
    assert inputs.portfolio.title == "Demo book"
    assert inputs.history.last == inputs.as_of == date(2020, 3, 16)
    assert len(inputs.history.dates) == 501


@pytest.mark.parametrize("book", [book.path for book in BOOKS])
def test_every_day_from_1999_to_2022_can_be_valued(stores, book):
    store = stores[f"quant@{book.split('/')[0]}.example"]
    ref = next(one for one in store.portfolios() if one.path == book)
    days = store.dates(ref)
    assert resolve_as_of(store, ref, "latest") == days[-1] == date(2022, 12, 28)
    whole = load_inputs(store, book, days[-1], None).history
    assert days == tuple(whole.dates.tolist()), "the calendar says what aligning gives"
    assert days[0] <= date(1999, 1, 4)
    assert load_inputs(store, book, "2001-09-10", 500).history.last == date(2001, 9, 10)
    assert np.isfinite(whole.levels).all()


def test_the_fund_is_its_two_books_as_they_were(quant):
    inputs = load_inputs(quant, "fund", "latest", 5)
    shares = {position.symbol: position.quantity for position in inputs.portfolio.positions}
    assert (shares["AAPL"], shares["AMD"], shares["XOM"]) == (80_000, 15_000, -70_000)
    assert [book.held_from for book in inputs.books] == [HELD_FROM, CHANGED]


@pytest.mark.parametrize("path", LIMITS)
def test_every_book_has_limits_in_force_on_every_day(stores, path):
    store = stores[f"quant@{path.split('/')[0]}.example"]
    ref = next(one for one in store.portfolios() if one.path == path)
    for day in (HELD_FROM, date(2022, 12, 28)):
        assert set(store.gate_facts(ref, "portfolio_var", day, {}).limits) == set(LIMITS[path])
    assert {one.unit for one in LIMITS[path]} <= {ref.base_currency, "fraction"}


def test_sources_and_licences_are_named(quant):
    text = "\n".join(load_inputs(quant, "demo", "latest", 5).sources)
    for said in ("skfolio 1", "European Central Bank", "not an implied volatility", "licence"):
        assert said in text


def test_parents_and_scenarios(quant):
    refs = {ref.path: ref for ref in quant.portfolios()}
    assert [ref.path for ref in refs["atlas/fund"].children] == ["atlas/demo", "atlas/equities"]
    assert refs["atlas/demo"].children == ()
    names = [one.name for one in quant.scenarios(refs["atlas/demo"])]
    assert {path.stem for path in (ROOT / "parameters" / "scenarios").glob("*.yml")} == set(names)
    assert names.index("dot_com_2000_2002") < names.index("covid_2020") < names.index("dollar_up_10")
