"""A session's refresh tokens and its end: one line of tokens, a time box, a limit of inactivity, a restart."""

import time
from concurrent.futures import ThreadPoolExecutor

import jwt
import psycopg
import pytest

from riskkit.local.keys import rotate
from tests.local.conftest import anonymous_client, new_user, sign_in
from tests.local.test_auth import refused


@pytest.fixture
def user(keys):
    return new_user(keys)


def refresh(keys, token):
    return anonymous_client(keys).auth.refresh_session(token).session.refresh_token


def let_pass(keys, user, **columns):
    """Move the user's sessions into the past: column -> interval."""
    with psycopg.connect(keys.db_url) as connection:
        for column, interval in columns.items():
            statement = f"update auth.sessions set {column} = {column} - %s::interval where user_id = %s"
            assert connection.execute(statement, (interval, user.id)).rowcount


def test_session_timebox(keys, user):
    token = user.client.auth.get_session().refresh_token
    token = refresh(keys, token)
    let_pass(keys, user, created_at="23 hours 59 minutes")
    token = refresh(keys, token)
    let_pass(keys, user, created_at="2 minutes")
    refused("session_expired", refresh, keys, token)
    refused("session_not_found", user.client.auth.get_user)


def test_session_inactivity_timeout(keys, user):
    token = user.client.auth.get_session().refresh_token
    let_pass(keys, user, created_at="7 hours 59 minutes")
    token = refresh(keys, token)
    let_pass(keys, user, created_at="8 hours", refreshed_at="7 hours 59 minutes")
    token = refresh(keys, token)
    let_pass(keys, user, refreshed_at="8 hours 1 minute")
    refused("session_expired", refresh, keys, token)


def test_sessions_that_are_over_go_at_the_next_sign_in(keys, user):
    let_pass(keys, user, created_at="9 hours")
    sign_in(keys, user.email)
    with psycopg.connect(keys.db_url) as connection:
        count = connection.execute("select count(*) from auth.sessions where user_id = %s", (user.id,)).fetchone()
    assert count == (1,)


def test_a_token_sent_twice_at_once_gives_one_line(keys, user):
    first = user.client.auth.get_session().refresh_token
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: refresh(keys, first), range(8)))) == 1


def test_refresh_token_reuse_revocation(keys, user):
    """A thief who is first within the interval is found out when both lines meet: there is only one."""
    first = user.client.auth.get_session().refresh_token
    stolen = refresh(keys, first)
    owners = refresh(keys, first)
    assert stolen == owners
    newest = refresh(keys, stolen)
    deadline = time.monotonic() + 1.2
    while time.monotonic() < deadline:
        time.sleep(0.1)  # the reuse interval of this project is one second
    refused("refresh_token_already_used", refresh, keys, owners)
    refused("refresh_token_not_found", refresh, keys, newest)


def test_sessions_survive_a_restart_with_a_new_key(own_stack, keys, user):
    session = user.client.auth.get_session()
    rotate(own_stack.folder / "signing_keys.json")
    own_stack.start()
    renewed = own_stack.keys()
    assert renewed.url == keys.url
    assert anonymous_client(renewed).auth.get_user(session.access_token).user.id == user.id
    fresh = anonymous_client(renewed).auth.refresh_session(session.refresh_token).session.access_token
    assert jwt.get_unverified_header(fresh)["kid"] != jwt.get_unverified_header(session.access_token)["kid"]
