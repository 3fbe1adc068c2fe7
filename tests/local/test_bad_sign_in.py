"""Bad input of Auth, families 82 and 84 to 88; 79 to 81 and 83 are in test_tokens, 87 in test_factors, 92 in test_app.

Where a family allows two outcomes: a session check answers 403 (as hosted Auth does), a password of a wrong length
is 422 where it is set and a wrong password like any other where it is tried, a body past the limit 413.
"""

import gzip
import json
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.local.conftest import CONNECTION, PASSWORD, anonymous_client, new_user, sign_in
from tests.local.test_auth import post, refused

PASSWORD_GRANT = "/auth/v1/token?grant_type=password"


@pytest.mark.parametrize(
    "email", ["x<y@evil.example>", "a,b@c.example", "zoë@atlas.example", "a@b@c", "a b@c.d", "a@", 1]
)
def test_an_address_is_one_plain_address(service, email):
    refused("validation_failed", service.auth.admin.invite_user_by_email, email)


@pytest.mark.parametrize("path", ["user", "logout", "factors"])
def test_82_a_key_is_no_users_token(keys, path):
    for key in (keys.anon_key, keys.service_key):
        headers = {"apikey": keys.anon_key, "Authorization": f"Bearer {key}"}
        method = "GET" if path == "user" else "POST"
        answer = CONNECTION.request(method, f"{keys.url}/auth/v1/{path}", json={"factor_type": "totp"}, headers=headers)
        assert (answer.status_code, answer.json()["error_code"]) == (401, "no_authorization")


def test_84_a_deleted_or_banned_users_token_is_refused_everywhere_in_auth(keys, service):
    deleted, banned = new_user(keys), new_user(keys)
    service.auth.admin.delete_user(deleted.id)
    service.auth.admin.update_user_by_id(banned.id, {"ban_duration": "1h"})
    for user, code in ((deleted, "session_not_found"), (banned, "user_banned")):
        refused(code, user.client.auth.get_user)
        refused(code, user.client.auth.update_user, {"data": {"a": 1}})
        refused(code, user.client.auth.mfa.enroll, {"factor_type": "totp", "friendly_name": "x"})
        token = user.client.auth.get_session().refresh_token
        code = "refresh_token_not_found" if user is deleted else code
        refused(code, anonymous_client(keys).auth.refresh_session, token)


def test_85_large_odd_and_packed_bodies(keys):
    assert post(keys, PASSWORD_GRANT, {"email": "x" * 60_000, "password": "x" * 60_000}).status_code == 413
    many = {f"field{number}": 1 for number in range(3000)}
    assert post(keys, PASSWORD_GRANT, many).status_code == 501
    bomb = gzip.compress(b"[" * (50 << 20))
    answer = CONNECTION.post(
        keys.url + PASSWORD_GRANT, content=bomb[:60_000], headers={"apikey": keys.anon_key, "Content-Encoding": "gzip"}
    )
    assert (answer.status_code, answer.json()["error_code"]) == (400, "bad_json")  # never unpacked
    deep = b'{"email":' * 5000 + b"1" + b"}" * 5000
    assert (
        CONNECTION.post(keys.url + PASSWORD_GRANT, content=deep, headers={"apikey": keys.anon_key}).status_code == 400
    )


@pytest.mark.parametrize("password", ["x", "", "x" * 73, "x" * 5000, "long enough\x00", 12345678, [], {"a": 1}])
def test_86_a_password_of_a_wrong_kind_is_never_set(keys, service, alice, password):
    token = alice.client.auth.get_session().access_token
    headers = {"apikey": keys.anon_key, "Authorization": f"Bearer {token}"}
    own = CONNECTION.put(f"{keys.url}/auth/v1/user", json={"password": password}, headers=headers)
    assert (own.status_code, own.json()["error_code"]) == (422, "weak_password")
    refused("weak_password", service.auth.admin.update_user_by_id, alice.id, {"password": password})
    email = f"{uuid.uuid4().hex}@atlas.example"
    refused("weak_password", service.auth.admin.create_user, {"email": email, "password": password})
    assert sign_in(keys, alice.email).auth.get_user().user.id == alice.id


def test_86_a_long_password_that_is_tried_costs_no_more_than_another(keys):
    answer = post(keys, PASSWORD_GRANT, {"email": "a@atlas.example", "password": "x" * 5000})
    assert (answer.status_code, answer.json()["error_code"]) == (400, "invalid_credentials")


def test_88_a_thousand_wrong_passwords_from_forged_addresses_stay_under_the_limit(keys, bob):
    victim = new_user(keys)

    def guess(number):
        forged = f"10.{number // 250}.{number % 250}.1"
        headers = {
            "X-Forwarded-For": forged,
            "X-Real-IP": forged,
            "Forwarded": f"for={forged}",
            "True-Client-IP": forged,
        }
        return post(keys, PASSWORD_GRANT, {"email": victim.email, "password": f"guess {number}"}, **headers).status_code

    with ThreadPoolExecutor(8) as pool:  # in parallel: a burst does not slip by
        answers = list(pool.map(guess, range(1000)))
    assert (answers.count(400), answers.count(429)) == (20, 980)
    assert refused("over_request_rate_limit", sign_in, keys, victim.email).status == 429
    assert sign_in(keys, bob.email).auth.get_user().user.id == bob.id  # another user behind the same address
    assert victim.client.auth.refresh_session().session  # who is signed in stays so


@pytest.mark.parametrize(
    ("given", "status"),
    [({"ban_duration": "soon"}, 400), ({"ban_duration": -1}, 400), ({"ban_duration": ""}, 400), ({"phone": "1"}, 501),
     ({"role": "postgres"}, 501), ({"email": "new@atlas.example"}, 501), ({"password_hash": "x"}, 501),
     ({"user_metadata": "x"}, 400), ({"user_metadata": {"a": "\x00"}}, 400), ({"app_metadata": ["x"]}, 400)],
)  # fmt: skip
def test_a_change_that_cannot_be_is_refused(keys, alice, given, status):
    headers = {"apikey": keys.service_key, "Authorization": f"Bearer {keys.service_key}"}
    answer = CONNECTION.put(f"{keys.url}/auth/v1/admin/users/{alice.id}", json=given, headers=headers)
    assert answer.status_code == status, answer.text


def test_a_user_is_not_half_deleted(keys, service, alice):
    headers = {"apikey": keys.service_key, "Authorization": f"Bearer {keys.service_key}"}
    path = f"{keys.url}/auth/v1/admin/users/{alice.id}"
    answer = CONNECTION.request("DELETE", path, json={"should_soft_delete": True}, headers=headers)
    assert answer.status_code == 501
    assert service.auth.admin.get_user_by_id(alice.id).user.id == alice.id


def test_a_current_password_that_is_sent_along_must_be_right(keys):
    user = new_user(keys)
    change = {"password": "a long and new one"}
    refused("current_password_invalid", user.client.auth.update_user, {**change, "current_password": "wrong"})
    user.client.auth.update_user({**change, "current_password": PASSWORD})
    assert sign_in(keys, user.email, "a long and new one")


def test_auths_own_log_knows_who_came_and_who_was_refused(keys, service):
    user = new_user(keys)
    user.client.auth.sign_out({"scope": "global"})
    refused("invalid_credentials", sign_in, keys, user.email, "wrong")
    rows, deadline = [], time.monotonic() + 20
    while len(rows) < 4 and time.monotonic() < deadline:  # a refusal is written after the answer
        with psycopg.connect(keys.db_url) as connection:
            statement = "select payload, ip_address from auth.audit_log_entries where payload ->> 'actor_id' = %s"
            rows = connection.execute(statement + " order by created_at", (user.id,)).fetchall()
    assert [row[0]["action"] for row in rows] == ["user_signedup", "login", "logout", "password_refused"]
    assert {row[1] for row in rows} == {"127.0.0.1"}
    assert "wrong" not in json.dumps(rows)
