"""The same walls through the API: what each kind of user gets from PostgREST's addresses with the official client."""

import time

import httpx
import jwt
import pytest
from postgrest.exceptions import APIError
from supabase import ClientOptions, create_client

from tests.database.test_matrix import read_matrix
from tests.database.world import PASSWORD

KEYS = {"teams": "id"}
#: A column every user could name, and a value for it that is there.
SAMPLE = {
    "teams": {"name": "x"},
    "memberships": {"role": "admin"},
    "portfolios": {"title": "x"},
    "positions": {"valid_to": "2030-01-01"},
    "instruments": {"sector": "x"},
    "risk_factors": {"source": "x"},
    "factor_levels": {"level": 1},
    "scenarios": {"title": "x"},
    "report_runs": {"report": "x"},
    "run_metrics": {"value": 1},
    "run_artifacts": {"key": "x"},
    "audit_log": {"subject": "x"},
    "limits": {"note": "x"},
    "limit_acknowledgements": {"reason": "x"},
    "run_comments": {"body": "x"},
    "approvals": {"reason": "x"},
    "deliveries": {"status": "sent"},
    "schedules": {"name": "x"},
    "schedule_fires": {"jobs": 1},
    "calculation_jobs": {"priority": 1},
    "job_events": {"note": "x"},
}


@pytest.fixture(scope="module")
def clients(world, stack):
    """User to a signed-in client; `anonymous` has the publishable key only, and `expired` had the analyst's rights."""
    keys = stack.keys()
    with httpx.Client(timeout=60) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        made = {}
        for user in ("a_viewer", "a_analyst", "b_analyst", "nobody"):
            made[user] = create_client(keys.url, keys.anon_key, options)
            answer = made[user].auth.sign_in_with_password({"email": f"{user}@{world.mail}", "password": PASSWORD})
            made[user].postgrest.auth(answer.session.access_token)
            if user == "a_analyst":
                claims = jwt.decode(answer.session.access_token, options={"verify_signature": False})
        made["expired"] = create_client(keys.url, keys.anon_key, options)
        claims |= {"iat": int(time.time()) - 4000, "exp": int(time.time()) - 400}
        made["expired"].postgrest.auth(jwt.encode(claims, keys.jwt_secret, algorithm="HS256"))
        yield {**made, "anonymous": create_client(keys.url, keys.anon_key, options)}


def outcome(query):
    """Number of rows, or the error's code."""
    try:
        return len(query.execute().data)
    except APIError as error:
        return error.code


@pytest.mark.parametrize("table", list(read_matrix()))
def test_reading(clients, world, table):
    key = KEYS.get(table, "team_id")
    own, other = str(world.teams["a"]), str(world.teams["b"])
    assert set(SAMPLE) == set(read_matrix())
    for user in ("a_viewer", "a_analyst"):
        if read_matrix()[table][1]["select"] == "viewer":
            assert outcome(clients[user].table(table).select("*").eq(key, own)) > 0, user
        assert outcome(clients[user].table(table).select("*").eq(key, other)) == 0, user
    assert outcome(clients["b_analyst"].table(table).select("*").eq(key, own)) == 0
    assert outcome(clients["nobody"].table(table).select("*").in_(key, [own, other])) == 0
    assert outcome(clients["anonymous"].table(table).select("*")) == "42501"
    assert outcome(clients["expired"].table(table).select("*")) in ("PGRST301", "PGRST303")
    if read_matrix()[table][0] == "shared":
        assert outcome(clients["nobody"].table(table).select("*").is_(key, "null")) > 0


@pytest.mark.parametrize("table", list(read_matrix()))
def test_writing_to_another_team_touches_nothing(clients, world, table):
    key, own, change = KEYS.get(table, "team_id"), str(world.teams["a"]), SAMPLE[table]
    users = ["b_analyst", "nobody", "anonymous", "expired", "a_viewer"]
    for user in users if read_matrix()[table][1]["insert"] != "viewer" else users[:-1]:
        refused = (0, "42501", "PGRST301", "PGRST303")
        assert outcome(clients[user].table(table).update(change).eq(key, own)) in refused, user
        assert outcome(clients[user].table(table).delete().eq(key, own)) in refused, user
        assert outcome(clients[user].table(table).insert({**change, key: own})) in (*refused, "PT422", "23502"), user
    if key == "team_id" and read_matrix()[table][0] == "shared":
        assert outcome(clients["a_analyst"].table(table).delete().is_(key, "null")) == 0
        assert outcome(clients["a_analyst"].table(table).update(change).is_(key, "null")) in (0, "42501")


@pytest.mark.parametrize(
    "path", ["rpc/my_teams", "rpc/write_run", "rpc/refuse", "users", "schema_migrations", "rpc/check_portfolio_tree"]
)
def test_private_helpers_have_no_address(stack, clients, path):
    keys = stack.keys()
    token = clients["a_analyst"].postgrest.headers["Authorization"]
    headers = {"apikey": keys.anon_key, "Authorization": token, "Content-Type": "application/json"}
    for profile in ({}, {"Content-Profile": "private", "Accept-Profile": "private"}, {"Content-Profile": "auth"}):
        answer = httpx.post(f"{keys.url}/rest/v1/{path}", json={}, headers={**headers, **profile}, timeout=30)
        assert answer.status_code in (404, 406, 403), (profile, answer.text)
