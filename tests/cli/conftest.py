import io
import uuid

import pytest

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
