"""`riskkit status` says what is due and missing, and is a dead man's check."""

import json

import pytest

from riskkit.local.client import service_client

DAILY = {
    "name": "nightly", "cron": "0 0 * * *", "timezone": "UTC", "misfire": "coalesce", "alarm_after_minutes": 1,
    "args": {"report": "portfolio_var", "parameters": {}},
}  # fmt: skip


@pytest.fixture
def schedule(demo_stack, own_team):
    """Give the team a schedule whose slots nobody has decided since a day."""

    def make(cursor_at):
        with service_client(demo_stack.keys()) as service:
            team = service.table("teams").select("id").eq("slug", own_team).execute().data[0]["id"]
            row = {"team_id": team, "cursor_at": cursor_at, **DAILY}
            service.table("schedules").insert(row).execute()

    return make


def test_without_schedules_it_says_what_to_do(riskkit, own_team):
    code, out, _ = riskkit("status", "--day", "2022-12-28")
    assert code == 0
    assert "`riskkit schedule sync` writes it" in out
    code, _, err = riskkit("status", "--check")
    assert code == 0
    assert "There is no schedule yet" in err


def test_a_slot_that_nobody_fired_is_late_and_fails_the_check(riskkit, schedule):
    schedule("2022-12-27T00:00:00Z")
    code, _, err = riskkit("status", "--check", "--day", "2022-12-28")
    assert code == 1
    assert "portfolio_var of team-" in err
    assert "late, due: expected by 00:01 UTC; no scheduler has fired it" in err
    code, out, _ = riskkit("status", "--json", "--day", "2022-12-28")
    told = json.loads(out)
    assert (code, told["ok"], told["counts"]["late"]) == (0, False, 1)
    assert [one["state"] for one in told["reports"]] == ["due"]
    code, out, _ = riskkit("status", "--day", "2022-12-28")
    assert "! late, due" in out
    assert riskkit("status", "--check", "--day", "2022-12-26")[0] == 0


def test_a_team_that_is_not_ones_own_is_named(riskkit, own_team):
    code, _, err = riskkit("status", "--team", "borealis")
    assert code == 2
    assert "one of your teams" in err
