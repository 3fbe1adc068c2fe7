"""Auth as the official client sees it: sign-in, refresh and its rotation, user, sign-out, the admin's users."""

import time
import uuid

import psycopg
import pytest
from supabase_auth.errors import AuthError

from tests.local.conftest import CONNECTION, PASSWORD, anonymous_client, new_user, sign_in


def refused(code, call, *arguments, **named):
    with pytest.raises(AuthError) as caught:
        call(*arguments, **named)
    assert caught.value.code == code
    return caught.value


def post(keys, path, body, **headers):
    return CONNECTION.post(keys.url + path, json=body, headers={"apikey": keys.anon_key, **headers})


def test_sign_in_gives_a_session_of_the_configured_life(keys, alice):
    client = anonymous_client(keys)
    given = client.auth.sign_in_with_password({"email": alice.email.upper(), "password": PASSWORD})
    assert given.session.expires_in == 1200
    assert abs(given.session.expires_at - time.time() - 1200) < 5
    assert given.user.id == alice.id
    assert given.user.last_sign_in_at is not None
    assert given.user.identities[0].provider == "email"
    assert client.auth.get_user().user.email == alice.email
    claims = client.auth.get_claims()["claims"]
    assert claims["iss"] == f"{keys.url}/auth/v1"
    assert (claims["aud"], claims["role"], claims["aal"]) == ("authenticated", "authenticated", "aal1")
    assert claims["amr"][0]["method"] == "password"
    assert claims["is_anonymous"] is False


def test_a_wrong_password_and_an_unknown_user_are_told_apart_by_nobody(keys, alice):
    for password in ("wrong", PASSWORD + " ", "\x00"):
        right = refused("invalid_credentials", sign_in, keys, alice.email, password)
        assert (right.status, right.message) == (400, "Invalid login credentials")
    unknown = refused("invalid_credentials", sign_in, keys, f"{uuid.uuid4().hex}@atlas.example")
    assert (unknown.status, unknown.message) == (right.status, right.message)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 50_000])
def test_a_body_that_is_no_object_is_refused(keys, body):
    answer = CONNECTION.post(
        f"{keys.url}/auth/v1/token?grant_type=password", content=body, headers={"apikey": keys.anon_key}
    )
    assert (answer.status_code, answer.json()["error_code"]) == (400, "bad_json")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "a@b.c"},
        {"email": 1, "password": "x"},
        {"email": "", "password": "x"},
        {"email": ["a"], "password": {}},
    ],
)
def test_a_sign_in_that_lacks_something_is_refused(keys, body):
    answer = post(keys, "/auth/v1/token?grant_type=password", body)
    assert answer.json() == {"code": 400, "error_code": "validation_failed", "msg": "email and password are needed"}


@pytest.mark.parametrize("email", ["a\x00@b.c", "\ud800@b.c", "x" * 300 + "@b.c"])
def test_odd_addresses_are_nobodys(keys, email):
    body = b'{"email": "%s", "password": "x"}' % email.encode("unicode_escape").replace(rb"\x00", rb"\u0000")
    answer = CONNECTION.post(
        f"{keys.url}/auth/v1/token?grant_type=password", content=body, headers={"apikey": keys.anon_key}
    )
    assert answer.json()["error_code"] == "invalid_credentials"


def test_unknown_grants_and_endpoints_say_so(keys):
    assert post(keys, "/auth/v1/token?grant_type=pkce", {}).json()["error_code"] == "validation_failed"
    for path in ("signup", "otp", "sso", "resend", "admin/generate_link"):
        answer = post(keys, f"/auth/v1/{path}", {})
        assert (answer.status_code, answer.json()["error_code"]) == (501, "not_implemented")


def test_a_large_body_is_refused_before_it_is_read(keys):
    answer = post(keys, "/auth/v1/token?grant_type=password", {"email": "x" * 100_000, "password": "x"})
    assert answer.status_code == 413


def test_a_key_is_needed(keys):
    path = f"{keys.url}/auth/v1/token?grant_type=password"
    for headers in ({}, {"apikey": "nonsense"}, {"apikey": keys.anon_key + "x"}):
        assert CONNECTION.post(path, json={}, headers=headers).status_code == 401


def test_refresh_rotates_and_the_new_token_works(keys):
    user = new_user(keys)
    first = user.client.auth.get_session()
    second = user.client.auth.refresh_session().session
    assert second.refresh_token != first.refresh_token
    assert user.client.auth.refresh_session().session.refresh_token != second.refresh_token
    assert user.client.auth.get_user().user.id == user.id


def test_a_lost_answer_may_be_asked_for_again_at_once(keys):
    user = new_user(keys)
    token = user.client.auth.get_session().refresh_token
    other = anonymous_client(keys)
    assert other.auth.refresh_session(token).session
    assert other.auth.refresh_session(token).session


def test_reuse_of_a_refresh_token_ends_the_whole_family(keys):
    user = new_user(keys)
    stolen = user.client.auth.get_session().refresh_token
    newest = user.client.auth.refresh_session().session
    elsewhere = sign_in(keys, user.email)
    time.sleep(1.1)  # the reuse interval of this project is one second
    refused("refresh_token_already_used", anonymous_client(keys).auth.refresh_session, stolen)
    refused("refresh_token_not_found", anonymous_client(keys).auth.refresh_session, newest.refresh_token)
    refused("session_not_found", user.client.auth.get_user)
    assert elsewhere.auth.get_user().user.id == user.id


def test_an_unknown_refresh_token_is_refused(keys):
    for token in ("nonsense", "\x00", "x" * 150, "ü"):
        refused("refresh_token_not_found", anonymous_client(keys).auth.refresh_session, token)
    assert post(keys, "/auth/v1/token?grant_type=refresh_token", {"refresh_token": 3}).status_code == 400


def test_neither_password_nor_refresh_token_is_stored(keys):
    user = new_user(keys)
    token = user.client.auth.get_session().refresh_token
    with psycopg.connect(keys.db_url) as connection:
        stored = connection.execute(
            "select u::text from auth.users u union all select t::text from auth.refresh_tokens t"
        )
        text = " ".join(row[0] for row in stored)
    assert token not in text
    assert PASSWORD not in text
    assert "scrypt$16384$8$5$" in text


@pytest.mark.parametrize(
    ("scope", "mine", "others"), [("local", False, True), ("others", True, False), ("global", False, False)]
)
def test_sign_out_scopes(keys, scope, mine, others):
    user = new_user(keys)
    second = sign_in(keys, user.email)
    token, other = (client.auth.get_session().access_token for client in (user.client, second))
    user.client.auth.sign_out({"scope": scope})
    for access_token, lives in ((token, mine), (other, others)):
        if lives:
            assert second.auth.get_user(access_token).user.id == user.id
        else:
            refused("session_not_found", second.auth.get_user, access_token)


def test_an_unknown_scope_is_refused(keys, alice):
    token = alice.client.auth.get_session().access_token
    assert post(keys, "/auth/v1/logout?scope=x", {}, Authorization=f"Bearer {token}").status_code == 400


def test_the_admin_makes_and_finds_users(keys, service, anonymous, alice):
    email = f"{uuid.uuid4().hex[:8]}@Atlas.example"
    given = {"email": email, "password": PASSWORD, "user_metadata": {"name": "Zoë"}, "app_metadata": {"desk": 1}}
    made = service.auth.admin.create_user({**given, "email_confirm": True}).user
    assert (made.email, made.user_metadata, made.app_metadata["desk"]) == (email.lower(), {"name": "Zoë"}, 1)
    assert service.auth.admin.get_user_by_id(made.id).user.email == email.lower()
    listed = service.auth.admin.list_users(per_page=1000)
    assert made.id in [user.id for user in listed]
    assert [user.id for user in service.auth.admin.list_users(page=2, per_page=1)] == [listed[1].id]
    refused("email_exists", service.auth.admin.create_user, {"email": email, "password": PASSWORD})
    refused("user_not_found", service.auth.admin.get_user_by_id, str(uuid.uuid4()))
    for client in (anonymous, alice.client):
        refused("not_admin", client.auth.admin.list_users)
        refused("not_admin", client.auth.admin.create_user, given)


def test_an_unconfirmed_user_cannot_sign_in(keys, service):
    made = service.auth.admin.create_user({"email": f"{uuid.uuid4().hex}@atlas.example", "password": PASSWORD}).user
    refused("email_not_confirmed", sign_in, keys, made.email)


@pytest.mark.parametrize(
    ("given", "code"),
    [({"email": "nonsense"}, "validation_failed"), ({"email": None}, "validation_failed"), ({}, "validation_failed"),
     ({"email": "a@b c"}, "validation_failed"), ({"email": "p@b.example", "password": "short"}, "weak_password"),
     ({"email": "p@b.example", "password": 12345678}, "weak_password"),
     ({"email": "p@b.example", "id": "x"}, "validation_failed"),
     ({"email": "p@b.example", "user_metadata": [1]}, "validation_failed"),
     ({"email": "p@b.example", "user_metadata": {"a": "\x00"}}, "validation_failed")],
)  # fmt: skip
def test_a_user_that_cannot_be(service, given, code):
    refused(code, service.auth.admin.create_user, given)
