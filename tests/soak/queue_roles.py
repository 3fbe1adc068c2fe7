"""Who uses the queue while it is being harassed: each a process of its own, with a client of its own."""

from __future__ import annotations

import ctypes
import random
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from riskkit.errors import RiskkitError, Unavailable
from riskkit.metric import Metric
from riskkit.store.contract import RunRecord
from riskkit.store.queue import Fire, Held, WorkerQueue

#: A paused worker sleeps longer than its lease [s]; both are short, so that much happens in a minute.
LEASE, PAUSE = 1.0, 1.6
FIRST_SLOT = datetime(2020, 1, 1, tzinfo=UTC)


@dataclass
class Place:
    """Where it happens."""

    url: str
    service_key: str
    db_url: str
    team: str = ""
    book: str = ""
    schedule: str = ""


def lasting(step: Callable[[WorkerQueue, random.Random], bool], place: Place, seed: int) -> None:
    """Repeat a step until it says that there is nothing left; whatever is unavailable is asked for again."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # end with the tool, however it ends
    dice = random.Random(seed)
    with WorkerQueue(place.url, place.service_key, timeout=20) as queue:
        while True:
            try:
                if not step(queue, dice):
                    return
            except RiskkitError:
                time.sleep(0.05)


def work(place: Place, seed: int) -> None:
    """A worker: most jobs succeed, some fail, some are given back; it heeds a heartbeat's answer."""
    worker = str(uuid.UUID(int=random.Random(seed).getrandbits(128)))

    def step(queue: WorkerQueue, dice: random.Random) -> bool:
        held = queue.claim(worker, lease=LEASE)
        if held is None:
            time.sleep(0.03)
            return True
        time.sleep(dice.random() * 0.04)
        kind = dice.random()
        if kind < 0.03:
            queue.fail(held, {"type": "Dice", "message": "thrown"})
        elif kind < 0.06:
            queue.release(held)
        elif kind > 0.5 or queue.heartbeat(held, 50, 1, lease=LEASE).owned:
            commit(queue, held)
        return True

    lasting(step, place, seed)


def commit(queue: WorkerQueue, held: Held) -> None:
    """Commit a run, and again with the same run when the answer was lost."""
    run = record(held)
    for _ in range(20):
        try:
            queue.complete(held, run)
            return
        except Unavailable:
            time.sleep(0.1)


def record(held: Held) -> RunRecord:
    """The run of an attempt; it names its job."""
    job = held.job
    return RunRecord(
        str(uuid.uuid4()), "var", "var", job.portfolio_id or "", job.team_id, job.as_of or date(2020, 1, 2),
        datetime.now(UTC), True, {"job": job.id, "attempt": job.attempt}, {}, {}, {}, None,
        (Metric("var", 1.5, "USD"), Metric("expected_shortfall", 2.5, "USD")),
    )  # fmt: skip


def put(place: Place, seed: int, jobs: int) -> None:
    """Queue every job; several of these run at once, each with the same keys."""
    keys = iter(random.Random(seed).sample(range(jobs), jobs))
    pending: list[int] = []

    def step(queue: WorkerQueue, dice: random.Random) -> bool:
        if not pending:
            pending.append(next(keys, -1))
        if pending[0] < 0:
            return False
        queue.enqueue(place.team, "report", {"report": "var"}, portfolio_id=place.book, max_attempts=25,
                      priority=pending[0] % 3, idempotency_key=f"k{pending[0]}")  # fmt: skip
        pending.clear()
        return True

    lasting(step, place, seed)


def schedule(place: Place, seed: int, slots: int) -> None:
    """Fire every slot, in order; all schedulers try the same ones."""
    at = [0]

    def step(queue: WorkerQueue, dice: random.Random) -> bool:
        if at[0] >= slots:
            return False
        moment = FIRST_SLOT + timedelta(minutes=at[0])
        queue.fire(Fire(place.schedule, moment, 1, "enqueued", moment.date(), [place.book]))
        at[0] += 1
        return True

    lasting(step, place, seed)


def tidy(place: Place, seed: int) -> None:
    """Reap what fell silent, and now and then cancel a job."""

    def step(queue: WorkerQueue, dice: random.Random) -> bool:
        queue.reap()
        if dice.random() < 0.3:
            for job in queue.jobs("queued", limit=1):
                queue.cancel(job.id)
        time.sleep(0.2)
        return True

    lasting(step, place, seed)
