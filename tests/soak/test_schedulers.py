"""Four `riskkit scheduler` processes, killed and started again, on a database that crashes: 10,000 slots, each once."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, timedelta
from pathlib import Path

import psutil
import psycopg
import pytest

from riskkit.local.postgres import Postgres
from riskkit.local.stack import Stack
from riskkit.schedules import Timetable, slots

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).with_name("results")
SCHEDULERS, SCHEDULES, SLOTS = 4, 10, 1000
KILLS, CRASHES = 60, 5
#: 48 slots a day.
CRON = "*/30 * * * *"


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_slots(tmp_path):
    stack = Stack(tmp_path / "home", ROOT)
    try:
        result = run(stack, stack.start(port=0), tmp_path)
    finally:
        stack.remove()
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "schedulers.json").write_text(json.dumps(result, indent=1) + "\n")


def run(stack, keys, folder):
    cursor, now = prepare(keys)
    chance, begun = random.Random(20261122), time.monotonic()
    schedulers = [start(keys, folder, number) for number in range(SCHEDULERS)]
    try:
        kills, crashes = harass(stack, keys, folder, schedulers, chance)
        for process in schedulers:
            process.send_signal(signal.SIGTERM)
        assert [process.wait(timeout=60) for process in schedulers] == [0] * SCHEDULERS
    finally:
        for process in schedulers:
            process.kill()
            process.wait()
    return counted(keys, cursor, now) | {
        "schedulers": SCHEDULERS, "kills": kills, "database crashes": crashes,
        "seconds": round(time.monotonic() - begun),
    }  # fmt: skip


def harass(stack, keys, folder, schedulers, chance):
    """Kill schedulers and crash the database until all is decided: how often each."""
    begun, kills, crashes = time.monotonic(), 0, 0
    while decided(keys) < SCHEDULES * SLOTS or kills < KILLS:
        assert time.monotonic() - begun < 3000
        time.sleep(chance.uniform(0.5, 6.0))
        if kills == KILLS:
            continue
        number = chance.randrange(SCHEDULERS)
        schedulers[number].kill()
        schedulers[number].wait()
        kills += 1
        if kills % (KILLS // CRASHES) == 0 and crashes < CRASHES:
            crash(stack)
            crashes += 1
        schedulers[number] = start(keys, folder, number)
    return kills, crashes


def prepare(keys):
    """Ten schedules with a thousand slots each behind them, and one portfolio."""
    with psycopg.connect(keys.db_url, autocommit=True) as owner:
        now = owner.execute("select date_trunc('hour', now()) + interval '1 s'").fetchone()[0].astimezone(UTC)
        cursor = now - timedelta(minutes=30 * SLOTS)
        team = "insert into teams (slug, name, slot_quota) values ('soak', 'Soak', 1000) returning id"
        (made,) = owner.execute(team).fetchone()
        book = "insert into portfolios (team_id, slug, title, base_currency) values (%s, 'book', 'B', 'USD')"
        owner.execute(book, [made])
        for number in range(SCHEDULES):
            owner.execute(
                "insert into schedules"
                " (team_id, name, cron, timezone, misfire, misfire_cap, grace_minutes, args, portfolios)"
                " values (%s, %s, %s, 'UTC', 'all', 1000, 10080, '{\"report\": \"var\"}', '{*}')",
                [made, f"schedule-{number}", CRON],
            )
        owner.execute("update schedules set cursor_at = %s", [cursor])
    return cursor, now


def start(keys, folder, number):
    secret = folder / "service-key"
    secret.write_text(keys.service_key)
    with (folder / f"log-{number}").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "riskkit", "scheduler", "--interval", "0.5"], stderr=log, cwd=folder,
            env={**os.environ, "SUPABASE_URL": keys.url, "SUPABASE_ANON_KEY": keys.anon_key,
                 "SUPABASE_SERVICE_ROLE_KEY_FILE": str(secret)},
        )  # fmt: skip


def crash(stack):
    """Stop the database as a power cut would, and start it again on its port."""
    postgres = Postgres.of(stack.home)
    port, postmaster = postgres.port, postgres.process()
    postmaster.send_signal(signal.SIGQUIT)
    psutil.wait_procs([postmaster], timeout=60)
    assert postgres.start(port) == port


def decided(keys):
    try:
        with psycopg.connect(keys.db_url, autocommit=True) as owner:
            return owner.execute("select count(*) from schedule_fires").fetchone()[0]
    except psycopg.OperationalError:
        return 0


def counted(keys, cursor, now):
    """Each slot that there should be is there once, with one job; none besides, but those that came meanwhile."""
    expected = {one.at for one in slots(Timetable(CRON, "UTC"), cursor, now)}
    assert len(expected) == SLOTS
    with psycopg.connect(keys.db_url, autocommit=True) as owner:
        fires = owner.execute("select schedule_id, fire_at, outcome, jobs from schedule_fires").fetchall()
        jobs = owner.execute("select schedule_id, fire_at from calculation_jobs").fetchall()
    past = [fire for fire in fires if fire[1] <= now]
    assert {fire[2:] for fire in past} == {("enqueued", 1)}
    for schedule in {fire[0] for fire in past}:
        assert {fire[1].astimezone(UTC) for fire in past if fire[0] == schedule} == expected
    assert len(jobs) == len(set(jobs)) == len(fires)
    return {"slots": len(past), "jobs": len(jobs), "fired twice": 0, "lost": 0}
