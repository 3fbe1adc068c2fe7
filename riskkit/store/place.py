"""The place of a run: the slot it is for, the attempt that made it, and the run whose place it took."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

#: Columns of `report_runs`.
COLUMNS = "schedule_id,slot,attempt,failures,supersedes,reason,current,hold"


@dataclass(frozen=True)
class Place:
    """Where a run stands among those of its report and portfolio. All empty for a person's own run.

    Attributes
    ----------
    schedule_id : str or None
        The schedule it was made for.
    slot : datetime or None
        The schedule's slot; every rerun keeps it.
    attempt : int or None
        Which attempt of its job made it, counted from 1.
    failures : tuple of mapping
        What went wrong in earlier attempts: type, message, cell, attempt, at.
    supersedes : str or None
        The run whose place it took.
    reason : str
        Why it took that place.
    current : bool
        False once another official run has taken its place.
    hold : str
        Why retention never removes it; empty where it may.
    """

    schedule_id: str | None = None
    slot: datetime | None = None
    attempt: int | None = None
    failures: tuple[Mapping[str, Any], ...] = ()
    supersedes: str | None = None
    reason: str = ""
    current: bool = True
    hold: str = ""

    @property
    def facts(self) -> dict[str, Any]:
        """What never changes of it, as `run.json` and the database have it."""
        return {
            "schedule_id": self.schedule_id,
            "slot": None if self.slot is None else self.slot.astimezone(UTC).isoformat(),
            "attempt": self.attempt,
            "failures": [dict(one) for one in self.failures],
            "supersedes": self.supersedes,
            "reason": self.reason,
        }


def place(row: Mapping[str, Any]) -> Place:
    """From a row of `report_runs`."""
    slot = row.get("slot")
    return Place(
        schedule_id=row.get("schedule_id"),
        slot=None if slot is None else datetime.fromisoformat(slot),
        attempt=row.get("attempt"),
        failures=tuple(row.get("failures", ())),
        supersedes=row.get("supersedes"),
        reason=row.get("reason", ""),
        current=row.get("current", True),
        hold=row.get("hold") or "",
    )
