"""`riskkit users`: the operator's command."""

import uuid

import pyotp
import pytest

from riskkit.local.client import service_client
from riskkit.session import second_factor
from riskkit.session.auth import auth_client
from riskkit.settings import Settings

PASSWORD = "riskkit-demo"


@pytest.fixture
def keyed(riskkit, demo_stack, monkeypatch):
    """Run a command as the operator: the service key is in the environment, once."""
    key = demo_stack.keys().service_key

    def run(*arguments):
        monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", key)
        code, out, err = riskkit("users", *arguments)
        assert key not in out + err
        return code, out, err

    return run


@pytest.fixture
def service(demo_stack):
    with service_client(demo_stack.keys()) as client:
        yield client


@pytest.fixture
def team(service):
    """A team of its own with an admin: its slug, and the admin's address."""
    slug = f"team-{uuid.uuid4().hex[:8]}"
    team = service.table("teams").insert({"slug": slug, "name": slug}).execute().data[0]["id"]
    admin = f"admin@{slug}.example"
    made = service.auth.admin.create_user({"email": admin, "password": PASSWORD, "email_confirm": True})
    service.table("memberships").insert({"team_id": team, "user_id": made.user.id, "role": "admin"}).execute()
    return slug, admin


def audited(service, slug):
    team = service.table("teams").select("id").eq("slug", slug).execute().data[0]["id"]
    rows = service.table("audit_log").select("action,subject,detail").eq("team_id", team).order("seq").execute().data
    return [(row["action"], row["subject"]) for row in rows]


def test_invite_role_and_remove(keyed, service, team, demo_stack):
    slug, admin = team
    new = f"new@{slug}.example"
    code, out, _ = keyed("invite", new.upper(), "--team", slug, "--role", "analyst")
    assert (code, out) == (0, f"Invited {new} to {slug} as analyst: a mail with a link is on its way.\n")
    mails = [path.read_text() for path in (demo_stack.home / "local" / "outbox").glob("*.eml")]
    assert sum(f"To: {new}" in mail and "sign-in/link?token_hash" in mail.replace("=\n", "") for mail in mails) == 1
    code, out, _ = keyed("list", "--team", slug)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split() == ["E-MAIL", "ROLES", "SECOND", "FACTOR", "LAST", "SIGN-IN", "(UTC)"]
    assert lines[1].startswith(f"{admin}  {slug}: admin")
    assert lines[2] == f"{new:<{len(admin)}}  {slug}: analyst  none           never (invited)"
    assert keyed("role", new, "approver", "--team", slug)[1] == f"{new} is now approver in {slug}, was analyst.\n"
    assert keyed("role", new, "approver", "--team", slug)[1] == f"{new} is approver in {slug} already.\n"
    assert keyed("invite", admin, "--team", slug, "--role", "admin")[1].startswith(f"{admin} has an account already")
    assert keyed("remove", new, "--team", slug)[1] == f"{new} is no longer in {slug}.\n"
    code, _, err = keyed("remove", new, "--team", slug)
    assert (code, err) == (2, f"riskkit: EMAIL: got '{new}'; expected a member of {slug}\n")
    known = [entry for entry in audited(service, slug) if entry[1] == new]
    noted = ["member.added", "account.invited", "member.role_changed", "member.removed"]
    assert known == [(action, new) for action in noted]


def test_a_team_keeps_its_last_admin(keyed, team):
    slug, admin = team
    for arguments in (("remove", admin, "--team", slug), ("role", admin, "viewer", "--team", slug)):
        code, _, err = keyed(*arguments)
        expected = f"riskkit: EMAIL: got '{admin}'; expected another admin first: a team keeps at least one\n"
        assert (code, err) == (2, expected)
    assert f"{slug}: admin" in keyed("list", "--team", slug)[1]


def test_reset_second_factor(keyed, service, team, demo_stack, tmp_path, riskkit):
    slug, admin = team
    keys = demo_stack.keys()
    with auth_client(Settings(tmp_path, tmp_path, keys.url, keys.anon_key)) as auth:
        auth.sign_in_with_password({"email": admin, "password": PASSWORD})
        made = auth.mfa.enroll({"factor_type": "totp", "friendly_name": "Phone"})
        auth.mfa.challenge_and_verify({"factor_id": made.id, "code": pyotp.TOTP(made.totp.secret).now()})
        assert len(second_factor.verified_factors(auth.get_user().user)) == 1
    assert "1 device" in keyed("list", "--team", slug)[1]
    assert keyed("reset-second-factor", admin)[0] == 1, "asked, and nobody answers"
    assert "1 device" in keyed("list", "--team", slug)[1]
    code, out, _ = keyed("reset-second-factor", admin, "--yes")
    assert (code, out.startswith(f"{admin} has no second factor now (1 removed)")) == (0, True)
    assert keyed("reset-second-factor", admin, "--yes")[1] == f"{admin} had no second factor.\n"
    assert ("second_factor.reset", admin) in audited(service, slug)
    assert riskkit("login", "--email", admin, "--password-stdin", stdin=PASSWORD)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("role", "nobody@nowhere.example", "viewer", "--team", "atlas"),
            "EMAIL: got 'nobody@nowhere.example'; expected",
        ),
        (("role", "x", "viewer", "--team", "atlas"), "EMAIL: got 'x'; expected an e-mail address"),
        (("role", "a@b.example", "boss", "--team", "atlas"), "role: got 'boss'; expected one of viewer, analyst"),
        (("list", "--team", "nowhere"), "--team: got 'nowhere'; expected one of"),
        (("invite", "a@b.example", "--team", "atlas", "--role", "viewer", "--page", "risk"), "--page: got 'risk'"),
    ],
)
def test_an_error_names_field_value_and_what_was_expected(keyed, arguments, message):
    code, out, err = keyed(*arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_the_key_is_read_from_a_file_or_dropped_from_the_environment(riskkit, demo_stack, tmp_path, monkeypatch):
    import os

    code, _, err = riskkit("users", "list")
    assert (code, "SUPABASE_SERVICE_ROLE_KEY_FILE" in err) == (1, True)
    file = tmp_path / "key"
    file.write_text(demo_stack.keys().service_key + "\n")
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY_FILE", str(file))
    assert riskkit("users", "list")[0] == 0
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY_FILE", str(tmp_path / "none"))
    assert "cannot be read" in riskkit("users", "list")[2]
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", "not-the-key")
    code, _, err = riskkit("users", "list")
    assert code == 1
    assert "not-the-key" not in err
    assert "SUPABASE_SERVICE_ROLE_KEY" not in os.environ
