"""Figures and findings in the words that a mail, its subject and a webhook share."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from riskkit.charts.numbers import SPACE, day, days, decimals_of, level, number, percent
from riskkit.delivery.told import Told, ToldJob, ToldRun
from riskkit.metric import Metric

#: What people call the headline figures; others are called by their own names.
_NAMES = {
    "var": "Value at risk",
    "expected_shortfall": "Expected shortfall",
    "value": "Value",
    "gross_value": "Gross value",
    "standard_deviation": "Standard deviation",
    "n_scenarios": "Scenarios",
}
#: Figures that hold at a confidence level and over a horizon.
_AT_LEVEL = ("var", "expected_shortfall")
VERDICTS = {"PASS": "All gates passed", "WARN": "Passed with warnings", "BLOCK": "Held back by a gate"}
#: Longest subject: what a phone shows and a header holds on one line.
_SUBJECT = 180


def metric_name(run: ToldRun, metric: Metric) -> str:
    """What a reader calls it, with level and horizon where the run says them."""
    name = _NAMES.get(metric.name, metric.name.replace("_", " ").capitalize())
    confidence, horizon = run.parameters.get("confidence_level"), run.parameters.get("horizon_days")
    if metric.name in _AT_LEVEL and isinstance(confidence, float):
        over = f", {days(horizon)}" if isinstance(horizon, int) else ""
        return f"{name} {level(confidence)}{over}"
    return name


def metric_value(metric: Metric) -> str:
    """The figure with its unit.

    >>> metric_value(Metric("var", 1900447.4, "USD")), metric_value(Metric("coverage", 0.987, "fraction"))
    ('1,900,447\\xa0USD', '98.70\\xa0%')
    """
    if metric.unit == "fraction":
        return percent(metric.value)
    if metric.unit == "count":
        return number(metric.value)
    if metric.unit == "days":
        return (
            days(int(metric.value)) if metric.value == int(metric.value) else number(metric.value, 1) + SPACE + "days"
        )
    return number(metric.value, decimals_of(metric.value, metric.unit)) + SPACE + metric.unit


def figure(run: ToldRun | None, name: str) -> str:
    """A headline figure of a run; empty if it has none of that name."""
    found = next((one for one in run.metrics if one.name == name), None) if run is not None else None
    return "" if found is None else metric_value(found)


def clock(value: datetime) -> str:
    """The time of day, and by whose clock.

    >>> from zoneinfo import ZoneInfo
    >>> clock(datetime(2022, 12, 28, 18, 15, tzinfo=ZoneInfo("America/New_York")))
    '18:15 New York time'
    """
    place = str(value.tzinfo).rpartition("/")[2].replace("_", " ")
    return f"{value:%H:%M} {place}" + ("" if place == "UTC" else " time")


def moment(value: datetime) -> str:
    """Day and time, with the clock it is read from."""
    return f"{value:%a} {day(value)}, {clock(value)}"


def subject(told: Told) -> str:
    """What the message is, of what and when, and the figure that everybody looks for first."""
    return _cut(
        {"report": _of_report, "failure": _of_failure, "digest": _of_digest, "alarm": _of_alarm}[told.kind](told)
    )


def failure(job: ToldJob) -> str:
    """Why a book has no report, in a line."""
    if job.held_back:
        return "held back by a gate: its owner has been told"
    if job.state == "cancelled":
        return "cancelled"
    if job.state != "dead":
        return f"{job.state}, {job.percent or 0} % done" if job.state == "running" else job.state
    where = f"cell {job.error['cell']}: " if job.error.get("cell") is not None else ""
    return f"{where}{job.error.get('type', 'failed')}"


def last_lines(job: ToldJob) -> str:
    """What went wrong, for those who can mend it; empty for others."""
    return str(job.error.get("message", ""))


def counts(told: Told) -> tuple[int, int, int]:
    """How many books have a report for this reader, failed, and are held back."""
    delivered = sum(job.delivered for job in told.jobs)
    held = sum(job.held_back for job in told.jobs)
    return delivered, len(told.jobs) - delivered - held, held


def tally(told: Told) -> str:
    """The counts as a sentence's middle."""
    delivered, failed, held = counts(told)
    parts = [f"{delivered} of {len(told.jobs)} reports made"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{held} held back"] if held else []
    return ", ".join(parts)


def _of_report(told: Told) -> str:
    (job,) = told.jobs
    run = job.run
    assert run is not None  # noqa: S101 (a report's delivery has a run)
    var = next((one for one in run.metrics if one.name == "var"), None)
    facts = [job.portfolio, day(run.as_of), run.verdict]
    if var is not None:
        confidence = run.parameters.get("confidence_level")
        facts.append(
            f"VaR {level(confidence)} {metric_value(var)}"
            if isinstance(confidence, float)
            else f"VaR {metric_value(var)}"
        )
    again = "Corrected: " if run.reason else ""
    return f"{again}{told.title}: {', '.join(fact for fact in facts if fact)}"


def _of_failure(told: Told) -> str:
    (job,) = told.jobs
    return f"No report: {told.title}, {', '.join(_where(told, job))}, {failure(job)}"


def _of_digest(told: Told) -> str:
    return f"{told.title}: {', '.join(_as_of(told))}{', ' if told.as_of else ''}{tally(told)}"


def _of_alarm(told: Told) -> str:
    return f"Not there: {told.title}, {told.path}, expected by {clock(told.due_at)}"


def _where(told: Told, job: ToldJob) -> Iterator[str]:
    yield job.portfolio or told.path
    yield from _as_of(told)


def _as_of(told: Told) -> Iterator[str]:
    if told.as_of is not None:
        yield day(told.as_of)


def _cut(text: str) -> str:
    text = text.replace(SPACE, " ")
    return text if len(text) <= _SUBJECT else text[: _SUBJECT - 1].rstrip() + "…"
