"""Finding runs: by report, portfolio, day and figure, in one request."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from riskkit.errors import InputError
from riskkit.gates import Verdict
from riskkit.metric import Metric
from riskkit.store.queue import between
from riskkit.store.rest import PAGE, Rest

#: Longest operators first, so that `>=` is not read as `>`.
OPERATORS = (">=", "<=", "!=", "=", ">", "<")
_CONDITION = re.compile(r"\s*(?P<metric>[^\s<>=!]*)\s*(?P<op>>=|<=|!=|==|=|>|<)?\s*(?P<value>.*?)\s*", re.DOTALL)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
#: What tells runs apart whose ids begin alike, and how many of them are named.
_NAMED, _LISTED = "id,report,as_of,portfolios(slug)", 5
_NUMBER = re.compile(r"[+-]?(\d[\d_]*\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")


@dataclass(frozen=True)
class Condition:
    """What a headline figure must be.

    Attributes
    ----------
    metric : str
        The figure's name: `var`.
    op : str
        One of `OPERATORS`.
    value : float
        In the metric's own unit.
    """

    metric: str
    op: str
    value: float


@dataclass(frozen=True)
class Wanted:
    """Which runs to find; None: any.

    Attributes
    ----------
    report : str or None
    portfolio_id : str or None
    first, last : date or None
        Valuation dates, both included.
    official : bool or None
    where : tuple of Condition
        All of them must hold.
    """

    report: str | None = None
    portfolio_id: str | None = None
    first: date | None = None
    last: date | None = None
    official: bool | None = None
    where: tuple[Condition, ...] = field(default=())


@dataclass(frozen=True)
class FoundRun:
    """A run as a list shows it.

    Attributes
    ----------
    id, report : str
    portfolio : str
        `team/portfolio`.
    as_of : date
    run_at : datetime
    official : bool
    status : str
    metrics : tuple of Metric
        The headline figures, in the run's own order.
    verdict : {"PASS", "WARN", "BLOCK"} or None
        Of its gates; None: it was not judged.
    current : bool
        False: another official run has taken its place.
    hold : str
        Why retention never removes it; empty where it may.
    """

    id: str
    report: str
    portfolio: str
    as_of: date
    run_at: datetime
    official: bool
    status: str
    metrics: tuple[Metric, ...]
    verdict: Verdict | None
    current: bool
    hold: str


@dataclass(frozen=True)
class DoomedRun:
    """A run that retention would remove now; `portfolio` is `team/portfolio`."""

    id: str
    report: str
    portfolio: str
    as_of: date
    run_at: datetime
    current: bool
    official: bool


def condition(text: str) -> Condition:
    """From `name comparison number`, and nothing else.

    Raises
    ------
    InputError
        Says which of the three will not do.

    Examples
    --------
    >>> condition("var > 5e6")
    Condition(metric='var', op='>', value=5000000.0)
    >>> condition("var <> 5")
    Traceback (most recent call last):
    riskkit.errors.InputError: where, number: got '> 5'; expected a number such as 5e6 or 1_000_000
    """
    read = _CONDITION.fullmatch(text)
    metric, op, number = (read["metric"], read["op"], read["value"]) if read else ("", None, "")
    if not _NAME.fullmatch(metric):
        raise InputError("where, name", metric or text, "a metric's name, a comparison and a number: var > 5e6")
    if op is None:
        raise InputError("where, comparison", number, "one of " + " ".join(OPERATORS))
    if not _NUMBER.fullmatch(number) or not math.isfinite(value := float(number)) or abs(value) >= 1e18:
        raise InputError("where, number", number, "a number such as 5e6 or 1_000_000")
    return Condition(metric, "=" if op == "==" else op, value)


class Runs(Rest):
    """Finds runs as the user whose token `access_token` gives; row-level security decides which there are."""

    def search(self, wanted: Wanted, limit: int = 20) -> tuple[FoundRun, ...]:
        """The latest runs that are wanted, newest first.

        Raises
        ------
        InputError
            No run has a metric of that name; names those there are.
        """
        rows = self._call(
            "search_runs",
            p_report=wanted.report,
            p_portfolio=wanted.portfolio_id,
            p_from=None if wanted.first is None else wanted.first.isoformat(),
            p_until=None if wanted.last is None else wanted.last.isoformat(),
            p_official=wanted.official,
            p_where=[vars(one) for one in wanted.where],
            p_limit=limit,
        )
        return tuple(map(_found, rows))

    def named(self, beginning: str) -> str:
        """The id of the run whose id this is or begins with.

        Raises
        ------
        InputError
            There is none that the user may see, or there are several: names them.
        """
        first, last = between("run", beginning)
        found = self._select("report_runs", _NAMED, lambda q: q.gte("id", first).lte("id", last))
        if len(found) == 1:
            return str(found[0]["id"])
        expected = "the id of a run that you may see"
        if found:
            several = "; ".join(map(_named, found[:_LISTED])) + ("; …" if len(found) > _LISTED else "")
            expected = f"more of the id, for it begins those of {len(found)} runs: {several}"
        raise InputError("run", beginning, expected)

    def successor(self, run_id: str) -> tuple[str, str] | None:
        """The run that superseded this one, and why."""
        found = self._select("report_runs", "id,reason", lambda q: q.eq("supersedes", run_id))
        return (found[-1]["id"], found[-1]["reason"]) if found else None

    def rerun(self, run_id: str, reason: str) -> str:
        """Queue a current official run again, for its slot and day and with its parameters; the job's id.

        Raises
        ------
        InputError
            The run cannot be made again, or the reason is none.
        Forbidden
            The user is no analyst of its team.
        """
        return str(self._call("rerun_run", p_run=run_id, p_reason=reason))

    def hold(self, run_id: str, reason: str) -> None:
        """Keep a run whatever retention says. Analyst and up."""
        self._call("hold_run", p_run=run_id, p_reason=reason)

    def release(self, run_id: str) -> bool:
        """Let retention remove a run that was on hold; False if it was on none. Approver and up."""
        return bool(self._call("release_run", p_run=run_id))

    def to_prune(self, limit: int = PAGE) -> tuple[DoomedRun, ...]:
        """What retention would remove now of the user's teams, oldest first."""
        return tuple(map(_doomed, self._call("runs_to_prune", p_limit=limit)))


def _named(row: Mapping[str, Any]) -> str:
    return f"{row['id']} ({row['report']}, {row['portfolios']['slug']}, {row['as_of']})"


def _doomed(row: dict[str, Any]) -> DoomedRun:
    book, made = f"{row['team']}/{row['portfolio']}", datetime.fromisoformat(row["run_at"])
    day, current, official = date.fromisoformat(row["as_of"]), row["current"], row["official"]
    return DoomedRun(row["id"], row["report"], book, day, made, current, official)


def _found(row: dict[str, Any]) -> FoundRun:
    return FoundRun(
        id=row["id"],
        report=row["report"],
        portfolio=f"{row['team']}/{row['portfolio']}",
        as_of=date.fromisoformat(row["as_of"]),
        run_at=datetime.fromisoformat(row["run_at"]),
        official=row["official"],
        status=row["status"],
        metrics=tuple(Metric(one["name"], float(one["value"]), one["unit"]) for one in row["metrics"]),
        verdict=row["verdict"],
        current=row["current"],
        hold=row["hold"] or "",
    )
