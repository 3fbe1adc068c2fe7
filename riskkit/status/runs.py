"""The runs of a book between two days: which stand, what their gates said, and what is still to be decided."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from riskkit.errors import InputError
from riskkit.metric import Metric
from riskkit.status.runs_seen import RunsSeen, SeenRun

_MOST_DAYS = 31
_REPORT = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class RunsSpec:
    """What is looked at.

    Attributes
    ----------
    calendar_days : int
        Valuation dates up to the day of the page.
    report : str
        Only the runs of this one; empty: of all.
    """

    calendar_days: int = 31
    report: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.calendar_days <= _MOST_DAYS:
            raise InputError("calendar_days", self.calendar_days, f"a whole number, 1..{_MOST_DAYS}")
        if self.report and not _REPORT.fullmatch(self.report):
            raise InputError("report", self.report, "a report's name, such as portfolio_var, or nothing for all")


@dataclass(frozen=True, eq=False)
class ReportRuns:
    """What was found.

    Attributes
    ----------
    seen : RunsSeen
        The facts.
    spec : RunsSpec
    """

    seen: RunsSeen
    spec: RunsSpec

    @property
    def runs(self) -> tuple[SeenRun, ...]:
        """The latest day first."""
        return tuple(one for one in self.seen.runs if self.spec.report in ("", one.report))

    @property
    def standing(self) -> tuple[SeenRun, ...]:
        """The official ones whose place nobody took."""
        return tuple(one for one in self.runs if one.standing == "official")

    @property
    def undecided(self) -> tuple[SeenRun, ...]:
        """Those that count and that nobody has approved or rejected as they are."""
        return tuple(one for one in self.standing if one.decision is None or one.decision.decision == "void")

    @property
    def reports(self) -> tuple[str, ...]:
        """Every report that has a run here, whichever is looked at."""
        return tuple(sorted({one.report for one in self.seen.runs}))

    @property
    def verdicts(self) -> Mapping[str, int]:
        """Of those that count: how many by verdict."""
        return Counter(one.verdict or "not judged" for one in self.standing)

    def on(self, day: date) -> tuple[SeenRun, ...]:
        """The runs of a valuation date."""
        return tuple(one for one in self.runs if one.as_of == day)

    @property
    def estimator(self) -> str:
        """How it is judged, for the page's foot."""
        return (
            "Of the official runs of a report, a portfolio and a slot one is current; where there is no slot, of a "
            "valuation date and parameters. A decision is bound to the run's hash."
        )

    def metrics(self) -> tuple[Metric, ...]:
        """Counts of current official runs, by what was said of them."""
        decided = Counter(one.decision.decision for one in self.standing if one.decision is not None)
        found = {
            "runs": len(self.standing),
            "warned": self.verdicts.get("WARN", 0),
            "blocked": self.verdicts.get("BLOCK", 0),
            "approved": decided["approved"],
            "rejected": decided["rejected"],
            "undecided": len(self.undecided),
            "superseded": sum(one.standing == "superseded" for one in self.runs),
        }
        return tuple(Metric(name, float(count), "count") for name, count in found.items())

    def tables(self) -> dict[str, pd.DataFrame]:
        """Every run."""
        return {"runs": pd.DataFrame([_row(one) for one in self.runs], columns=list(_COLUMNS))}


_COLUMNS = ("as_of", "report", "standing", "verdict", "figure", "value", "unit", "decision", "decided_by", "comments",
            "slot_utc", "made_utc", "supersedes", "reason", "hold", "run")  # fmt: skip


def report_runs(runs: RunsSeen, spec: RunsSpec) -> ReportRuns:
    """Look through what was seen.

    Parameters
    ----------
    runs : RunsSeen
        Runs of one book between two days.
    spec : RunsSpec

    Returns
    -------
    ReportRuns
    """
    return ReportRuns(runs, spec)


def _row(one: SeenRun) -> tuple[object, ...]:
    figure = one.metrics[0] if one.metrics else None
    return (
        one.as_of.isoformat(), one.report, one.standing, one.verdict or "",
        figure and figure.name, figure and figure.value, figure and figure.unit,
        one.decision.decision if one.decision else "", one.decision.by if one.decision else "", one.comments,
        one.slot.isoformat() if one.slot else "", one.run_at.isoformat(), one.supersedes or "", one.reason, one.hold,
        one.id,
    )  # fmt: skip
