"""Signing in as the official client speaks it: tokens, refresh, second factor, sessions, the operator's users."""

import time
import uuid

import pyotp
import pytest
from supabase_auth.errors import AuthError

from tests.contract.conftest import PASSWORD


def refused(code, call, *arguments):
    with pytest.raises(AuthError) as caught:
        call(*arguments)
    assert caught.value.code in code.split("|")


def sign_in(client, email, password=PASSWORD):
    own = client()
    own.auth.sign_in_with_password({"email": email, "password": password})
    return own


def claims(own):
    return own.auth.get_claims()["claims"]


@pytest.fixture
def somebody(person):
    return person()


def test_a_token_says_who_and_for_how_long(project, somebody):
    said = claims(somebody.client)
    assert (said["sub"], said["role"], said["aud"], said["aal"]) == (
        somebody.id,
        "authenticated",
        "authenticated",
        "aal1",
    )
    assert said["iss"].endswith("/auth/v1")
    assert 0 < said["exp"] - said["iat"] <= 86_400
    assert [proof["method"] for proof in said["amr"]] == ["password"]
    assert uuid.UUID(said["session_id"])


def test_refused_sign_ins_look_alike(client, somebody):
    refused("invalid_credentials", sign_in, client, somebody.email, "wrong")
    refused("invalid_credentials", sign_in, client, f"{uuid.uuid4().hex}@riskkit.example")


def test_a_refresh_rotates_the_token_and_keeps_the_session(somebody):
    before = claims(somebody.client)
    token = somebody.client.auth.get_session().refresh_token
    assert somebody.client.auth.refresh_session().session.refresh_token != token
    assert claims(somebody.client)["session_id"] == before["session_id"]


def test_signing_out_ends_the_session_at_once(client, somebody):
    token = somebody.client.auth.get_session()
    somebody.client.auth.sign_out({"scope": "local"})
    refused("session_not_found", client().auth.get_user, token.access_token)
    refused("refresh_token_not_found", client().auth.refresh_session, token.refresh_token)


def test_a_second_factor_from_enrolment_to_reset(client, service, somebody):
    made = somebody.client.auth.mfa.enroll({"factor_type": "totp", "friendly_name": "one", "issuer": "riskkit"})
    totp = pyotp.TOTP(made.totp.secret)
    refused(
        "mfa_verification_failed", somebody.client.auth.mfa.challenge_and_verify, {"factor_id": made.id, "code": "1"}
    )
    shown = {"factor_id": made.id, "code": totp.now()}
    somebody.client.auth.mfa.challenge_and_verify(shown)
    assert claims(somebody.client)["aal"] == "aal2"
    half = sign_in(client, somebody.email)
    assert half.auth.mfa.get_authenticator_assurance_level().next_level == "aal2"
    refused("insufficient_aal", half.auth.mfa.unenroll, {"factor_id": made.id})
    refused("insufficient_aal", half.auth.update_user, {"password": "a long and new password"})
    assert [one.id for one in service.auth.admin.mfa.list_factors({"user_id": somebody.id})] == [made.id]
    service.auth.admin.mfa.delete_factor({"user_id": somebody.id, "id": made.id})
    assert service.auth.admin.mfa.list_factors({"user_id": somebody.id}) == []
    assert sign_in(client, somebody.email).auth.mfa.get_authenticator_assurance_level().next_level == "aal1"


def test_changing_the_password_ends_the_other_sessions(client, somebody):
    other = sign_in(client, somebody.email)
    other.auth.update_user({"password": "a long and new password"})
    refused("session_not_found", somebody.client.auth.get_user)
    refused("invalid_credentials", sign_in, client, somebody.email)
    assert sign_in(client, somebody.email, "a long and new password")


def test_the_operator_bans_and_lifts_the_ban(client, service, somebody):
    banned = service.auth.admin.update_user_by_id(somebody.id, {"ban_duration": "24h"}).user
    assert banned.banned_until is not None
    refused("user_banned", sign_in, client, somebody.email)
    refused("user_banned", somebody.client.auth.refresh_session)
    service.auth.admin.update_user_by_id(somebody.id, {"ban_duration": "none"})
    assert sign_in(client, somebody.email)


def test_a_deleted_users_token_is_refused(client, service):
    email = f"contract-{uuid.uuid4().hex[:10]}@riskkit.example"
    made = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True}).user
    own = sign_in(client, email)
    service.auth.admin.delete_user(made.id)
    refused("user_not_found|session_not_found", own.auth.get_user)
    refused("refresh_token_not_found", own.auth.refresh_session)
    refused("invalid_credentials", sign_in, client, email)
    refused("user_not_found", service.auth.admin.get_user_by_id, made.id)


def test_the_operator_changes_metadata_by_name(service, somebody):
    service.auth.admin.update_user_by_id(
        somebody.id, {"user_metadata": {"a": 1, "b": 2}, "app_metadata": {"desk": "x"}}
    )
    changed = service.auth.admin.update_user_by_id(somebody.id, {"user_metadata": {"a": None, "c": 3}}).user
    assert changed.user_metadata.items() >= {"b": 2, "c": 3}.items()
    assert "a" not in changed.user_metadata
    assert changed.app_metadata["desk"] == "x"


def test_sessions_are_listed_and_ended_by_their_owner_only(client, somebody, ours):
    other = sign_in(client, somebody.email)
    listed = somebody.client.rpc("my_sessions").execute().data
    assert sorted(one["is_this"] for one in listed) == [False, True]
    (elsewhere,) = (one["id"] for one in listed if not one["is_this"])
    assert elsewhere == claims(other)["session_id"]
    assert ours.admin.client.rpc("end_session", {"p_id": elsewhere}).execute().data is False
    assert other.auth.get_user()
    assert somebody.client.rpc("end_session", {"p_id": elsewhere}).execute().data is True
    refused("session_not_found", other.auth.get_user)
    assert other.rpc("my_sessions").execute().data == []


def test_only_the_service_key_is_the_operators(client, somebody):
    for own in (client(), somebody.client):
        refused("not_admin", own.auth.admin.list_users)
        refused("not_admin", own.auth.admin.delete_user, somebody.id)
        refused("not_admin", own.auth.admin.update_user_by_id, somebody.id, {"ban_duration": "24h"})


def test_a_mails_secret_that_nobody_was_sent_is_refused(client):
    begun = time.monotonic()
    refused("otp_expired", client().auth.verify_otp, {"type": "recovery", "token_hash": "x" * 40})
    assert time.monotonic() - begun < 20
