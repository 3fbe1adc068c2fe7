"""What is on record of a book's limits at one moment, as facts; judged in `use` and `breaches`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from riskkit.gates import Limit


@dataclass(frozen=True)
class LimitVersion:
    """A limit from one day to another.

    Attributes
    ----------
    id : str
    limit : Limit
    note : str
    valid_from : date
    valid_to : date or None
        The first day on which it no longer holds; None: nobody has ended it.
    set_by, ended_by : str
        Addresses; empty: the service, or nobody yet.
    set_at : datetime
    ended_at : datetime or None
    """

    id: str
    limit: Limit
    note: str
    valid_from: date
    valid_to: date | None
    set_by: str
    set_at: datetime
    ended_by: str
    ended_at: datetime | None

    def holds(self, day: date) -> bool:
        """Whether it is in force on a day."""
        return self.valid_from <= day and (self.valid_to is None or self.valid_to > day)


@dataclass(frozen=True)
class FoundUse:
    """A finding of the gate on limits, as the run keeps it: `of` is what is bounded, as people read it."""

    of: str
    figure: float
    unit: str
    soft: float | None
    hard: float | None


@dataclass(frozen=True)
class JudgedRun:
    """An official run, and what its gates found of limits."""

    id: str
    report: str
    as_of: date
    run_at: datetime
    findings: tuple[FoundUse, ...]


@dataclass(frozen=True)
class Measured:
    """A figure of a report's latest run that can be bounded; `value` is known for one of the whole book only."""

    report: str
    run: str
    as_of: date
    name: str
    unit: str
    scope: str
    value: float | None


@dataclass(frozen=True)
class Acknowledgement:
    """Who saw that a limit was breached in a run, and what they said of it; `limit` and `run` are ids."""

    limit: str
    run: str
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True)
class LimitFacts:
    """Everything that was seen in one look.

    Attributes
    ----------
    now : datetime
        The database's clock.
    as_of : date
        Limits in force on this day, runs up to it.
    limits : tuple of LimitVersion
        Every version of every limit of the book.
    runs : tuple of JudgedRun
        The current official ones of the last days that have one, oldest first.
    figures : tuple of Measured
    acknowledgements : tuple of Acknowledgement
        Of these runs.
    """

    now: datetime
    as_of: date
    limits: tuple[LimitVersion, ...] = ()
    runs: tuple[JudgedRun, ...] = ()
    figures: tuple[Measured, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> LimitFacts:
        """From what the rpc `limit_facts` answers, or from what `facts` wrote."""
        return cls(
            _moment(told["now"]),
            date.fromisoformat(told["as_of"]),
            tuple(map(_version, told["limits"])),
            tuple(map(_run, told["runs"])),
            tuple(
                Measured(**{**row, "as_of": date.fromisoformat(row["as_of"]), "value": _float(row["value"])})
                for row in told["figures"]
            ),
            tuple(Acknowledgement(**{**row, "at": _moment(row["at"])}) for row in told["acknowledgements"]),
        )

    def facts(self) -> dict[str, Any]:
        """As plain values, which `of` reads back."""
        return {
            "now": _plain(self.now),
            "as_of": _plain(self.as_of),
            "limits": [
                {name: _plain(value) for name, value in {**vars(one), **vars(one.limit)}.items() if name != "limit"}
                for one in self.limits
            ],
            "runs": [
                {**_row(one, "findings"), "findings": [asdict(found) for found in one.findings]} for one in self.runs
            ],
            "figures": [_row(one) for one in self.figures],
            "acknowledgements": [_row(one) for one in self.acknowledgements],
        }


def _version(row: Mapping[str, Any]) -> LimitVersion:
    limit = Limit(
        row["metric"], row["unit"], _float(row["soft"]), _float(row["hard"]), row["scope"], row["scope_value"],
        row["basis"],
    )  # fmt: skip
    ends, ended_at = row["valid_to"], row["ended_at"]
    return LimitVersion(
        row["id"], limit, row["note"], date.fromisoformat(row["valid_from"]),
        None if ends is None else date.fromisoformat(ends), row["set_by"], _moment(row["set_at"]), row["ended_by"],
        None if ended_at is None else _moment(ended_at),
    )  # fmt: skip


def _run(row: Mapping[str, Any]) -> JudgedRun:
    found = tuple(
        FoundUse(one["of"], float(one["figure"]), one["unit"], _float(one["soft"]), _float(one["hard"]))
        for one in row["findings"]
    )
    return JudgedRun(row["id"], row["report"], date.fromisoformat(row["as_of"]), _moment(row["run_at"]), found)


def _row(one: Any, *without: str) -> dict[str, Any]:
    return {name: _plain(value) for name, value in vars(one).items() if name not in without}


def _float(value: Any) -> float | None:
    return None if value is None else float(value)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value
