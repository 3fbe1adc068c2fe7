"""`riskkit scheduler` as a process: the key from a file, JSON lines, a slot fired by the database's clock, SIGTERM."""

import json
import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta

import pytest

from riskkit.local.client import service_client

EVERY_FEW_MINUTES = "0,10,20,30,40,50 0-8 * * *"


@pytest.fixture
def scheduler(demo_stack, tmp_path):
    """Start `riskkit scheduler` with the service's key in a file; killed at the end if it still runs."""
    keys, started = demo_stack.keys(), []
    secret = tmp_path / "service-key"
    secret.write_text(keys.service_key)
    secret.chmod(0o600)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SUPABASE")}

    def start(*options):
        log = (tmp_path / f"log-{len(started)}").open("w+")
        process = subprocess.Popen(
            [sys.executable, "-m", "riskkit", "scheduler", "--interval", "0.2", *options], stderr=log, cwd=tmp_path,
            env={**kept, "RISKKIT_HOME": str(tmp_path / "home"), "SUPABASE_URL": keys.url,
                 "SUPABASE_ANON_KEY": keys.anon_key, "SUPABASE_SERVICE_ROLE_KEY_FILE": str(secret)},
        )  # fmt: skip
        started.append((process, log))
        return process, log

    yield start
    for process, log in started:
        if process.poll() is None:
            process.kill()
            process.wait()
        log.close()


def lines(log):
    log.seek(0)
    return [json.loads(line) for line in log.read().splitlines()]


def wait_until(true, seconds=90.0):
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_two_of_them_fire_a_slot_once_say_so_and_end_when_asked(scheduler, own_team, demo_stack):
    with service_client(demo_stack.keys()) as service:
        team = service.table("teams").select("id").eq("slug", own_team).execute().data[0]["id"]
        service.table("portfolios").insert(
            {"team_id": team, "slug": "book", "title": "B", "base_currency": "USD"}
        ).execute()
        row = {"team_id": team, "name": "often", "cron": EVERY_FEW_MINUTES, "timezone": "UTC", "portfolios": ["*"]}
        made = service.table("schedules").insert({**row, "args": {"report": "var"}}).execute().data[0]
        # As if nobody had looked for a day: the policy makes one report of it.
        service.table("schedules").update({"cursor_at": _a_day_ago(service)}).eq("id", made["id"]).execute()
        processes = [scheduler() for _ in range(2)]

        def jobs():
            return service.table("calculation_jobs").select("id,as_of").eq("schedule_id", made["id"]).execute().data

        wait_until(jobs)
        for _, log in processes:
            wait_until(lambda log=log: "scheduler started" in [line["message"] for line in lines(log)])
        wait_until(lambda: [line for _, log in processes for line in lines(log) if _fires(line, own_team)])
        for process, _ in processes:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(timeout=60) for process, _ in processes] == [0, 0]
        said = [line for _, log in processes for line in lines(log)]
        fires = service.table("schedule_fires").select("fire_at,outcome").eq("schedule_id", made["id"]).execute().data
        fired = [line for line in said if _fires(line, own_team)]
        assert len(fired) == len(jobs()) == sum(one["outcome"] == "enqueued" for one in fires)
        assert 40 <= len(fires) <= 60
        assert demo_stack.keys().service_key not in json.dumps(said)
        service.table("calculation_jobs").delete().eq("team_id", team).execute()
        service.table("portfolios").delete().eq("team_id", team).execute()


def _fires(line, team):
    """Whether it says that a slot of this test's schedule was fired; there may be schedules of other tests."""
    return line["message"] == "slot fired" and line["schedule"] == f"{team}/often"


def _a_day_ago(service):
    now = datetime.fromisoformat(service.rpc("database_clock", {}).execute().data)
    return (now - timedelta(days=1)).isoformat()


def test_without_a_key_it_says_what_it_needs(scheduler, tmp_path):
    (tmp_path / "service-key").unlink()
    process, log = scheduler()
    assert process.wait(timeout=60) == 1
    log.seek(0)
    assert "SUPABASE_SERVICE_ROLE_KEY_FILE" in log.read()
