"""The runs of a book between two days as the database tells them, with what people decided and said of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

from riskkit.metric import Metric

#: `void`: the run is no longer what was decided upon.
Decided = Literal["approved", "rejected", "void"]


@dataclass(frozen=True)
class Decision:
    """What an approver decided, and why."""

    decision: Decided
    by: str
    at: datetime
    reason: str = ""


@dataclass(frozen=True)
class SeenRun:
    """A run as a list of them shows it.

    Attributes
    ----------
    id, report : str
    as_of : date
    run_at : datetime
    slot : datetime or None
        None: it was asked for, or is a person's own.
    official, current : bool
    status : str
    verdict : {"PASS", "WARN", "BLOCK"} or None
        Of its gates; None: it was not judged.
    hold : str
        Why it is kept for good; empty: it is not.
    supersedes : str or None
    reason : str
        Why it took that one's place.
    decision : Decision or None
        The last one.
    comments : int
    metrics : tuple of Metric
        At most two: VaR and expected shortfall where it has them, or what else a reader looks at first.
    """

    id: str
    report: str
    as_of: date
    run_at: datetime
    slot: datetime | None
    official: bool
    current: bool
    status: str
    verdict: str | None
    hold: str
    supersedes: str | None
    reason: str
    decision: Decision | None
    comments: int
    metrics: tuple[Metric, ...]

    @property
    def standing(self) -> str:
        """What it counts for: `official`, `superseded` or `own`."""
        if not self.official:
            return "own"
        return "official" if self.current else "superseded"


@dataclass(frozen=True)
class RunsSeen:
    """What was seen.

    Attributes
    ----------
    first, last : date
        Valuation dates, both included.
    runs : tuple of SeenRun
        The latest day first, and of a day the latest run.
    before, after : date or None
        The nearest other days on which the book has runs.
    """

    first: date
    last: date
    runs: tuple[SeenRun, ...] = ()
    before: date | None = None
    after: date | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> RunsSeen:
        """From what the rpc `runs_between` answers with `first` and `last`, or from what `facts` wrote."""
        days = {name: None if told[name] is None else date.fromisoformat(told[name]) for name in ("before", "after")}
        first, last = date.fromisoformat(told["first"]), date.fromisoformat(told["last"])
        return cls(first, last, tuple(map(_run, told["runs"])), **days)

    def facts(self) -> dict[str, Any]:
        """As plain values, which `of` reads back."""
        return dict(_plain(asdict(self)))


def decision(row: Mapping[str, Any] | None) -> Decision | None:
    """From the database's own form."""
    return None if row is None else Decision(row["decision"], row["by"], _moment(row["at"]), row["reason"])


def _run(row: Mapping[str, Any]) -> SeenRun:
    return SeenRun(
        id=row["id"],
        report=row["report"],
        as_of=date.fromisoformat(row["as_of"]),
        run_at=_moment(row["run_at"]),
        slot=None if row["slot"] is None else _moment(row["slot"]),
        official=row["official"],
        current=row["current"],
        status=row["status"],
        verdict=row["verdict"],
        hold=row["hold"] or "",
        supersedes=row["supersedes"],
        reason=row["reason"],
        decision=decision(row["decision"]),
        comments=int(row["comments"]),
        metrics=tuple(Metric(one["name"], float(one["value"]), one["unit"]) for one in row["metrics"]),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value
