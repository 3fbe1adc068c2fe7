"""Schedules in the database: read and written by members, decided slot by slot by schedulers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from riskkit.errors import Conflict, Forbidden
from riskkit.schedules import Decision, Misfire, Slot, Timetable
from riskkit.store.queue import Fire, WorkerQueue
from riskkit.store.rest import PAGE, Rest
from riskkit.store.rows import Row

_COLUMNS = (
    "id,team_id,name,cron,timezone,calendar,roll,as_of_rule,misfire,misfire_cap,grace_minutes,args,portfolios,"
    "concurrency,max_attempts,timeout_s,recipients,alarm_after_minutes,keep_last,keep_month_ends,enabled,cursor_at,"
    "revision,teams(slug)"
)
#: The one selector that means every book of the team, as the database writes it.
EVERY = "*"


@dataclass(frozen=True)
class Plan:
    """What a schedule is to do.

    Attributes
    ----------
    timetable : Timetable
    report : str
        The report's key.
    parameters : mapping
        Validated; all but `portfolio` and `as_of`.
    portfolios : tuple of str
        The team's books, by slug, `tag:<tag>` or `*`; empty: one job that is of no book.
    concurrency : int or None
        How many of its jobs may run at once.
    max_attempts : int
        Attempts a job may have.
    timeout_s : int
        Seconds an attempt may take.
    recipients : tuple of str
        Mail addresses and names of the team's webhooks.
    alarm_after_minutes : int or None
        A report that is not there so long after its slot is late; None: the timetable's grace.
    keep_last : int or None
        So many of the latest slots' runs are kept, for each book; None: all.
    keep_month_ends : bool
        Whether the last current run of each month is kept too.
    """

    timetable: Timetable
    report: str
    parameters: Mapping[str, Any]
    portfolios: tuple[str, ...]
    concurrency: int | None
    max_attempts: int
    timeout_s: int
    recipients: tuple[str, ...] = ()
    alarm_after_minutes: int | None = None
    keep_last: int | None = None
    keep_month_ends: bool = True

    @property
    def columns(self) -> dict[str, Any]:
        """As the table has it."""
        when = self.timetable
        return {
            "cron": when.cron,
            "timezone": when.timezone,
            "calendar": when.calendar,
            "roll": when.roll,
            "as_of_rule": when.as_of,
            "misfire": when.misfire.policy,
            "misfire_cap": when.misfire.cap,
            "grace_minutes": when.misfire.grace_minutes,
            "args": {"report": self.report, "parameters": dict(self.parameters)},
            "portfolios": list(self.portfolios) or None,
            "concurrency": self.concurrency,
            "max_attempts": self.max_attempts,
            "timeout_s": self.timeout_s,
            "recipients": list(self.recipients),
            "alarm_after_minutes": self.alarm_after_minutes,
            "keep_last": self.keep_last,
            "keep_month_ends": self.keep_month_ends,
        }


@dataclass(frozen=True)
class Schedule:
    """A schedule as it is kept.

    Attributes
    ----------
    id, team_id, team, name : str
    columns : mapping
        What it is to do, as the table has it.
    enabled : bool
        False: paused.
    cursor_at : datetime
        The last slot that was decided.
    revision : int
        Counts edits.
    """

    id: str
    team_id: str
    team: str
    name: str
    columns: Mapping[str, Any]
    enabled: bool
    cursor_at: datetime
    revision: int

    @property
    def path(self) -> str:
        """`team/name`."""
        return f"{self.team}/{self.name}"

    @property
    def plan(self) -> Plan:
        """What it is to do.

        Raises
        ------
        InputError
            What is kept there is no timetable: it was not written by riskkit.
        """
        kept = self.columns
        misfire = Misfire(kept["misfire"], kept["misfire_cap"], kept["grace_minutes"])
        timetable = Timetable(
            kept["cron"], kept["timezone"], kept["calendar"], kept["roll"], kept["as_of_rule"], misfire
        )
        return Plan(
            timetable,
            str(kept["args"].get("report", "")),
            kept["args"].get("parameters", {}),
            tuple(kept["portfolios"] or ()),
            kept["concurrency"],
            kept["max_attempts"],
            kept["timeout_s"],
            tuple(kept["recipients"]),
            kept["alarm_after_minutes"],
            kept["keep_last"],
            kept["keep_month_ends"],
        )


@dataclass(frozen=True)
class LastFire:
    """The latest decided slot of a schedule.

    Attributes
    ----------
    at : datetime
    as_of : date or None
    outcome : {'enqueued', 'skipped_holiday', 'skipped_misfire', 'coalesced'}
    note : str
    states : mapping of str to int
        How many of its jobs are in which state.
    """

    at: datetime
    as_of: date | None
    outcome: str
    note: str
    states: Mapping[str, int]


class Schedules(Rest):
    """Schedules as a signed-in user: members see their teams', analysts write them."""

    def schedules(self) -> tuple[Schedule, ...]:
        """Every schedule of a report that the user may see, sorted by path."""
        found = self._select("schedules", _COLUMNS, lambda query: query.eq("kind", "report"))
        return tuple(sorted(map(_schedule, found), key=lambda one: one.path))

    def last_fires(self) -> dict[str, LastFire]:
        """The latest decided slot of each schedule that has one, by the schedule's id."""
        return {row["schedule_id"]: _last_fire(row) for row in self._call("last_fires")}

    def team_ids(self, teams: Sequence[str]) -> dict[str, str]:
        """The ids of teams the user is in, by slug."""
        return {row["slug"]: row["id"] for row in self._select("teams", "id,slug") if row["slug"] in teams}

    def add(self, team_id: str, name: str, plan: Plan) -> None:
        """Make a schedule; Forbidden unless the user is an analyst of the team."""
        with self._translated():
            self._rest.from_("schedules").insert({"team_id": team_id, "name": name, **plan.columns}).execute()

    def change(self, schedule: Schedule, columns: Mapping[str, Any]) -> None:
        """Edit what was read; Conflict if it was edited meanwhile, Forbidden unless the user is an analyst."""
        with self._translated():
            query = self._rest.from_("schedules").update(dict(columns))
            written = query.eq("id", schedule.id).eq("revision", schedule.revision).execute().data
        if not written:
            now = self._select("schedules", "revision", lambda query: query.eq("id", schedule.id), unique="revision")
            if [row["revision"] for row in now] == [schedule.revision]:
                raise Forbidden(f"Changing a schedule takes the role analyst in team {schedule.team}.")
            raise Conflict(f"Somebody else edited {schedule.path} first; look again.")

    def made(self, schedule: Schedule, first: datetime, last: datetime) -> frozenset[datetime]:
        """Those of its slots from `first` to `last` that have made jobs."""
        begin, end = first.astimezone(UTC).isoformat(), last.astimezone(UTC).isoformat()
        found = self._select(
            "schedule_fires",
            "fire_at",
            lambda q: q.eq("schedule_id", schedule.id).gt("jobs", 0).gte("fire_at", begin).lte("fire_at", end),
            unique="fire_at",
        )
        return frozenset(datetime.fromisoformat(row["fire_at"]) for row in found)

    def backfill(self, schedule: Schedule, slots: Sequence[Slot]) -> dict[datetime, int]:
        """Fire past slots that have made no job: how many jobs each of those made; the same again fires nothing.

        Raises
        ------
        Conflict
            The schedule was edited since it was read.
        """
        made: dict[datetime, int] = {}
        for first in range(0, len(slots), PAGE):
            rows = [_slot_row(slot) for slot in slots[first : first + PAGE]]
            found = self._call("backfill_schedule", p_schedule=schedule.id, p_revision=schedule.revision, p_slots=rows)
            made |= {datetime.fromisoformat(row["fire_at"]): row["jobs"] for row in found}
        return made


class SchedulerStore(WorkerQueue):
    """Schedules with the service's key, for schedulers; every time in it is the database's."""

    def clock(self) -> datetime:
        """Now."""
        return datetime.fromisoformat(self._call("database_clock"))

    def enabled(self) -> tuple[Schedule, ...]:
        """Every schedule that is not paused, of any team."""
        return tuple(map(_schedule, self._select("schedules", _COLUMNS, lambda query: query.eq("enabled", "true"))))

    def decide(self, schedule: Schedule, decision: Decision) -> tuple[str, ...] | None:
        """Fire a slot, with a job for each of the schedule's books as they are now; None as in `fire`."""
        slot = decision.slot
        return self.fire(Fire(schedule.id, slot.at, schedule.revision, decision.outcome, slot.as_of, note=slot.note))

    def raise_alarms(self) -> int:
        """Have people told of each slot of the last week whose report is late: how many messages are new."""
        return int(self._call("raise_alarms"))

    def skip(self, schedule: Schedule, decisions: Sequence[Decision]) -> int | None:
        """Decide slots that make no job, up to 1000 at once: how many nobody had decided; None as in `fire`."""
        rows = [_slot_row(one.slot) | {"outcome": one.outcome} for one in decisions]
        written = self._call("skip_slots", p_schedule=schedule.id, p_revision=schedule.revision, p_slots=rows)
        return None if written is None else int(written)


def _schedule(row: Row) -> Schedule:
    own = ("id", "team_id", "name", "enabled", "cursor_at", "revision", "teams")
    return Schedule(
        row["id"],
        row["team_id"],
        row["teams"]["slug"],
        row["name"],
        {name: value for name, value in row.items() if name not in own},
        row["enabled"],
        datetime.fromisoformat(row["cursor_at"]),
        row["revision"],
    )


def _last_fire(row: Row) -> LastFire:
    as_of = None if row["as_of"] is None else date.fromisoformat(row["as_of"])
    return LastFire(datetime.fromisoformat(row["fire_at"]), as_of, row["outcome"], row["note"] or "", row["states"])


def _slot_row(slot: Slot) -> dict[str, Any]:
    as_of = None if slot.as_of is None else slot.as_of.isoformat()
    return {"fire_at": slot.at.astimezone(UTC).isoformat(), "as_of": as_of, "note": slot.note[:200]}
