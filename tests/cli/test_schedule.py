"""`riskkit schedule preview` prints what will happen, and says what does not."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from riskkit.cli.schedule import command
from riskkit.errors import InputError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def project(tmp_path):
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    shutil.copytree(ROOT / "parameters", tmp_path / "parameters")
    return tmp_path


def preview(project, *arguments):
    environment = {"RISKKIT_HOME": str(project / "home")}
    given = ["preview", *arguments, "--project", str(project)]
    return CliRunner().invoke(command, given, env=environment, catch_exceptions=True)


def test_the_coming_slots_with_time_zone_as_of_and_holidays(project):
    shown = preview(project, "portfolio_var", "-n", "6", "--from", "2026-03-30")
    assert shown.exit_code == 0, shown.output
    lines = [line.split() for line in shown.output.splitlines() if line.strip()[:1].isdigit()]
    assert [line[2] for line in lines[:6]] == [
        "2026-03-30",
        "2026-03-31",
        "2026-04-01",
        "2026-04-02",
        "2026-04-03",
        "2026-04-06",
    ]
    assert lines[0][1:] == ["Mon", "2026-03-30", "18:15", "EDT", "2026-03-30", "22:15", "2026-03-30"]
    assert lines[4][-3:] == ["-", "Good", "Friday"]
    assert "by the clock of America/New_York, sessions of XNYS" in shown.output
    assert shown.output.endswith("1 of 6 without a session: no report\n")


def test_a_report_without_a_schedule_and_an_unknown_one(project):
    assert isinstance(preview(project, "no_such").exception, InputError)
    assert "portfolio_var" in str(preview(project, "no_such").exception)
    (project / "parameters" / "portfolio_var.yml").write_text(
        "notebook: portfolio_var\ntitle: VaR\nportfolios: [atlas/demo]\n"
    )
    assert "a schedule in the report's file" in str(preview(project, "portfolio_var").exception)
