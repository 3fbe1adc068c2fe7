"""`riskkit local` shows what a shell can source, and secrets only when asked."""

import os

import pytest
from click.testing import CliRunner

from riskkit.cli.local import command
from riskkit.errors import Unavailable


@pytest.fixture
def run(stack, monkeypatch):
    monkeypatch.setenv("RISKKIT_HOME", str(stack.home))
    monkeypatch.setenv("RISKKIT_PROJECT", str(stack.project))
    monkeypatch.delenv("SUPABASE_URL", raising=False)
    return lambda *arguments: CliRunner().invoke(command, list(arguments), catch_exceptions=False)


def named(output):
    return dict(line.split("=", 1) for line in output.splitlines())


def test_status_shows_address_and_publishable_key(run, stack):
    keys = stack.keys()
    assert named(run("status").output) == {
        "SUPABASE_URL": f'"{keys.url}"', "SUPABASE_ANON_KEY": f'"{keys.anon_key}"',
    }  # fmt: skip


def test_secrets_are_shown_when_asked(run, stack):
    keys, shown = stack.keys(), named(run("status", "--secrets").output)
    assert shown["SUPABASE_SERVICE_ROLE_KEY"] == f'"{keys.service_key}"'
    assert shown["DB_URL"] == f'"{keys.db_url}"'


def test_a_second_start_says_the_same(run):
    assert run("start").output == run("status").output


def test_reset_asks_first(run, stack):
    assert run("reset").exit_code == 1
    assert stack.status().running


def test_a_backup_that_is_not_there_is_refused_before_anybody_is_asked(run, stack):
    done = run("restore", "nowhere.backup")
    assert done.exit_code == 2
    assert "nowhere.backup" in done.output
    assert "Replace all data" not in done.output
    assert stack.status().running


def test_status_of_nothing_names_the_remedy(run, monkeypatch, tmp_path):
    monkeypatch.setenv("RISKKIT_HOME", str(tmp_path / os.urandom(4).hex()))
    with pytest.raises(Unavailable, match="riskkit local start"):
        run("status")
