"""The state of a team's reports: what ran, what failed, what is late, how far limits are used, what comes next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from riskkit.errors import InputError
from riskkit.metric import Metric
from riskkit.schedules import Slot
from riskkit.status.items import Item, coming, items
from riskkit.status.observed import LimitUse, Observed, ObservedSchedule

_MOST_DAYS = 31


@dataclass(frozen=True)
class StatusSpec:
    """What is looked at.

    Attributes
    ----------
    slot_days : int
        Days of slots up to the day of the page, by the schedules' clocks.
    """

    slot_days: int = 1

    def __post_init__(self) -> None:
        if not 1 <= self.slot_days <= _MOST_DAYS:
            raise InputError("slot_days", self.slot_days, f"a whole number, 1..{_MOST_DAYS}")


@dataclass(frozen=True, eq=False)
class ReportStatus:
    """What was found.

    Attributes
    ----------
    seen : Observed
        The facts.
    spec : StatusSpec
    items : tuple of Item
        Every slot's reports and every request, by moment.
    coming : tuple of (ObservedSchedule, tuple of Slot)
        Of each schedule its next slots.
    """

    seen: Observed
    spec: StatusSpec
    items: tuple[Item, ...]
    coming: tuple[tuple[ObservedSchedule, tuple[Slot, ...]], ...]

    @property
    def now(self) -> datetime:
        """When the facts were seen."""
        return self.seen.now

    @property
    def limits(self) -> tuple[LimitUse, ...]:
        """Limits by their use, the fullest first."""
        return self.seen.limits

    @property
    def counts(self) -> Mapping[str, int]:
        """Items by state, and under `late` how many of them are late."""
        return {**Counter(one.state for one in self.items), "late": len(self.late)}

    @property
    def late(self) -> tuple[Item, ...]:
        """Items that should be there and are not."""
        return tuple(one for one in self.items if one.late)

    @property
    def failed(self) -> tuple[Item, ...]:
        """Items whose job is dead."""
        return tuple(one for one in self.items if one.state == "failed")

    @property
    def estimator(self) -> str:
        """How it is judged, for the page's foot."""
        return (
            "A report is late when it is not there after its schedule's alarm_after_minutes (without: grace_minutes); "
            f"seen at {self.now:%Y-%m-%d %H:%M} UTC by the database's clock."
        )

    def metrics(self) -> tuple[Metric, ...]:
        """Counts of reports by state, and the largest use of a limit."""
        states = ("done", "failed", "late", "due", "queued", "running", "cancelled", "skipped")
        found = [Metric(name, float(self.counts.get(name, 0)), "count") for name in states]
        used = [one.utilisation for one in self.limits if one.utilisation is not None]
        return (*found, *([Metric("largest_limit_use", max(used), "fraction")] if used else []))

    def tables(self) -> dict[str, pd.DataFrame]:
        """Reports, coming slots, and limits."""
        return {
            "reports": pd.DataFrame([_row(one) for one in self.items], columns=list(_REPORT)),
            "coming": pd.DataFrame(
                [
                    (one.path, slot.at.isoformat(), str(slot.as_of), slot.note, one.enabled)
                    for one, next_slots in self.coming
                    for slot in next_slots
                ],
                columns=["schedule", "slot_utc", "as_of", "note", "enabled"],
            ),
            "limits": pd.DataFrame([vars(one) for one in self.limits], columns=list(_LIMIT)),
        }


_REPORT = ("slot_utc", "schedule", "report", "portfolio", "as_of", "state", "late", "verdict", "attempt", "seconds",
           "cell", "reason", "job", "run")  # fmt: skip
_LIMIT = ("team", "book", "report", "as_of", "of", "figure", "soft", "hard", "unit", "utilisation", "verdict", "run")


def report_status(status: Observed, spec: StatusSpec) -> ReportStatus:
    """Judge what was seen.

    Parameters
    ----------
    status : Observed
        Schedules, slots, jobs and limits at one moment.
    spec : StatusSpec

    Returns
    -------
    ReportStatus
        Coming slots are those after the last day, or after now if that is earlier.
    """
    return ReportStatus(status, spec, items(status), coming(status, 3))


def _row(one: Item) -> tuple[object, ...]:
    as_of = "" if one.as_of is None else one.as_of.isoformat()
    return (
        one.at.isoformat(), one.schedule, one.report, one.portfolio, as_of, one.state, one.late, one.verdict or "",
        one.attempt, one.seconds, one.failed_cell, one.reason, one.job or "", one.run or "",
    )  # fmt: skip
