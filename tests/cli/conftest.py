import io
import time
import uuid

import httpx
import psycopg
import pyotp
import pytest
from supabase import ClientOptions, create_client

from riskkit import cli
from riskkit.demo.books import PASSWORD
from riskkit.local.client import service_client


@pytest.fixture
def riskkit(demo_stack, tmp_path, monkeypatch, capsys):
    """Run a command against the demo's Supabase, from a home where nobody is signed in: exit code, stdout, stderr."""
    keys = demo_stack.keys()
    monkeypatch.setenv("RISKKIT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RISKKIT_PROJECT", str(tmp_path))
    monkeypatch.setenv("SUPABASE_URL", keys.url)
    monkeypatch.setenv("SUPABASE_ANON_KEY", keys.anon_key)

    def run(*arguments, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            cli.main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return run


@pytest.fixture
def sign_in(riskkit):
    def sign_in(email):
        code, _, err = riskkit("login", "--email", email, "--password-stdin", stdin=PASSWORD)
        assert code == 0, err

    return sign_in


@pytest.fixture
def own_team(demo_stack, sign_in):
    """A new team beside the demo's, whose analyst is signed in; what it imports, no other test sees. Its slug."""
    slug = f"team-{uuid.uuid4().hex[:8]}"
    with service_client(demo_stack.keys()) as service:
        team = service.table("teams").insert({"slug": slug, "name": slug}).execute().data[0]["id"]
        for role in ("analyst", "viewer"):
            email = f"{role}@{slug}.example"
            made = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True})
            row = {"team_id": team, "user_id": made.user.id, "role": role}
            service.table("memberships").insert(row).execute()
    sign_in(f"analyst@{slug}.example")
    return slug


@pytest.fixture
def admin(demo_stack, riskkit):
    """A team's admin, signed in with a second factor: the team's slug and the admin's address."""
    keys, slug = demo_stack.keys(), f"audit-{uuid.uuid4().hex[:8]}"
    email = f"admin@{slug}.example"
    with service_client(keys) as service:
        team = service.table("teams").insert({"slug": slug, "name": slug}).execute().data[0]["id"]
        user = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True}).user.id
        service.table("memberships").insert({"team_id": team, "user_id": user, "role": "admin"}).execute()
    with httpx.Client(timeout=60) as http:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=http)
        auth = create_client(keys.url, keys.anon_key, options).auth
        auth.sign_in_with_password({"email": email, "password": PASSWORD})
        factor = auth.mfa.enroll({"factor_type": "totp", "friendly_name": "Phone"})
        totp = pyotp.TOTP(factor.totp.secret)
        # The code of the step before: the command's own sign-in needs one that was not used.
        before = totp.at(int(time.time()) - totp.interval)
        auth.mfa.challenge_and_verify({"factor_id": factor.id, "code": before})
    code, _, err = riskkit("login", "--email", email, "--password-stdin", "--code", totp.now(), stdin=PASSWORD)
    assert code == 0, err
    return slug, email


@pytest.fixture
def owner(demo_stack):
    """The database of the demo's Supabase, past every policy."""
    with psycopg.connect(demo_stack.keys().db_url, autocommit=True) as connection:
        yield connection
