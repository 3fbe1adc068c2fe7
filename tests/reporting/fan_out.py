"""One slot of one schedule for many books, some of them poisoned: what the test and its soak share."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

from riskkit.local.client import service_client
from tests.reporting.shop import Shop

#: The slot's date, the last day with prices; its time is now: of a slot long past nobody is told.
AS_OF = "2020-04-09"


def slugs(books: int, poisoned: int) -> list[str]:
    """The poisoned ones spread among the others."""
    step = books // poisoned
    return [f"poison-{one // step}" if one % step == step // 2 and one // step < poisoned else f"book-{one:03d}"
            for one in range(books)]  # fmt: skip


def fan_out(shop: Shop, books: int, poisoned: int) -> dict[str, Any]:
    """Fire the slot, let one worker with two lanes work it off, and check what became of each book.

    Every sound book has exactly one official report, of the slot's date; every poisoned one is dead after one attempt
    and named with its cell; the slot's recipient is told once of all.
    """
    names = slugs(books, poisoned)
    shop.open(*names)
    schedule, jobs = _fire(shop)
    assert len(jobs) == books
    begin = time.monotonic()
    assert shop.worker("-j", "2", "--once").wait(300 + 30 * books) == 0
    seconds = time.monotonic() - begin
    of = {book: name for name, book in shop.books.items()}
    ends = {of[row["portfolio_id"]]: row for row in shop.rows("calculation_jobs")}
    runs = shop.rows("report_runs")
    sound = {name for name in names if not name.startswith("poison")}
    assert len(ends) == books
    assert Counter(row["state"] for row in ends.values()) == {"succeeded": books - poisoned, "dead": poisoned}
    assert {of[run["portfolio_id"]] for run in runs} == {name for name in ends if ends[name]["run_id"]} == sound
    assert len(runs) == books - poisoned
    assert shop.complete() == {run["id"] for run in runs}
    assert {(run["as_of"], run["official"]) for run in runs} == {(AS_OF, True)}
    named = {name: _failure(row) for name, row in ends.items() if row["state"] == "dead"}
    assert named == {f"poison-{n}": (1, "ValueError", 4) for n in range(poisoned)}
    assert all(row["schedule_id"] == schedule for row in ends.values())
    told = [(one["kind"], one["recipient"]) for one in shop.rows("deliveries")]
    assert told == [("digest", f"analyst@{shop.team}.example")]
    assert shop.processes() == []
    return {
        "books": books,
        "reports": len(runs),
        "failed": {name: {"error": kind, "cell": cell} for name, (_, kind, cell) in sorted(named.items())},
        "seconds": round(seconds, 1),
        "reports_a_minute": round(60 * books / seconds, 1),
    }


def _fire(shop: Shop) -> tuple[str, list[str]]:
    row = {"team_id": shop.team_id, "name": "nightly", "cron": "15 22 * * *", "timezone": "UTC", "queue": shop.team,
           "args": {"report": "tiny", "parameters": {}}, "portfolios": ["*"], "concurrency": 4,
           "recipients": [f"analyst@{shop.team}.example"]}  # fmt: skip
    with service_client(shop.keys) as service:
        made: Any = service.table("schedules").insert(row).execute().data[0]
        slot = {
            "p_schedule": made["id"],
            "p_fire_at": datetime.now(UTC).replace(second=0, microsecond=0).isoformat(),
            "p_revision": made["revision"],
            "p_as_of": AS_OF,
        }
        fired: Any = service.rpc("fire_schedule", slot).execute().data
    return str(made["id"]), list(fired)


def _failure(row: dict[str, Any]) -> tuple[int, str, int]:
    (error,) = row["errors"]
    return row["attempt"], error["type"], error["cell"]
