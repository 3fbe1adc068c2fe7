"""What a message tells: the facts that the database gives for one delivery, and no more than its recipient may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from riskkit.metric import Metric
from riskkit.names import plain
from riskkit.store.contract import Artifact
from riskkit.store.deliveries import Delivery


@dataclass(frozen=True)
class Finding:
    """A gate that did not pass: its verdict and a sentence."""

    verdict: str
    sentence: str


@dataclass(frozen=True)
class ToldRun:
    """A run as it is told.

    Attributes
    ----------
    id, report : str
    as_of : date
    run_at : datetime
    verdict : {'PASS', 'WARN', 'BLOCK', ''}
        Empty: it was not judged.
    findings : tuple of Finding
        Of the gates that did not pass.
    metrics : tuple of Metric
        The headline figures.
    parameters, code : mapping
    artifacts : tuple of Artifact
    reason : str
        Why it took another run's place; empty if it did not.
    """

    id: str
    report: str
    as_of: date
    run_at: datetime
    verdict: str
    findings: tuple[Finding, ...]
    metrics: tuple[Metric, ...]
    parameters: Mapping[str, Any]
    code: Mapping[str, Any]
    artifacts: tuple[Artifact, ...]
    reason: str


@dataclass(frozen=True)
class ToldJob:
    """A book's job in a slot.

    Attributes
    ----------
    id, state : str
    portfolio, title : str
        `team/portfolio` and what people call it; empty for a job of no book.
    attempt : int
    percent, cell : int or None
        How far it came.
    error : mapping
        type, cell, and for those who can mend it, message; empty if nothing went wrong.
    run : ToldRun or None
    held_back : bool
        There is a run, which a gate holds back from this recipient.
    """

    id: str
    state: str
    portfolio: str
    title: str
    attempt: int
    percent: int | None
    cell: int | None
    error: Mapping[str, Any]
    run: ToldRun | None
    held_back: bool

    @property
    def delivered(self) -> bool:
        """Whether its recipient gets a report."""
        return self.run is not None


@dataclass(frozen=True)
class Told:
    """What one message tells.

    Attributes
    ----------
    kind, recipient, channel : str
    key : str
        What it is and for whom.
    team, schedule, report, title : str
        `title` is the report's, as people read it.
    role : str
        The recipient's; empty for a webhook.
    slot, due_at : datetime
        In the schedule's time zone; when the report had to be there.
    as_of : date or None
    outcome, note : str
        What became of the slot.
    jobs : tuple of ToldJob
    """

    kind: str
    recipient: str
    channel: str
    key: str
    team: str
    schedule: str
    report: str
    title: str
    role: str
    slot: datetime
    due_at: datetime
    as_of: date | None
    outcome: str
    note: str
    jobs: tuple[ToldJob, ...]

    @property
    def path(self) -> str:
        """`team/schedule`."""
        return f"{self.team}/{self.schedule}"


def told(delivery: Delivery, facts: Mapping[str, Any], title: str) -> Told:
    """Read the facts of a delivery; every text loses what a reader could not see.

    Parameters
    ----------
    delivery : Delivery
    facts : mapping
        As `Outbox.facts` gives them.
    title : str
        The report's.
    """
    zone = ZoneInfo(facts["timezone"])
    return Told(
        kind=delivery.kind,
        recipient=delivery.recipient,
        channel=delivery.channel,
        key=delivery.key,
        team=facts["team"],
        schedule=facts["schedule"],
        report=plain(facts["report"] or ""),
        title=plain(title),
        role=facts["role"] or "",
        slot=datetime.fromisoformat(facts["slot"]).astimezone(zone),
        due_at=datetime.fromisoformat(facts["due_at"]).astimezone(zone),
        as_of=_day(facts["as_of"]),
        outcome=facts["outcome"],
        note=plain(facts["note"] or ""),
        jobs=tuple(_job(facts["team"], row) for row in facts["jobs"]),
    )


def _job(team: str, row: Mapping[str, Any]) -> ToldJob:
    run = row["run"]
    error = {
        name: plain(value, lines=True) if isinstance(value, str) else value
        for name, value in (row["error"] or {}).items()
    }
    return ToldJob(
        id=row["id"],
        state=row["state"],
        portfolio=f"{team}/{row['portfolio']}" if row["portfolio"] else "",
        title=plain(row["title"] or ""),
        attempt=row["attempt"],
        percent=row["percent"],
        cell=row["cell"],
        error=error,
        run=None if run is None or "id" not in run else _run(run),
        held_back=run is not None and "id" not in run,
    )


def _run(row: Mapping[str, Any]) -> ToldRun:
    return ToldRun(
        id=row["id"],
        report=row["report"],
        as_of=date.fromisoformat(row["as_of"]),
        run_at=datetime.fromisoformat(row["run_at"]),
        verdict=row["verdict"] or "",
        findings=tuple(Finding(one["verdict"], plain(one["sentence"])) for one in row["gates"]),
        metrics=tuple(Metric(one["name"], float(one["value"]), one["unit"]) for one in row["metrics"]),
        parameters=row["parameters"],
        code=row["code"],
        artifacts=tuple(Artifact(**one) for one in row["artifacts"]),
        reason=plain(row["reason"] or ""),
    )


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
