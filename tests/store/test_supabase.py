"""What only the Supabase store has: connections, tokens, and errors from the other side in riskkit's words."""

import base64
import concurrent.futures
import gc
import json
import socket
import time
from datetime import date

import httpx
import jwt
import numpy as np
import psycopg
import pytest
from postgrest.exceptions import APIError
from supabase import ClientOptions, create_client

from riskkit.errors import Conflict, Forbidden, InputError, NotSignedIn, Unavailable
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Equity, Position
from riskkit.session import sign_in, sign_out
from riskkit.settings import Settings
from riskkit.store import rows
from riskkit.store.connect import open_store
from riskkit.store.contract import RunUnreadable
from riskkit.store.rest import error_of
from riskkit.store.supabase import SupabaseStore
from tests.store.conftest import PASSWORD
from tests.store.test_contract import record


@pytest.mark.parametrize(
    ("code", "message", "kind", "said"),
    [
        ("42501", "new row violates row-level security policy", Forbidden, "Your role does not allow this"),
        ("42501", "Only the service records official runs.", Forbidden, "Only the service records official runs."),
        ("PGRST301", "JWT expired", NotSignedIn, "riskkit login"),
        ("PGRST303", "JWT expired", NotSignedIn, "riskkit login"),
        ("23505", "duplicate key", Conflict, "Somebody else"),
        ("40001", "could not serialize", Conflict, "Somebody else"),
        ("PT409", "Another run has this id.", Conflict, "Another run"),
        ("23514", "violates check constraint", InputError, "within the bounds"),
        ("22P02", "invalid input syntax", InputError, "within the bounds"),
        ("57014", "canceling statement due to statement timeout", Unavailable, "time limit"),
        ("PT429", "Enough for today.", Unavailable, "Enough for today."),
        ("PGRST000", "no connection", Unavailable, "no connection (PGRST000)"),
        (None, None, Unavailable, "no reason given"),
    ],
)
def test_errors_are_said_in_our_words(code, message, kind, said):
    error = error_of(APIError({"code": code, "message": message, "details": None, "hint": None}))
    assert type(error) is kind
    assert said in str(error)


def test_a_refusal_keeps_field_value_and_expectation():
    details = json.dumps({"field": "base_currency", "value": "EUR", "expected": "USD"})
    error = error_of(APIError({"code": "PT422", "message": "m", "details": details, "hint": None}))
    assert (error.field, error.value, error.expected) == ("base_currency", "EUR", "USD")
    assert "m" in str(error_of(APIError({"code": "PT422", "message": "m", "details": "no json", "hint": None})))


def test_nobody_there_is_unavailable_at_once():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    began = time.monotonic()
    with SupabaseStore(f"http://127.0.0.1:{port}", "key", lambda: "token") as store:
        with pytest.raises(Unavailable, match="does not answer"):
            store.portfolios()
        with pytest.raises(NotSignedIn):
            store.member()
    assert time.monotonic() - began < 3


def test_the_token_is_asked_for_before_every_request(supabase_place, stack):
    keys, asked = stack.keys(), []
    token = supabase_place.store("quant")._access_token()

    def give():
        asked.append(1)
        return token

    with SupabaseStore(keys.url, keys.anon_key, give) as store:
        store.portfolios()
        store.portfolios()
    assert len(asked) == 2


def test_an_ended_session_is_said(stack):
    keys = stack.keys()

    def ended():
        raise NotSignedIn

    with SupabaseStore(keys.url, keys.anon_key, ended) as store, pytest.raises(NotSignedIn):
        store.portfolios()


def claims(**changes):
    now = int(time.time())
    made = {"sub": "00000000-0000-0000-0000-000000000001", "role": "authenticated", "aud": "authenticated"}
    return {**made, "iat": now - 100, "exp": now + 100, **changes}


def test_hostile_and_expired_tokens_see_nothing(stack):
    keys = stack.keys()
    none = f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(claims())}."
    for token in (
        jwt.encode(claims(exp=int(time.time()) - 10), keys.jwt_secret, algorithm="HS256"),
        jwt.encode(claims(), "x" * 40, algorithm="HS256"),
        jwt.encode(claims(role="service_role"), "x" * 40, algorithm="HS256"),
        none,
        "garbage",
    ):
        with SupabaseStore(keys.url, keys.anon_key, lambda token=token: token) as store, pytest.raises(NotSignedIn):
            store.portfolios()


def _part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_the_publishable_key_alone_sees_nothing(stack):
    keys = stack.keys()
    with (
        SupabaseStore(keys.url, keys.anon_key, lambda: keys.anon_key) as store,
        pytest.raises((Forbidden, NotSignedIn)),
    ):
        store.portfolios()


def test_long_lists_are_read_page_by_page(supabase_place):
    """PostgREST gives at most 1000 rows at once."""
    store, team = supabase_place.store("quant"), supabase_place.team("ours")
    positions = [Position(Equity(f"S{n}", "USD", factor="CTA"), n) for n in range(2500)]
    ref = store.import_portfolio(team, "long", "Long list", "USD", positions, date(2019, 1, 1))
    assert len(store.portfolio(ref, date(2020, 1, 10)).positions) == 2500


def test_every_list_has_a_total_order(supabase_place, stack):
    """Pages of a partial order may repeat rows and leave others out."""
    keys, token = stack.keys(), supabase_place.store("quant")._access_token()
    book = [Position(Equity("CTA", "USD"), 1)]
    team = supabase_place.team("ours")
    ref = supabase_place.store("quant").import_portfolio(team, "ordered", "O", "USD", book, date(2019, 1, 1))
    requests = []
    with SupabaseStore(keys.url, keys.anon_key, lambda: token) as store:
        store._http.event_hooks["response"].append(lambda answer: requests.append(answer.request.url))
        store.member()
        store.portfolios()
        store.portfolio(ref, date(2020, 1, 1))
        store.scenarios(ref)
        store.factors(team)
        store.instruments(team)
        store.runs(ref)
    last = {url.path.rsplit("/", 1)[1]: url.params.get("order", "").split(",")[-1].split(".")[0] for url in requests}
    tables = ("portfolios", "positions", "scenarios", "risk_factors", "instruments", "report_runs")
    assert last == {"memberships": "team_id", **dict.fromkeys(tables, "id")}


def test_a_run_that_cannot_be_read_hides_no_other(supabase_place, stack, caplog):
    """The database refuses such a row; here it got in before that."""
    store, team = supabase_place.store("quant"), supabase_place.team("ours")
    ref = store.import_portfolio(team, "odd", "O", "USD", [Position(Equity("CTA", "USD"), 1)], date(2019, 1, 1))
    good, bad = record(ref), record(ref)
    for one in (good, bad):
        store.record_run(one)
    with psycopg.connect(stack.keys().db_url, autocommit=True) as owner:
        rule = owner.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = 'report_runs_as_of_check'"
        ).fetchone()[0]
        owner.execute("alter table report_runs drop constraint report_runs_as_of_check, disable trigger fixed_run")
        try:
            owner.execute("update report_runs set as_of = 'infinity' where id = %s", [bad.id])
            assert store.runs(ref) == (good,)
            assert [entry.run_id for entry in caplog.records] == [bad.id]
            with pytest.raises(RunUnreadable, match=bad.id):
                store.run(bad.id)
        finally:
            owner.execute("delete from report_runs where id = %s", [bad.id])
            owner.execute(f"alter table report_runs add constraint report_runs_as_of_check {rule}")
            owner.execute("alter table report_runs enable trigger fixed_run")


@pytest.mark.parametrize("change", [{"as_of": "infinity"}, {"run_at": "infinity"}])
def test_no_row_of_an_rpc_stops_the_teams_reports(supabase_place, change):
    store, team = supabase_place.store("quant"), supabase_place.team("ours")
    ref = store.import_portfolio(team, "hostile", "H", "USD", [Position(Equity("CTA", "USD"), 1)], date(2019, 1, 1))
    run, metrics, artifacts = rows.run_rows(record(ref))
    with pytest.raises(InputError):
        store._call("record_run", p_run={**run, **change}, p_metrics=metrics, p_artifacts=artifacts)
    assert store.runs(ref) == ()


def test_no_socket_is_left_behind(supabase_place, stack):
    """pytest turns an unclosed socket into a failure when it is collected."""
    keys, token = stack.keys(), supabase_place.store("quant")._access_token()
    with SupabaseStore(keys.url, keys.anon_key, lambda: token) as store:
        store.portfolios()
    del store
    gc.collect()


def test_500_days_of_25_factors_are_one_request(supabase_place, stack):
    keys, token = stack.keys(), supabase_place.store("quant")._access_token()
    days = np.datetime64("2000-01-01") + np.arange(900)
    names = [f"CTW{n}" for n in range(25)]
    rng = np.random.default_rng(1)
    series = [FactorSeries(RiskFactor(name, "equity", "USD"), days, 100 + rng.random(900)) for name in names]
    quant = supabase_place.store("quant")
    quant.import_prices(supabase_place.team("ours"), series)
    ref = quant.import_portfolio(
        supabase_place.team("ours"), "wide", "W", "USD", [Position(Equity(names[0], "USD"), 1)], date(2000, 1, 1)
    )
    with SupabaseStore(keys.url, keys.anon_key, lambda: token) as store:
        requests = []
        store._http.event_hooks["response"].append(requests.append)
        history = store.history(ref, names, days[-1].item(), 500)
    assert history.levels.shape == (500, 25)
    assert (history.levels[:, 3] == series[3].levels[-500:]).all()
    assert [str(one.request.url).rsplit("/", 1)[1] for one in requests] == ["factor_history"]


def test_a_teams_own_scenario_wins(supabase_place, stack):
    keys, token = stack.keys(), supabase_place.store("quant")._access_token()
    ours, theirs = supabase_place.store("quant"), supabase_place.store("other")
    book = [Position(Equity("CTA", "USD"), 1)]
    ref = ours.import_portfolio(supabase_place.team("ours"), "sc", "S", "USD", book, date(2019, 1, 1))
    other = theirs.import_portfolio(supabase_place.team("theirs"), "sc", "S", "USD", book, date(2019, 1, 1))
    shared = next(one for one in ours.scenarios(ref) if one.name == "ct_shock")
    own = {**rows.scenario_row(shared, 5), "title": "Our own", "team_id": ref.team_id}
    with httpx.Client() as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        client = create_client(keys.url, keys.anon_key, options)
        client.postgrest.auth(token)
        client.table("scenarios").insert(own).execute()
        titles = {one.name: one.title for one in ours.scenarios(ref)}
        assert titles["ct_shock"] == "Our own"
        assert {one.name: one.title for one in theirs.scenarios(other)}["ct_shock"] == "A shock"
        client.table("scenarios").delete().eq("team_id", ref.team_id).execute()
    assert {one.name: one.title for one in ours.scenarios(ref)}["ct_shock"] == "A shock"


def test_imports_of_one_book_at_once_leave_one_whole_book(supabase_place):
    store, team = supabase_place.store("quant"), supabase_place.team("ours")

    def write(n):
        positions = [Position(Equity(f"R{i}", "USD", factor="CTA"), n) for i in range(20)]
        return store.import_portfolio(team, "race", "Race", "USD", positions, date(2020, 1, 1 + n % 3))

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        refs = set(pool.map(write, range(12)))
    assert len(refs) == 1
    for day in (date(2020, 1, 1), date(2020, 1, 2), date(2020, 1, 3), date(2030, 1, 1)):
        quantities = {position.quantity for position in store.portfolio(refs.copy().pop(), day).positions}
        assert len(quantities) <= 1, "never half of one import and half of another"


def test_a_store_of_whoever_is_signed_in(supabase_place, stack, tmp_path):
    keys = stack.keys()
    settings = Settings(tmp_path, tmp_path, keys.url, keys.anon_key)
    email = supabase_place.store("quant").member().email
    with open_store(settings, sign_in(settings, email, PASSWORD)) as store:
        assert store.member() == supabase_place.store("quant").member()
    sign_out(settings)
    with pytest.raises(Unavailable, match="local start"):
        open_store(Settings(tmp_path, tmp_path), sign_in(settings, email, PASSWORD))
