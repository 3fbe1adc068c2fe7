"""The scheduler: decides every slot that has come, beside any number of others that do the same.

It keeps nothing that counts: schedules and cursors are in the database, whose clock is the only one it goes by. Two of
them at one slot both ask for it; its row is made once, with its jobs, and the other hears that it was decided.
"""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from riskkit.errors import Conflict, InputError, RiskkitError
from riskkit.schedules import Decision, due, slots
from riskkit.store.schedules import Schedule, SchedulerStore

_log = logging.getLogger("riskkit.scheduler")

#: Seconds between two looks, and the longest wait after looks that failed.
INTERVAL, LONGEST_WAIT = 5.0, 60.0
#: Slots without a job are decided this many at once.
_BATCH = 1000
#: How far ahead the next slot is looked for; a schedule without one is looked at again by then.
_AHEAD = timedelta(days=2)
#: Seconds between two looks for reports that are late.
_ALARMS = 30.0
#: When a schedule that could not be served is looked at again, unless it is edited before.
_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True)
class Looked:
    """What one look came to: slots decided by us, jobs made, schedules that could not be served."""

    decided: int = 0
    jobs: int = 0
    failed: int = 0


class Scheduler:
    """Decides slots until it is stopped.

    Parameters
    ----------
    store : SchedulerStore
    interval : float
        Seconds between two looks; each wait is up to a fifth shorter or longer, so that several do not move in step.

    Attributes
    ----------
    failures : int
        Looks that failed since the last one that did not.
    """

    def __init__(self, store: SchedulerStore, interval: float = INTERVAL) -> None:
        self._store, self._interval = store, interval
        self.failures = 0
        self._stopping = threading.Event()
        self._sleeping_until: dict[tuple[str, int], datetime] = {}
        self._alarmed: datetime | None = None

    def stop(self) -> None:
        """End after the slot that is being decided."""
        self._stopping.set()

    def run(self) -> None:
        """Look again and again until `stop`; a database that does not answer is waited for."""
        _log.info("scheduler started", extra={"interval": self._interval})
        while not self._stopping.is_set():
            try:
                self.look()
                self.failures = 0
            except (RiskkitError, ValueError) as error:
                self.failures += 1
                _log.warning("no look at the schedules", extra={"error": str(error), "failures": self.failures})
            self._stopping.wait(self.pause())
        _log.info("scheduler ended")

    def pause(self) -> float:
        """Seconds till the next look: jittered, and twice as long after each look that failed, up to a minute."""
        longest = max(LONGEST_WAIT, self._interval)
        base = min(self._interval * 2.0 ** min(self.failures, 30), longest)
        return base * random.uniform(0.8, 1.2)  # noqa: S311 (no secret)

    def look(self) -> Looked:
        """Decide everything that has come by now, once."""
        now = self._store.clock()
        enabled = self._store.enabled()
        # In an order of its own: several that catch up at once do not ask for the same slots one after the other.
        schedules = random.sample(enabled, len(enabled))
        known = {(one.id, one.revision) for one in schedules}
        self._sleeping_until = {key: at for key, at in self._sleeping_until.items() if key in known}
        total = Looked()
        for schedule in schedules:
            if self._stopping.is_set():
                break
            if self._sleeping_until.get((schedule.id, schedule.revision), now) <= now:
                one = self._serve(schedule, now)
                total = Looked(total.decided + one.decided, total.jobs + one.jobs, total.failed + one.failed)
        self._raise_alarms(now)
        return total

    def _raise_alarms(self, now: datetime) -> None:
        """Have people told of reports that are late, each once, however many schedulers look."""
        if self._alarmed is None or now - self._alarmed >= timedelta(seconds=_ALARMS):
            raised = self._store.raise_alarms()
            self._alarmed = now
            if raised:
                _log.error("reports are late", extra={"messages": raised})

    def _serve(self, schedule: Schedule, now: datetime) -> Looked:
        """One schedule's slots; what is wrong with it is logged and keeps no other from being served."""
        try:
            timetable = schedule.plan.timetable
            decided, jobs = self._decide(schedule, due(timetable, schedule.cursor_at, now))
            coming = next((one.at for one in slots(timetable, now, now + _AHEAD)), now + _AHEAD)
            self._sleeping_until[schedule.id, schedule.revision] = coming
        except (InputError, Conflict) as error:
            _log.error("schedule not served", extra={"schedule": schedule.path, "error": str(error)})
            self._sleeping_until[schedule.id, schedule.revision] = now + _AGAIN
            return Looked(failed=1)
        return Looked(decided, jobs)

    def _decide(self, schedule: Schedule, decisions: Sequence[Decision]) -> tuple[int, int]:
        """In order, so that a kill between two leaves the later ones to whoever looks next: (slots, jobs)."""
        decided = jobs = 0
        for enqueued, group in groupby(decisions, key=lambda one: one.outcome == "enqueued"):
            for batch in _batches(tuple(group), 1 if enqueued else _BATCH):
                if self._stopping.is_set():
                    return decided, jobs
                more = self._fire(schedule, batch[0]) if enqueued else self._skip(schedule, batch)
                decided, jobs = decided + more[0], jobs + more[1]
        return decided, jobs

    def _fire(self, schedule: Schedule, decision: Decision) -> tuple[int, int]:
        made = self._store.decide(schedule, decision)
        if made is None:
            return 0, 0
        slot = decision.slot
        facts = {"schedule": schedule.path, "slot": slot.at.isoformat(), "as_of": str(slot.as_of), "jobs": len(made)}
        if made:
            _log.info("slot fired", extra=facts)
        else:
            _log.warning("slot fired, but there is no portfolio for it", extra=facts)
        return 1, len(made)

    def _skip(self, schedule: Schedule, batch: Sequence[Decision]) -> tuple[int, int]:
        written = self._store.skip(schedule, batch) or 0
        if written:
            first, last = batch[0].slot.at.isoformat(), batch[-1].slot.at.isoformat()
            outcomes = sorted({one.outcome for one in batch})
            facts = {"schedule": schedule.path, "from": first, "to": last, "slots": written, "outcomes": outcomes}
            _log.info("slots without a report", extra=facts)
        return written, 0


def _batches(decisions: tuple[Decision, ...], size: int) -> Iterator[tuple[Decision, ...]]:
    return (decisions[first : first + size] for first in range(0, len(decisions), size))
