"""Finding runs: by report, portfolio, day and figure, in one request."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from riskkit.errors import InputError
from riskkit.gates import Verdict
from riskkit.metric import Metric
from riskkit.store.rest import Rest

#: Longest operators first, so that `>=` is not read as `>`.
OPERATORS = (">=", "<=", "!=", "=", ">", "<")
_CONDITION = re.compile(r"\s*(?P<metric>[^\s<>=!]*)\s*(?P<op>>=|<=|!=|==|=|>|<)?\s*(?P<value>.*?)\s*", re.DOTALL)
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
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
    )
