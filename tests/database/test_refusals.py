"""Who was refused at the embedded Auth is on record in the project's own audit log, with the request's id."""

import time
import uuid

import httpx
import psycopg
import pyotp
import pytest
from supabase import ClientOptions, create_client
from supabase_auth.errors import AuthApiError

from riskkit.local.client import service_client

PASSWORD = "correct horse battery"


@pytest.fixture
def connection():
    with httpx.Client(timeout=60) as one:
        yield one


def log_of(keys, email, count):
    """What is on record of an address, once that many are: a refusal is written after the answer."""
    rows, deadline = [], time.monotonic() + 20
    while len(rows) < count and time.monotonic() < deadline:
        with psycopg.connect(keys.db_url) as connection:
            statement = "select action, request_id, detail from public.audit_log where subject = %s order by id"
            rows = connection.execute(statement, (email,)).fetchall()
        time.sleep(0.02)
    return rows


def test_sign_ins_and_refusals_are_on_record(stack, connection):
    keys, email = stack.keys(), f"{uuid.uuid4().hex[:10]}@atlas.example"
    with service_client(keys) as service:
        made = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True}).user
    client = create_client(keys.url, keys.anon_key, ClientOptions(auto_refresh_token=False, httpx_client=connection))
    with pytest.raises(AuthApiError):
        client.auth.sign_in_with_password({"email": email, "password": "wrong"})
    log_of(keys, email, 1)
    client.auth.sign_in_with_password({"email": email, "password": PASSWORD})
    factor = client.auth.mfa.enroll({"factor_type": "totp", "friendly_name": "one"})
    with pytest.raises(AuthApiError):
        client.auth.mfa.challenge_and_verify({"factor_id": factor.id, "code": "12"})
    log_of(keys, email, 3)
    client.auth.mfa.challenge_and_verify({"factor_id": factor.id, "code": pyotp.TOTP(factor.totp.secret).now()})
    client.auth.sign_out()
    rows = log_of(keys, email, 4)
    with service_client(keys) as service:
        service.auth.admin.delete_user(made.id)
    wanted = ["sign_in.refused", "sign_in", "second_factor.refused", "sign_in.second_factor"]
    assert [row[0] for row in rows] == wanted
    assert all(row[1] for row in rows)
    assert rows[2][2] == {"factor_id": factor.id, "factor_type": "totp"}


def test_a_teams_last_admin_is_not_deleted(stack):
    keys, name = stack.keys(), uuid.uuid4().hex[:10]
    with service_client(keys) as service:
        given = {"email": f"{name}@atlas.example", "password": PASSWORD, "email_confirm": True}
        user = service.auth.admin.create_user(given).user.id
        team = service.table("teams").insert({"slug": name, "name": "One"}).execute().data[0]["id"]
        service.table("memberships").insert({"team_id": team, "user_id": user, "role": "admin"}).execute()
        with pytest.raises(AuthApiError, match="cannot be deleted") as caught:
            service.auth.admin.delete_user(user)
        assert caught.value.status == 409
        service.table("teams").delete().eq("id", team).execute()
        service.auth.admin.delete_user(user)
