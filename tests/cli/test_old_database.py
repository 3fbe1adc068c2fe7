"""A database older than the project ends every command in one sentence: what it has, what is needed, what to do."""

import shutil
from pathlib import Path

import pytest

from riskkit.store.schema import migrations

ROOT = Path(__file__).resolve().parents[2]
LATER = "20991231235959"
COMMANDS = (
    "status", "status --check", "runs list", "runs show ab12", "limits list", "limits list demo", "deliveries list",
    "schedule list", "schedule pause nightly", "schedule sync", "jobs list", "portfolio list",
    "report portfolio_var -p portfolio demo", "scheduler --once",
)  # fmt: skip


@pytest.fixture
def project(demo_stack, tmp_path, monkeypatch):
    """The project, whose database fits it."""
    for folder in ("supabase/migrations", "notebooks", "parameters"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", demo_stack.keys().service_key)
    return tmp_path


def test_every_command_says_what_the_database_lacks_and_what_mends_it(riskkit, own_team, project):
    for command in ("status", "runs list", "schedule list"):
        code, _, err = riskkit(*command.split())
        assert (code, err) == (0, ""), command
    newest = max(migrations(project))
    (project / "supabase" / "migrations" / f"{LATER}_make_later.sql").touch()
    for command in COMMANDS:
        code, out, err = riskkit(*command.split())
        assert (code, out) == (1, ""), (command, err)
        assert (err.partition("http")[0], err.count("\n")) == ("riskkit: At ", 1), command
        assert f"older than this riskkit: it has {newest}, needed is {LATER}: it lacks {LATER}." in err, command
        assert "`riskkit local start`, or `supabase db push`" in err, command


def test_a_database_that_is_newer_is_no_hindrance(riskkit, own_team, project):
    max((project / "supabase" / "migrations").glob("*.sql")).unlink()
    assert riskkit("status")[0] == 0
