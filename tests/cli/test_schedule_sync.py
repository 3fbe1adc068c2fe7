"""`riskkit schedule sync|list|pause|resume|backfill`: from files to rows, by analysts."""

import logging
import shutil
import signal
import uuid
from pathlib import Path

import pytest

from riskkit.local.client import service_client

ROOT = Path(__file__).resolve().parents[2]
VAR = """notebook: portfolio_var
title: Portfolio value at risk
portfolios: all
parameters: {confidence_level: 0.975}
schedule:
  cron: 15 18 * * MON-FRI
  timezone: America/New_York
  calendar: XNYS
retries: 1
timeout_minutes: 10
concurrency: 2
"""
STRESS = (
    "notebook: stress_test\ntitle: Stress test\nportfolios: ['tag:eod']\nschedule: {cron: 0 7 * * *, timezone: UTC}\n"
)


@pytest.fixture
def project(riskkit, own_team, demo_stack, tmp_path):
    """A project with two scheduled reports, and a team with a book tagged `eod`."""
    shutil.copytree(ROOT / "notebooks", tmp_path / "notebooks")
    (tmp_path / "parameters").mkdir()
    write(tmp_path, "nightly_var", VAR)
    write(tmp_path, "morning_stress", STRESS)
    with service_client(demo_stack.keys()) as service:
        team = service.table("teams").select("id").eq("slug", own_team).execute().data[0]["id"]
        book = {"team_id": team, "slug": f"book-{uuid.uuid4().hex[:6]}", "title": "B", "base_currency": "USD"}
        service.table("portfolios").insert({**book, "tags": ["eod"]}).execute()
        yield tmp_path
        service.table("calculation_jobs").delete().eq("team_id", team).execute()
        service.table("portfolios").delete().eq("team_id", team).execute()


def write(project, key, text):
    (project / "parameters" / f"{key}.yml").write_text(text)


def rows(demo_stack, team):
    with service_client(demo_stack.keys()) as service:
        own = service.table("teams").select("id").eq("slug", team).execute().data[0]["id"]
        return service.table("schedules").select("*").eq("team_id", own).order("name").execute().data


def good(answer):
    code, out, err = answer
    assert code == 0, err
    return out


def test_files_are_written_shown_first_and_a_second_time_nothing(riskkit, project, own_team, demo_stack):
    out = good(riskkit("schedule", "sync", "--dry-run"))
    assert f"{own_team}/nightly_var  would be added: 15 18 * * MON-FRI America/New_York, sessions of XNYS" in out
    assert out.endswith(f"{own_team}: 2 added, 0 changed, 0 paused, 0 in line; nothing was written.\n")
    assert rows(demo_stack, own_team) == []
    assert good(riskkit("schedule", "sync")).endswith("2 added, 0 changed, 0 paused, 0 in line.\n")
    stress, var = rows(demo_stack, own_team)
    assert (stress["portfolios"], stress["calendar"], stress["max_attempts"]) == (["tag:eod"], None, 5)
    assert (var["portfolios"], var["calendar"], var["max_attempts"], var["timeout_s"]) == (["*"], "XNYS", 2, 600)
    assert (var["concurrency"], var["enabled"]) == (2, True)
    assert var["args"] == {"report": "nightly_var", "parameters": {"confidence_level": 0.975}}
    assert var["edited_by"] is not None
    assert good(riskkit("schedule", "sync")).endswith("0 added, 0 changed, 0 paused, 2 in line.\n")
    assert [one["revision"] for one in rows(demo_stack, own_team)] == [1, 1]


def test_a_changed_file_changes_its_schedule_and_one_without_a_file_is_paused(riskkit, project, own_team, demo_stack):
    good(riskkit("schedule", "sync"))
    write(project, "nightly_var", VAR.replace("15 18", "45 18").replace("retries: 1", "retries: 2"))
    (project / "parameters" / "morning_stress.yml").unlink()
    shown = good(riskkit("schedule", "sync", "--dry-run"))
    assert "would be changed: cron '15 18 * * MON-FRI' -> '45 18 * * MON-FRI'; max_attempts 2 -> 3" in shown
    assert "morning_stress  would be paused: no file defines it" in shown
    assert good(riskkit("schedule", "sync")).endswith("0 added, 1 changed, 1 paused, 0 in line.\n")
    stress, var = rows(demo_stack, own_team)
    assert (stress["enabled"], var["cron"], var["max_attempts"]) == (False, "45 18 * * MON-FRI", 3)
    write(project, "morning_stress", STRESS)
    assert "morning_stress  in line (paused; `riskkit schedule resume` fires it again)" in good(
        riskkit("schedule", "sync")
    )


def test_one_fault_in_a_file_and_nothing_is_written(riskkit, project, own_team, demo_stack):
    write(project, "morning_stress", STRESS.replace("0 7 * * *", "'* * * * *'"))
    code, _, err = riskkit("schedule", "sync")
    assert code == 2
    assert "morning_stress.yml:4:18: cron: got '* * * * *'; expected at most 60 times a day" in err
    assert rows(demo_stack, own_team) == []
    write(project, "morning_stress", STRESS.replace("'tag:eod'", "nowhere"))
    code, _, err = riskkit("schedule", "sync")
    assert (code, "portfolios: got 'nowhere'" in err) == (2, True)


def test_a_viewer_and_a_stranger_write_nothing(riskkit, project, own_team, sign_in):
    sign_in(f"viewer@{own_team}.example")
    code, _, err = riskkit("schedule", "sync")
    assert (code, "takes the role analyst" in err) == (3, True)
    code, _, err = riskkit("schedule", "sync", "--team", "atlas")
    assert (code, "one of your teams" in err) == (2, True)
    sign_in(f"analyst@{own_team}.example")
    good(riskkit("schedule", "sync"))
    sign_in(f"viewer@{own_team}.example")
    assert f"{own_team}/nightly_var" in good(riskkit("schedule", "list"))
    code, _, err = riskkit("schedule", "pause", "nightly_var")
    assert (code, "takes the role analyst" in err) == (3, True)


def test_paused_and_resumed(riskkit, project, own_team, demo_stack):
    assert "There is no schedule yet" in good(riskkit("schedule", "list"))
    good(riskkit("schedule", "sync"))
    assert good(riskkit("schedule", "pause", "nightly_var")) == f"{own_team}/nightly_var is paused.\n"
    assert good(riskkit("schedule", "pause", f"{own_team}/nightly_var")).endswith("is paused already.\n")
    line = next(line for line in good(riskkit("schedule", "list")).splitlines() if "nightly_var" in line)
    assert line.split()[1:] == ["paused", "-", "-", "not", "fired", "yet"]
    assert "is resumed: its next slot is 20" in good(riskkit("schedule", "resume", "nightly_var"))
    assert [one["enabled"] for one in rows(demo_stack, own_team)] == [True, True]
    code, _, err = riskkit("schedule", "pause", "unknown")
    assert (code, f"{own_team}/nightly_var" in err) == (2, True)


def test_a_month_of_the_past_is_shown_fired_and_not_fired_twice(riskkit, project, own_team):
    good(riskkit("schedule", "sync"))
    month = ("schedule", "backfill", "nightly_var", "--from", "2022-12-20", "--to", "2022-12-28")
    shown = good(riskkit(*month, "--dry-run"))
    days = [line.split()[1] for line in shown.splitlines() if " 2022-12-2" in line]
    assert days == ["2022-12-20", "2022-12-21", "2022-12-22", "2022-12-23", "2022-12-27", "2022-12-28"]
    assert shown.endswith("6 slots, nothing was written.\n")
    assert good(riskkit(*month)).endswith("6 slots, 6 fired, 6 jobs queued.\n")
    again = good(riskkit(*month))
    assert again.endswith("6 slots, 0 fired, 0 jobs queued.\n")
    assert again.count("fired before") == good(riskkit(*month, "--dry-run")).count("fired before") == 6
    jobs = good(riskkit("jobs", "list"))
    assert sorted(word for line in jobs.splitlines() for word in line.split() if word.startswith("2022-12")) == days
    assert "6 queued" not in good(riskkit("schedule", "list"))
    assert "1 queued; backfilled" in good(riskkit("schedule", "list"))
    code, _, err = riskkit("schedule", "backfill", "nightly_var", "--from", "2022-12-28", "--to", "2022-12-20")
    assert (code, "a day not before 2022-12-28" in err) == (2, True)
    code, _, err = riskkit("schedule", "backfill", "nightly_var", "--from", "2015-01-01", "--to", "2022-12-20")
    assert (code, "at most 1,000 slots" in err) == (2, True)


def test_scheduler_once(riskkit, project, demo_stack, monkeypatch):
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", demo_stack.keys().service_key)
    good(riskkit("schedule", "sync"))
    before = list(logging.getLogger("riskkit").handlers), signal.getsignal(signal.SIGINT)
    assert good(riskkit("scheduler", "--once")).endswith("schedules not served\n")
    assert (logging.getLogger("riskkit").handlers, signal.getsignal(signal.SIGINT)) == before, "nothing of it is left"
    code, _, err = riskkit("scheduler", "--once")
    assert (code, "service key" in err) == (1, True), "it was dropped from the environment when it was read"
