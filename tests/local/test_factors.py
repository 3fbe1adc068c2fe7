"""The second factor as the official client sees it; a test whose name is Auth's own says so in its first words."""

import json
import time
import uuid

import psycopg
import pyotp
import pytest

from riskkit.local.factors import matching_step
from tests.local.conftest import CONNECTION, new_user, sign_in
from tests.local.test_auth import refused


class Authenticator:
    """An app on a telephone: a code it has shown is of a later step each time."""

    def __init__(self, secret):
        self.totp, self.step = pyotp.TOTP(secret), 0

    def code(self):
        self.step = max(self.step + 1, int(time.time()) // 30)
        return self.totp.generate_otp(self.step)


def enrol(client, name="telephone"):
    made = client.auth.mfa.enroll({"factor_type": "totp", "friendly_name": name, "issuer": "riskkit"})
    return made, Authenticator(made.totp.secret)


def show(client, factor_id, code):
    return client.auth.mfa.challenge_and_verify({"factor_id": factor_id, "code": code})


def claims(client):
    return client.auth.get_claims()["claims"]


def set_back(keys, table, column, interval, user_id):
    """Let time pass for the rows of a user."""
    owner = "f.user_id" if table == "mfa_factors" else "(select user_id from auth.mfa_factors where id = f.factor_id)"
    with psycopg.connect(keys.db_url) as connection:
        statement = f"update auth.{table} f set {column} = {column} - %s::interval where {owner} = %s"
        connection.execute(statement, (interval, user_id))


@pytest.fixture
def user(keys):
    return new_user(keys)


@pytest.fixture
def enrolled(user):
    made, app = enrol(user.client)
    show(user.client, made.id, app.code())
    return user, made.id, app


def test_enrolling_gives_a_secret_an_address_and_a_drawing(user):
    made, _ = enrol(user.client)
    assert (made.type, made.friendly_name) == ("totp", "telephone")
    assert len(made.totp.secret) == 32
    assert made.totp.uri == pyotp.TOTP(made.totp.secret).provisioning_uri(name=user.email, issuer_name="riskkit")
    assert made.totp.qr_code.startswith("data:image/svg+xml;utf-8,<svg ")
    assert "#" not in made.totp.qr_code
    factor = user.client.auth.get_user().user.factors[0]
    assert (factor.id, factor.status, factor.factor_type) == (made.id, "unverified", "totp")
    assert user.client.auth.mfa.list_factors().totp == []
    assert user.client.auth.mfa.get_authenticator_assurance_level().next_level == "aal1"


def test_a_right_code_makes_the_session_aal2_and_keeps_it_so(user):
    before = claims(user.client)
    made, app = enrol(user.client)
    answer = show(user.client, made.id, app.code())
    after = claims(user.client)
    assert (before["aal"], after["aal"], after["session_id"]) == ("aal1", "aal2", before["session_id"])
    assert [proof["method"] for proof in after["amr"]] == ["totp", "password"]
    assert all(abs(proof["timestamp"] - time.time()) < 20 for proof in after["amr"])
    assert answer.user.factors[0].status == "verified"
    levels = user.client.auth.mfa.get_authenticator_assurance_level()
    assert (levels.current_level, levels.next_level) == ("aal2", "aal2")


def test_sessions_maintain_aal_on_refresh(enrolled):
    user, _, _ = enrolled
    user.client.auth.refresh_session()
    assert claims(user.client)["aal"] == "aal2"


def test_mfa_followed_by_password_sign_in_is_aal1(keys, enrolled):
    user, factor_id, app = enrolled
    client = sign_in(keys, user.email)
    assert claims(client)["aal"] == "aal1"
    assert client.auth.mfa.get_authenticator_assurance_level().next_level == "aal2"
    show(client, factor_id, app.code())
    assert claims(client)["aal"] == "aal2"


def test_sessions_that_showed_no_second_factor_end_when_one_does(keys, user):
    elsewhere = sign_in(keys, user.email)
    old = user.client.auth.get_session().refresh_token
    made, app = enrol(user.client)
    show(user.client, made.id, app.code())
    refused("session_not_found", elsewhere.auth.get_user)
    refused("refresh_token_not_found", elsewhere.auth.refresh_session, old)
    assert user.client.auth.get_user().user.id == user.id


def test_a_code_works_once(keys, user):
    made, app = enrol(user.client)
    code = app.code()
    show(user.client, made.id, code)
    refused("mfa_verification_failed", show, user.client, made.id, code)
    other = sign_in(keys, user.email)
    refused("mfa_verification_failed", show, other, made.id, code)
    assert claims(other)["aal"] == "aal1"


def test_a_step_counts_once_and_with_a_neighbour_at_most():
    secret = pyotp.random_base32()
    codes = {step: pyotp.TOTP(secret).generate_otp(step) for step in range(996, 1005)}
    now = 1000 * 30 + 14.0
    for step, code in codes.items():
        assert matching_step(secret, code, 0, now) == (step if step in (999, 1000, 1001) else None)
        assert matching_step(secret, code, 1000, now) == (1001 if step == 1001 else None)


NO_CODES = [
    "",
    "12345",
    "1234567",
    "١٢٣٤٥٦",
    "１２３４５６",
    "12345a",
    " 123456",
    "123456\n",
    "\ud800",
    123456,
    None,
    ["1"],
]


@pytest.mark.parametrize("code", NO_CODES)
def test_what_is_no_code_matches_no_step(code):
    assert matching_step(pyotp.random_base32(), code, 0) is None


def test_what_is_no_code_is_refused(keys, user):
    made, _ = enrol(user.client)
    challenge = user.client.auth.mfa.challenge({"factor_id": made.id})
    token = user.client.auth.get_session().access_token
    for code in ("000000", 123456, None, "١٢٣٤٥٦"):
        answer = CONNECTION.post(
            f"{keys.url}/auth/v1/factors/{made.id}/verify", json={"challenge_id": challenge.id, "code": code},
            headers={"apikey": keys.anon_key, "Authorization": f"Bearer {token}"},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["error_code"]) == (422, "mfa_verification_failed")


def test_valid_code_and_expired_challenge(keys, user):
    made, app = enrol(user.client)
    challenge = user.client.auth.mfa.challenge({"factor_id": made.id})
    assert 299 < challenge.expires_at - time.time() + 1 < 302
    set_back(keys, "mfa_challenges", "created_at", "301 seconds", user.id)
    shown = {"factor_id": made.id, "challenge_id": challenge.id, "code": app.code()}
    refused("mfa_challenge_expired", user.client.auth.mfa.verify, shown)


def test_an_unknown_challenge_is_refused(keys, user):
    made, app = enrol(user.client)
    token = user.client.auth.get_session().access_token
    for challenge in (str(uuid.uuid4()), "", "x", "\ud800", "é", "\x00", 3, None):
        answer = CONNECTION.post(
            f"{keys.url}/auth/v1/factors/{made.id}/verify",
            content=json.dumps({"code": app.code(), "challenge_id": challenge}),
            headers={"apikey": keys.anon_key, "Authorization": f"Bearer {token}"},
        )
        assert answer.json()["error_code"] == ("validation_failed" if challenge == "\x00" else "mfa_factor_not_found")


def test_a_challenge_is_answered_once(user):
    made, app = enrol(user.client)
    challenge = user.client.auth.mfa.challenge({"factor_id": made.id})
    shown = {"factor_id": made.id, "challenge_id": challenge.id}
    user.client.auth.mfa.verify({**shown, "code": app.code()})
    refused("mfa_ip_address_mismatch", user.client.auth.mfa.verify, {**shown, "code": app.code()})


def test_challenge_factor_not_owned_by_user(user, bob):
    made, app = enrol(user.client)
    refused("mfa_factor_not_found", bob.client.auth.mfa.challenge, {"factor_id": made.id})
    refused("mfa_factor_not_found", show, bob.client, made.id, app.code())
    refused("mfa_factor_not_found", bob.client.auth.mfa.unenroll, {"factor_id": made.id})
    assert user.client.auth.get_user().user.factors


def test_unenroll_verified_factor_needs_aal2(keys, enrolled):
    user, factor_id, _ = enrolled
    half = sign_in(keys, user.email)
    refused("insufficient_aal", half.auth.mfa.unenroll, {"factor_id": factor_id})
    user.client.auth.mfa.unenroll({"factor_id": factor_id})
    assert not user.client.auth.get_user().user.factors
    user.client.auth.refresh_session()
    assert (claims(user.client)["aal"], [p["method"] for p in claims(user.client)["amr"]]) == ("aal1", ["password"])


def test_two_factors_and_no_more(keys, enrolled):
    user, _, _ = enrolled
    refused("insufficient_aal", enrol, sign_in(keys, user.email), "second")
    refused("mfa_factor_name_conflict", enrol, user.client, "telephone")
    made, app = enrol(user.client, "second")
    refused("too_many_enrolled_mfa_factors", enrol, user.client, "third")
    show(user.client, made.id, app.code())
    assert len(user.client.auth.mfa.list_factors().totp) == 2
    refused("too_many_enrolled_mfa_factors", enrol, user.client, "third")


def test_an_enrolment_nobody_finished_makes_room(keys, user):
    for name in ("first", "second"):
        enrol(user.client, name)
    set_back(keys, "mfa_factors", "created_at", "301 seconds", user.id)
    made, app = enrol(user.client, "third")
    show(user.client, made.id, app.code())
    assert [factor.friendly_name for factor in user.client.auth.get_user().user.factors] == ["third"]


def test_guessing_codes_ends_after_five(user):
    made, app = enrol(user.client)
    for _ in range(5):
        refused("mfa_verification_failed", show, user.client, made.id, "000000")
    assert refused("over_request_rate_limit", show, user.client, made.id, app.code()).status == 429


def test_only_totp_is_spoken(keys, user):
    refused("not_implemented", user.client.auth.mfa.enroll, {"factor_type": "phone", "phone": "1"})
    refused("validation_failed", user.client.auth.mfa.enroll, {"factor_type": "webauthn"})
    refused("validation_failed", enrol, user.client, "x" * 101)


def test_the_secret_is_sealed(keys, user):
    made, _ = enrol(user.client)
    with psycopg.connect(keys.db_url) as connection:
        kept = connection.execute("select f::text from auth.mfa_factors f where id = %s", (made.id,)).fetchone()[0]
    assert made.totp.secret not in kept


def test_a_password_is_changed_only_with_the_second_factor_shown(keys, enrolled):
    user, factor_id, app = enrolled
    half = sign_in(keys, user.email)
    error = refused("insufficient_aal", half.auth.update_user, {"password": "another long one"})
    assert error.status == 401
    show(half, factor_id, app.code())
    half.auth.update_user({"password": "another long one"})
    refused("session_not_found", user.client.auth.get_user)
    assert sign_in(keys, user.email, "another long one")
