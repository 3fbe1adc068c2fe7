"""From a report's file to a mailbox: schedule, scheduler and worker as an operator starts them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from riskkit.cli import riskkit
from riskkit.local.client import service_client
from riskkit.local.keys import Keys
from riskkit.local.stack import Stack
from riskkit.scheduling.scheduler import Scheduler
from riskkit.store.schedules import SchedulerStore
from tests.delivery.conftest import Hook, Sink
from tests.reporting.shop import Shop


@pytest.fixture
def keys(stack: Stack) -> Keys:
    """Of a Supabase where nothing is due that other tests left: a worker sends whatever is."""
    found = stack.keys()
    with psycopg.connect(found.db_url, autocommit=True) as owner:
        owner.execute("update deliveries set next_at = now() + interval '1 day' where status = 'pending'")
    return found


def fire(shop: Shop, portfolios: list[str], recipients: list[str], ago: timedelta) -> str:
    """A schedule, and its slot so long ago with the jobs it makes; the schedule's id."""
    with service_client(shop.keys) as service:
        members: Any = service.table("memberships").select("*").eq("team_id", shop.team_id).execute().data
        owner = next(row["user_id"] for row in members if row["role"] == "analyst")
        given = {
            "team_id": shop.team_id,
            "name": f"tiny{len(portfolios)}",
            "cron": "0 0 * * *",
            "timezone": "Europe/London",
            "args": {"report": "tiny", "parameters": {}},
            "queue": shop.team,
            "portfolios": portfolios,
            "edited_by": owner,
            "recipients": recipients,
            "max_attempts": 1,
            "alarm_after_minutes": 5,
        }
        made: Any = service.table("schedules").insert(given).execute().data
        slot = {"p_schedule": made[0]["id"], "p_fire_at": (datetime.now(UTC) - ago).isoformat(), "p_revision": 1}
        assert service.rpc("fire_schedule", {**slot, "p_as_of": "2020-03-16"}).execute().data
        return str(made[0]["id"])


@pytest.mark.timeout(600)
def test_a_worker_makes_a_report_and_sends_it_and_a_digest_and_no_secret_is_left(
    keys: Keys, tmp_path: Path, sink: Sink, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(keys, tmp_path / "project").open("demo", "poison")
    viewer, stranger = f"viewer@{shop.team}.example", f"viewer@{shop.other}.example"
    hooks = tmp_path / "hooks"
    hooks.write_text(json.dumps({f"{shop.team}/desk": f"{hook.url}/c4n4ry"}))
    hooks.chmod(0o600)
    monkeypatch.setenv("RISKKIT_SMTP_URL", sink.url)
    monkeypatch.setenv("RISKKIT_SMTP_FROM", "risk@atlas.example")
    monkeypatch.setenv("RISKKIT_WEBHOOKS_FILE", str(hooks))
    fire(shop, ["demo"], [viewer, stranger, "desk"], timedelta(minutes=1))
    fire(shop, ["demo", "poison"], [viewer, "desk"], timedelta(minutes=2))
    assert shop.worker("--once").wait(500) == 0
    states = sorted((row["kind"], row["recipient"], row["status"]) for row in shop.rows("deliveries"))
    analyst = f"analyst@{shop.team}.example"
    assert states == sorted([
        ("digest", "desk", "sent"), ("digest", viewer, "sent"), ("digest", analyst, "sent"), ("report", "desk", "sent"),
        ("report", viewer, "sent"), ("report", stranger, "refused"),
    ]), shop.log()  # fmt: skip
    (report,) = (mail for mail in sink.mails if "made" not in mail["Subject"])
    assert (report["To"], [part.get_content_type() for part in report.iter_attachments()][:1]) != (None, [])
    digest = next(mail for mail in sink.mails if mail["To"] == analyst).get_body(("plain",)).get_content()
    assert "1 of 2 reports made, 1 failed" in digest
    assert f"{shop.team}/poison" in digest
    assert "no <price>" in digest
    assert len(hook.posts) == 2
    left = [path for path in tmp_path.joinpath("project").rglob("*") if path.is_file()]
    assert not [path for path in (*left, tmp_path / "worker.log") if b"c4n4ry" in path.read_bytes()]


def test_three_schedulers_say_once_that_a_report_is_not_there_and_analysts_see_it(
    keys: Keys, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(keys, tmp_path / "project").open("demo")
    fire(shop, ["demo"], [f"viewer@{shop.team}.example", "desk"], timedelta(minutes=30))
    with psycopg.connect(keys.db_url, autocommit=True) as owner:
        owner.execute("update schedule_fires set decided_at = fire_at where team_id = %s", [shop.team_id])
    stores = [SchedulerStore(keys.url, keys.service_key) for _ in range(3)]
    for scheduler in map(Scheduler, stores):
        scheduler.look()
    for store in stores:
        store.close()
    rows = shop.rows("deliveries")
    assert sorted(row["recipient"] for row in rows if row["kind"] == "alarm") == sorted(
        ["desk", f"viewer@{shop.team}.example", f"analyst@{shop.team}.example"]
    )
    with psycopg.connect(keys.db_url, autocommit=True) as owner:
        owner.execute(
            "update deliveries set status = 'unknown', attempts = 1 where team_id = %s and recipient = 'desk'",
            [shop.team_id],
        )
    with shop.queue():  # signs the analyst in
        pass
    known = {"RISKKIT_HOME": str(tmp_path / f"analyst-{shop.team}"), "RISKKIT_PROJECT": str(shop.project),
             "SUPABASE_URL": keys.url, "SUPABASE_ANON_KEY": keys.anon_key}  # fmt: skip
    for name, value in known.items():
        monkeypatch.setenv(name, value)
    every = CliRunner().invoke(riskkit, ["deliveries", "list"], catch_exceptions=False).output
    assert every.count("waits for a worker that can send it") == 2
    listed = CliRunner().invoke(riskkit, ["deliveries", "list", "--status", "unknown"], catch_exceptions=False).output
    (line,) = [one for one in listed.splitlines() if "desk" in one]
    assert "unknown: begun, and its end is not known" in line
    said = CliRunner().invoke(riskkit, ["deliveries", "resend", line.split()[0]], catch_exceptions=False).output
    assert "was unknown and will be sent to desk again." in said
    assert {row["status"] for row in shop.rows("deliveries")} == {"pending"}
