"""Jobs of the queue as their rows say them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from riskkit.store.rows import Row

State = Literal["queued", "running", "succeeded", "cancelled", "dead"]
#: A job in one of these states never changes again; `dead` is the dead letter.
FINAL: tuple[State, ...] = ("succeeded", "cancelled", "dead")

#: A portfolio's and a team's name come by reference; the row of a claim has neither.
JOB = (
    "id,team_id,kind,queue,portfolio_id,as_of,args,priority,state,attempt,max_attempts,timeout_s,run_at,percent,cell,"
    "cancel_requested_at,errors,run_id,schedule_id,fire_at,redriven_from,created_by,created_at,started_at,finished_at,"
    "teams(slug),portfolios(slug)"
)
EVENT = "at,from_state,to_state,attempt,percent,cell,note"


@dataclass(frozen=True)
class Job:
    """A job and what has become of it.

    Attributes
    ----------
    id, team_id, team : str
        `team` is empty for a job just claimed.
    kind, queue : str
        `report` is the kind that users request.
    portfolio_id : str or None
    portfolio : str
        `team/portfolio`; empty where there is none, or for a job just claimed.
    as_of : date or None
        Valuation date; None: the latest.
    args : mapping
        `report` and `parameters`.
    priority : int
        Higher comes first.
    state : {"queued", "running", "succeeded", "cancelled", "dead"}
    attempt, max_attempts : int
        Attempts begun, and how many there may be.
    timeout_s : int
        Seconds an attempt may take.
    run_at : datetime
        Not before.
    percent, cell : int or None
        How far the last attempt is: 0 to 100, and the notebook's cell counted from 1.
    cancel_requested : bool
    errors : tuple of mapping
        type, message, cell, attempt and at, an error an attempt.
    run_id : str or None
        The run it made.
    schedule_id, fire_at : str or None, datetime or None
        The slot it is for.
    redriven_from : str or None
        The dead job it takes the place of.
    created_by : str or None
        Who requested it or edited its schedule last.
    created_at, started_at, finished_at : datetime, or None where it has not come to that
    """

    id: str
    team_id: str
    team: str
    kind: str
    queue: str
    portfolio_id: str | None
    portfolio: str
    as_of: date | None
    args: Mapping[str, Any]
    priority: int
    state: State
    attempt: int
    max_attempts: int
    timeout_s: int
    run_at: datetime
    percent: int | None
    cell: int | None
    cancel_requested: bool
    errors: tuple[Mapping[str, Any], ...]
    run_id: str | None
    schedule_id: str | None
    fire_at: datetime | None
    redriven_from: str | None
    created_by: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def report(self) -> str:
        """The report it makes; empty for other kinds of job."""
        return str(self.args.get("report", ""))

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The report's parameters but for portfolio and as_of."""
        found: Mapping[str, Any] = self.args.get("parameters", {})
        return found

    @property
    def slot(self) -> datetime | None:
        """The schedule's slot it is for; a rerun keeps it even when the schedule is gone."""
        return self.fire_at or _time(self.args.get("slot"))

    @property
    def final(self) -> bool:
        """Whether it never changes again."""
        return self.state in FINAL


@dataclass(frozen=True)
class JobEvent:
    """A move of a job, or its progress when `before` is `state`.

    Attributes
    ----------
    at : datetime
    before : str or None
        None: it was queued for the first time.
    state : str
    attempt : int
    percent, cell : int or None
    note : str
        Why: the type of the error; empty if there is nothing to say.
    """

    at: datetime
    before: State | None
    state: State
    attempt: int
    percent: int | None
    cell: int | None
    note: str


def job(row: Row) -> Job:
    """From a row of `calculation_jobs`, with its team and portfolio nested or without."""
    team = (row.get("teams") or {}).get("slug", "")
    book = (row.get("portfolios") or {}).get("slug", "")
    same = ("id", "team_id", "kind", "queue", "portfolio_id", "args", "priority", "state", "attempt", "max_attempts",
            "timeout_s", "percent", "cell", "run_id", "schedule_id", "redriven_from", "created_by")  # fmt: skip
    return Job(
        **{name: row[name] for name in same},
        team=team,
        portfolio=f"{team}/{book}" if book else "",
        as_of=None if row["as_of"] is None else date.fromisoformat(row["as_of"]),
        run_at=datetime.fromisoformat(row["run_at"]),
        cancel_requested=row["cancel_requested_at"] is not None,
        errors=tuple(row["errors"]),
        fire_at=_time(row["fire_at"]),
        created_at=datetime.fromisoformat(row["created_at"]),
        started_at=_time(row["started_at"]),
        finished_at=_time(row["finished_at"]),
    )


def event(row: Row) -> JobEvent:
    """From a row of `job_events`."""
    return JobEvent(
        datetime.fromisoformat(row["at"]),
        row["from_state"],
        row["to_state"],
        row["attempt"],
        row["percent"],
        row["cell"],
        row["note"] or "",
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
