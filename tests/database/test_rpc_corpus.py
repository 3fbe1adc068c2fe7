"""Hostile arguments to every rpc over HTTP: an answer or a typed refusal, never a failure of the server."""

import json
import re
import uuid

import httpx
import psycopg
import pytest
from postgrest.exceptions import APIError
from supabase import ClientOptions, create_client

from tests.database.test_catalogue import FUNCTIONS
from tests.database.tokens import claims_of, issue

RPCS = [function.partition("(")[0] for function in FUNCTIONS if not function.startswith("private.")]

CORPUS = {
    "nothing": None,
    "empty": "",
    "a statement": "'; drop table public.teams; --",
    "a condition": "' or '1'='1",
    "a dollar quote": "$$; select pg_sleep(9); $$",
    "a format": "%s %1$L %n {0} {{7*7}} ${x}",
    "NUL": "a\u0000b",
    "a lone backslash": "\\",
    "right to left": "\u202e\u200b\ufeff",
    "a path": "../../etc/passwd%00",
    "a script": "<script>alert(1)</script>",
    "a formula": "=HYPERLINK()",
    "very long": "x" * 300_000,
    "a large number": 1e308,
    "a number too large": "1e400",
    "not a number": "NaN",
    "endless": "infinity",
    "below zero": -1,
    "a boolean": True,
    "a list": [],
    "a list of lists": [[["x"]]],
    "an object": {},
    "objects": [{"symbol": {"x": []}, "name": ["y"], "dates": {}, "levels": "z", "quantity": "1"}],
    "an object of objects": {"id": {"x": 1}, "team_id": [], "as_of": {}, "parameters": 1, "symbol": "'"},
    "deep": json.loads("[" * 60 + "]" * 60),
}
#: What a refusal may be called: ours, a value that cannot be read or is out of bounds, a right, the gateway's word.
TYPED = re.compile(r"PT4(09|22|29)|22\w{3}|23\w{3}|42501|54\w{3}|RK\d{3}|PGRST\d{3}|bad_json|4\d\d")


@pytest.fixture(scope="module")
def team(world):
    """A team of its own, for what is accepted is written; its admin is the user `nobody`."""
    slug = f"rpc-{uuid.uuid4().hex[:8]}"
    made = world.one("insert into teams (slug, name, job_quota) values (%s, 'Rpc', 100000) returning id", slug)
    world.connection.execute("insert into memberships values (%s, %s, 'admin')", [made, world.users["nobody"]])
    book = world.one(
        "insert into portfolios (team_id, slug, title, base_currency) values (%s, 'book', 'B', 'USD') returning id",
        made,
    )
    yield {"team": made, "slug": slug, "book": book}
    for table in ("report_runs", "positions"):
        world.connection.execute(f"delete from {table} where team_id = %s", [made])
    world.connection.execute("delete from teams where id = %s", [made])


@pytest.fixture(scope="module")
def rest(world, stack, team):
    keys = stack.keys()
    token = issue(world, keys, ["nobody"])["nobody", "aal2"]
    with httpx.Client(timeout=60) as http:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=http)
        made = create_client(keys.url, keys.anon_key, options).postgrest
        made.auth(token)
        yield made
        session = claims_of(token)["session_id"]
        alive = world.one("select exists (select from auth.sessions where id = %s)", session)
        assert alive, "no argument ended the caller's own session"


def arguments(world, name, team):
    """The rpc's arguments with values that are in order, by name."""
    names, types = world.connection.execute(
        "select proargnames[1:pronargs], array(select format_type(t, null) from unnest(proargtypes) t)"
        " from pg_proc where proname = %s and pronamespace = 'public'::regnamespace",
        [name],
    ).fetchone()
    plain = {"text": "x", "uuid": str(team["book"]), "integer": 1, "bigint": 1, "jsonb": {}, "date": "2020-01-01"}
    plain |= {"text[]": ["x"], "uuid[]": [str(team["book"])], "smallint": 1, "boolean": False}
    plain |= {"timestamp with time zone": "2020-01-01T00:00:00Z"}
    known = {"p_positions": [{"symbol": "X", "quantity": 1}], "p_series": [{"name": "X"}], "p_base_currency": "USD"}
    found = {one: known.get(one, plain[kind]) for one, kind in zip(names or [], types, strict=True)}
    if "p_team" in found:
        found["p_team"] = str(team["team"]) if types[names.index("p_team")] == "uuid" else team["slug"]
    return found


def tables(world):
    return world.one("select count(*) from pg_class where relnamespace = 'public'::regnamespace")


@pytest.mark.parametrize("name", RPCS)
def test_every_argument_of_every_rpc(world, rest, team, name):
    usual, before, wrong = arguments(world, name, team), tables(world), []
    for argument in usual:
        for kind, value in CORPUS.items():
            try:
                rest.rpc(name, {**usual, argument: value}).execute()
            except APIError as error:
                if not TYPED.fullmatch(str(error.code)):
                    wrong.append((argument, kind, error.code, str(error.message)[:100]))
                if len(str(error.message)) > 400_000:
                    wrong.append((argument, kind, "an echo", len(error.message)))
    assert wrong == []
    assert tables(world) == before


def test_an_argument_nobody_declared_is_refused(rest):
    for name in RPCS:
        with pytest.raises(APIError) as caught:
            rest.rpc(name, {"p_planted'; drop table teams; --": 1}).execute()
        assert caught.value.code == "PGRST202", name


def test_a_list_has_an_end_whatever_is_asked_for(world, rest, team):
    """1,000 rows an answer (`max_rows`)."""
    world.connection.execute(
        "with f as (insert into risk_factors (team_id, name, kind, currency, return_type)"
        " values (%s, 'rpc-long', 'equity', 'USD', 'relative') returning id, team_id)"
        " insert into factor_levels (factor_id, team_id, date, level)"
        " select f.id, f.team_id, date '2000-01-01' + n, n from f, generate_series(1, 1500) n",
        [team["team"]],
    )
    for query in (rest.from_("factor_levels").select("*"), rest.from_("factor_levels").select("*").limit(10**6)):
        assert len(query.execute().data) == 1000


@pytest.mark.parametrize(("role", "limit"), [("anon", "3s"), ("authenticated", "8s"), ("service_role", "1min")])
def test_a_statement_has_an_end(world, stack, rest, role, limit):
    """Every role has its own time, as hosted's have, and requests run under it."""
    keys = stack.keys()
    bearer = {"anon": keys.anon_key, "service_role": keys.service_key}.get(role) or rest.headers["Authorization"][7:]
    key = keys.service_key if role == "service_role" else keys.anon_key
    headers = {"apikey": key, "Authorization": f"Bearer {bearer}"}
    with psycopg.connect(world.url, autocommit=True) as owner:
        owner.execute(
            "create function public.planted_limit() returns text language sql stable"
            " as $$ select current_setting('statement_timeout') $$;"
            f" grant execute on function public.planted_limit() to {role}"
        )
        try:
            answer = httpx.post(f"{keys.url}/rest/v1/rpc/planted_limit", json={}, headers=headers, timeout=30)
        finally:
            owner.execute("drop function public.planted_limit()")
    assert answer.json() == limit
