"""`riskkit doctor` gives each missing or broken piece one line with the remedy."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from riskkit.cli.doctor import command, examine
from riskkit.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path):
    for name in ("notebooks", "parameters", "supabase/migrations"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    return tmp_path


def findings(settings):
    return {finding.piece: finding for finding in examine(settings)}


def test_a_fresh_checkout_lacks_only_supabase_and_a_sign_in(project):
    found = findings(Settings(project, project / "home"))
    assert {piece for piece, finding in found.items() if finding.state == "broken"} == set()
    assert "riskkit local start" in found["supabase"].note
    assert "riskkit login" in found["sign-in"].note


def test_a_supabase_that_does_not_answer_is_broken(project):
    settings = Settings(project, project / "home", "http://127.0.0.1:9", "key")
    assert findings(settings)["supabase"].state == "broken"


def test_a_package_that_differs_from_the_lock_is_named(project):
    lock = project / "requirements.lock"
    lines = ["numpy==0.0.1 \\" if line.startswith("numpy==") else line for line in lock.read_text().splitlines()]
    lock.write_text("\n".join(lines))
    found = findings(Settings(project, project / "home"))["packages"]
    assert found.state == "broken"
    assert "numpy" in found.note


def test_outside_a_checkout_it_says_so_and_exits_with_1(tmp_path):
    result = CliRunner().invoke(command, env={"RISKKIT_PROJECT": str(tmp_path), "RISKKIT_HOME": str(tmp_path)})
    assert result.exit_code == 1
    assert "run riskkit inside the checkout" in result.output


def test_without_a_browser_it_says_what_reports_go_without(project, monkeypatch):
    monkeypatch.setenv("PATH", str(project))
    found = findings(Settings(project, project / "home"))["browser"]
    assert found.state == "missing"
    assert "without PDF" in found.note
    assert "apt-get install chromium" in found.note
