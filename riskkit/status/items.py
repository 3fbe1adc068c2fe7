"""Each report that a slot asks for, and what has become of it: one item for a slot and a book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Literal

from riskkit.errors import InputError
from riskkit.schedules import Slot, slots
from riskkit.status.observed import Observed, ObservedFire, ObservedJob, ObservedSchedule

State = Literal["due", "queued", "running", "done", "failed", "cancelled", "skipped"]
_OF_JOB: dict[str, State] = {
    "queued": "queued",
    "running": "running",
    "succeeded": "done",
    "dead": "failed",
    "cancelled": "cancelled",
}
_SKIPPED = {
    "skipped_misfire": "missed, and dropped by the schedule's rule",
    "coalesced": "missed; a later slot stands for it",
}
#: How far coming slots are looked for.
_AHEAD = timedelta(days=100)
#: States in which a report is still awaited.
AWAITED: tuple[State, ...] = ("due", "queued", "running")


@dataclass(frozen=True)
class Item:
    """A report that is or was due.

    Attributes
    ----------
    team, schedule, report, book : str
        `schedule` is its name, empty for what a person asked for; `book` a slug, empty where there is none.
    at : datetime
        The slot, UTC; for a request the moment it was made.
    local : datetime
        The same by the schedule's clock.
    as_of : date or None
        Valuation date; None: the latest.
    state : {'due', 'queued', 'running', 'done', 'failed', 'cancelled', 'skipped'}
        `due`: the slot has come and nobody has fired it; `skipped`: no report is made for it.
    late : bool
        Whether the schedule's `late_after_minutes` since the slot are over and there is no report.
    due_by : datetime or None
        The slot and those minutes; None where nothing is promised.
    percent, cell : int or None
        How far it is, while it runs.
    attempt, max_attempts : int
    reason : str
        Why there is none: what failed, why it was skipped.
    failed_cell : int or None
        Which cell failed.
    verdict : str or None
        Of the run's gates.
    job, run : str or None
        Their ids.
    seconds : float or None
        What it took from its start.
    """

    team: str
    schedule: str
    report: str
    book: str
    at: datetime
    local: datetime
    as_of: date | None
    state: State
    late: bool = False
    due_by: datetime | None = None
    percent: int | None = None
    cell: int | None = None
    attempt: int = 0
    max_attempts: int = 0
    reason: str = ""
    failed_cell: int | None = None
    verdict: str | None = None
    job: str | None = None
    run: str | None = None
    seconds: float | None = None

    @property
    def portfolio(self) -> str:
        """`team/book`; the team alone where there is no book."""
        return f"{self.team}/{self.book}" if self.book else self.team

    @property
    def awaited(self) -> bool:
        """Whether a report is still expected."""
        return self.state in AWAITED


def items(seen: Observed) -> tuple[Item, ...]:
    """What every slot of the range came to, and every request; by moment, schedule and book."""
    jobs = defaultdict(list)
    for job in seen.jobs:
        jobs[job.schedule, job.at].append(job)
    fires = defaultdict(list)
    for fire in seen.fires:
        fires[fire.schedule].append(fire)
    found: list[Item] = []
    for schedule in seen.schedules:
        for fire in fires[schedule.id]:
            found += _fired(seen, schedule, fire, jobs.pop((schedule.id, fire.at), []))
        found += _undecided(seen, schedule, {fire.at for fire in fires[schedule.id]})
    found = [one for one in found if seen.first <= one.local.date() <= seen.last]
    known = {schedule.id: schedule for schedule in seen.schedules}
    # What is left: requests of people, and what is still under way for slots before the range.
    for (of, _), left in jobs.items():
        rest = [_of_job(seen, job, known.get(of or ""), None) for job in _latest(left, by_book=of is not None)]
        found += [one for one in rest if one.awaited or (of is None and seen.first <= one.at.date() <= seen.last)]
    return tuple(sorted(found, key=lambda one: (one.at, one.team, one.schedule, one.report, one.book)))


def coming(seen: Observed, count: int) -> tuple[tuple[ObservedSchedule, tuple[Slot, ...]], ...]:
    """Of each schedule the next slots that take place: after the last day, or after now if that is earlier."""
    return tuple((schedule, _next(schedule, seen, count)) for schedule in seen.schedules)


def _next(schedule: ObservedSchedule, seen: Observed, count: int) -> tuple[Slot, ...]:
    over = datetime.combine(seen.last + timedelta(days=1), time(), schedule.timetable.zone).astimezone(UTC)
    after = min(seen.now, over - timedelta(microseconds=1))
    try:
        ahead = slots(schedule.timetable, after, after + _AHEAD)
        return tuple(islice((slot for slot in ahead if slot.takes_place), count))
    except InputError:  # the calendar ends before that
        return ()


def _fired(seen: Observed, schedule: ObservedSchedule, fire: ObservedFire, jobs: Sequence[ObservedJob]) -> list[Item]:
    if fire.outcome == "skipped_holiday":
        return []
    if fire.outcome != "enqueued":
        return [_skipped(schedule, fire, _SKIPPED.get(fire.outcome, fire.outcome))]
    if not jobs and fire.jobs:  # they are left out, or gone with their portfolio
        return []
    if not jobs:
        return [_skipped(schedule, fire, fire.note or "the schedule names no portfolio")]
    return [_of_job(seen, job, schedule, fire) for job in _latest(jobs, by_book=True)]


def _skipped(schedule: ObservedSchedule, fire: ObservedFire, reason: str) -> Item:
    local = fire.at.astimezone(schedule.timetable.zone)
    return Item(schedule.team, schedule.name, schedule.report, "", fire.at, local, fire.as_of, "skipped", reason=reason)


def _undecided(seen: Observed, schedule: ObservedSchedule, decided: set[datetime]) -> Iterator[Item]:
    """Slots that have come since the last one that was decided: a scheduler should have fired them."""
    if not schedule.enabled:
        return
    begin = datetime.combine(seen.first, time(), schedule.timetable.zone).astimezone(UTC) - timedelta(microseconds=1)
    if max(schedule.cursor_at, begin) >= seen.now:
        return
    for slot in slots(schedule.timetable, max(schedule.cursor_at, begin), seen.now):
        if slot.takes_place and slot.at not in decided:
            due_by = slot.at + schedule.patience
            late = seen.now > due_by
            for book in schedule.books or ("",):
                yield Item(
                    schedule.team, schedule.name, schedule.report, book, slot.at, slot.local, slot.as_of, "due", late,
                    due_by, reason="no scheduler has fired it" if late else "",
                )  # fmt: skip


def _latest(jobs: Sequence[ObservedJob], *, by_book: bool) -> list[ObservedJob]:
    """Of several jobs for one report the one that made it, else the one that was queued last."""
    if not by_book:
        return list(jobs)
    best: dict[str, ObservedJob] = {}
    for job in sorted(jobs, key=lambda one: (one.state == "succeeded", one.created_at)):
        best[job.book] = job
    return [best[book] for book in sorted(best)]


def _of_job(seen: Observed, job: ObservedJob, schedule: ObservedSchedule | None, fire: ObservedFire | None) -> Item:
    at = job.at or job.created_at
    due_by = None
    if schedule is not None:
        due_by = (fire.decided_at if fire is not None and fire.made_up_for else at) + schedule.patience
    state = _OF_JOB[job.state]
    error = job.error if job.error and state != "done" else {}
    return Item(
        team=job.team,
        schedule=schedule.name if schedule else "",
        report=job.report,
        book=job.book,
        at=at,
        local=at.astimezone(schedule.timetable.zone if schedule else UTC),
        as_of=job.run_as_of or job.as_of,
        state=state,
        late=state in AWAITED and due_by is not None and seen.now > due_by,
        due_by=due_by,
        percent=job.percent if state == "running" else None,
        cell=job.cell if state == "running" else None,
        attempt=job.attempt,
        max_attempts=job.max_attempts,
        reason=": ".join(str(error[key]) for key in ("type", "message") if error.get(key)),
        failed_cell=error.get("cell"),
        verdict=job.verdict,
        job=job.id,
        run=job.run,
        seconds=(job.finished_at - job.started_at).total_seconds() if job.finished_at and job.started_at else None,
    )
