"""What the database says of schedules, slots and jobs at one moment, as facts; judged in `items`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from riskkit.schedules import Misfire, Timetable


@dataclass(frozen=True)
class ObservedSchedule:
    """A schedule.

    Attributes
    ----------
    id, team, name, report : str
    timetable : Timetable
    late_after_minutes : int
        A report that is not there so long after its slot is late: then its recipients are told, too.
    enabled : bool
        False: paused.
    cursor_at : datetime
        The last slot that was decided; earlier ones without a row are not asked for.
    books : tuple of str
        Slugs that it makes reports for now.
    last_fire_at : datetime or None
        The last slot that made a report.
    """

    id: str
    team: str
    name: str
    report: str
    timetable: Timetable
    late_after_minutes: int
    enabled: bool
    cursor_at: datetime
    books: tuple[str, ...]
    last_fire_at: datetime | None

    @property
    def path(self) -> str:
        """`team/name`."""
        return f"{self.team}/{self.name}"

    @property
    def patience(self) -> timedelta:
        """How long after its slot a report is not yet late."""
        return timedelta(minutes=self.late_after_minutes)


@dataclass(frozen=True)
class ObservedFire:
    """What was decided about a slot: `at`, its valuation date, the outcome, and a note; `schedule` is an id."""

    schedule: str
    at: datetime
    as_of: date | None
    outcome: str
    jobs: int
    note: str
    decided_at: datetime

    @property
    def made_up_for(self) -> bool:
        """Whether a backfill fired it, so that it is due from then on."""
        return self.note.startswith("backfilled")


@dataclass(frozen=True)
class ObservedJob:
    """A job, for a slot (`schedule` and `at`) or asked for by a person (both None); `error` is the last attempt's."""

    id: str
    team: str
    report: str
    book: str
    schedule: str | None
    at: datetime | None
    as_of: date | None
    state: str
    attempt: int
    max_attempts: int
    percent: int | None
    cell: int | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error: Mapping[str, Any] | None
    run: str | None
    run_as_of: date | None
    verdict: str | None


@dataclass(frozen=True)
class LimitUse:
    """How far a limit was used in the latest run of a report and book.

    Attributes
    ----------
    report, team, book : str
    as_of : date
    run : str
        Its id.
    of : str
        What is bounded: `VaR`, `Component VaR of position AAPL`.
    verdict : str
    figure : float
    soft, hard : float or None
    unit : str
        Of figure and bounds.
    utilisation : float or None
        Figure of the hard limit, or of the soft one where there is no other; None where that is not above zero.
    sentence : str
    """

    report: str
    team: str
    book: str
    as_of: date
    run: str
    of: str
    verdict: str
    figure: float
    soft: float | None
    hard: float | None
    unit: str
    utilisation: float | None
    sentence: str


@dataclass(frozen=True)
class Observed:
    """Everything that was seen in one look.

    Attributes
    ----------
    now : datetime
        The database's clock.
    first, last : date
        Days of slots, both included, by each schedule's clock.
    schedules, fires, jobs, limits : tuples
    """

    now: datetime
    first: date
    last: date
    schedules: tuple[ObservedSchedule, ...] = ()
    fires: tuple[ObservedFire, ...] = ()
    jobs: tuple[ObservedJob, ...] = ()
    limits: tuple[LimitUse, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Observed:
        """From what the rpc `report_status` answers with `first` and `last`, or from what `facts` wrote."""
        return cls(
            _moment(told["now"]),
            date.fromisoformat(told["first"]),
            date.fromisoformat(told["last"]),
            tuple(map(_schedule, told["schedules"])),
            tuple(_read(ObservedFire, row) for row in told["fires"]),
            tuple(_read(ObservedJob, row) for row in told["jobs"]),
            tuple(_read(LimitUse, row) for row in told["limits"]),
        )

    def without(self, report: str, book: str) -> Observed:
        """The same without what is under way for one report and book: a report does not wait for itself."""
        own = [job for job in self.jobs if (job.report, job.book) == (report, book) and job.state == "running"]
        return replace(self, jobs=tuple(job for job in self.jobs if job not in own))

    @property
    def latest_day(self) -> date:
        """The last day on which something was due: today, or where every schedule is paused that of its last slot."""
        last = [one.last_fire_at.astimezone(one.timetable.zone).date() for one in self.schedules if one.last_fire_at]
        awaiting = not last or any(one.enabled for one in self.schedules)
        return self.now.date() if awaiting else max(last)

    def facts(self) -> dict[str, Any]:
        """As plain values, which `of` reads back."""
        return {
            "now": _plain(self.now),
            "first": _plain(self.first),
            "last": _plain(self.last),
            "schedules": [_schedule_facts(one) for one in self.schedules],
            **{
                name: [{key: _plain(value) for key, value in asdict(one).items()} for one in getattr(self, name)]
                for name in ("fires", "jobs", "limits")
            },
        }


_MOMENTS = ("at", "decided_at", "created_at", "started_at", "finished_at")
_DAYS = ("as_of", "run_as_of")
_FLOATS = ("figure", "soft", "hard", "utilisation")


def _read(kind: type[Any], row: Mapping[str, Any]) -> Any:
    return kind(**{field.name: _value(field.name, row[field.name]) for field in fields(kind)})


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _MOMENTS:
        return _moment(value)
    if name in _DAYS:
        return date.fromisoformat(value)
    return float(value) if name in _FLOATS else value


def _schedule(row: Mapping[str, Any]) -> ObservedSchedule:
    misfire = Misfire(row["misfire"], row["misfire_cap"], row["grace_minutes"])
    when = Timetable(row["cron"], row["timezone"], row["calendar"], row["roll"], row["as_of_rule"], misfire)
    last = row["last_fire_at"]
    return ObservedSchedule(
        row["id"], row["team"], row["name"], row["report"], when, row["late_after_minutes"], row["enabled"],
        _moment(row["cursor_at"]), tuple(row["books"]), None if last is None else _moment(last),
    )  # fmt: skip


def _schedule_facts(one: ObservedSchedule) -> dict[str, Any]:
    when = one.timetable
    return {
        "id": one.id, "team": one.team, "name": one.name, "report": one.report, "cron": when.cron,
        "timezone": when.timezone, "calendar": when.calendar, "roll": when.roll, "as_of_rule": when.as_of,
        "misfire": when.misfire.policy, "misfire_cap": when.misfire.cap, "grace_minutes": when.misfire.grace_minutes,
        "late_after_minutes": one.late_after_minutes, "enabled": one.enabled, "cursor_at": _plain(one.cursor_at),
        "books": list(one.books), "last_fire_at": _plain(one.last_fire_at),
    }  # fmt: skip


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value
