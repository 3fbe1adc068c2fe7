"""What a mail shows, for each kind of message: one page, from which the HTML and the plain text are both made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from riskkit.charts.numbers import SPACE, day, days, level
from riskkit.delivery.files import Enclosed
from riskkit.delivery.told import Told, ToldJob, ToldRun
from riskkit.delivery.words import VERDICTS, failure, figure, last_lines, metric_name, metric_value, moment, tally

#: Figures that a table of books shows, where its runs have them; otherwise each run's first two.
_COLUMNS = ("var", "expected_shortfall")
_TONES = {"PASS": "ok", "WARN": "warn", "BLOCK": "bad"}
#: As many digits of an id as every command understands.
_SHORT = 8


@dataclass(frozen=True)
class Table:
    """Rows under a title; the last column may be a link, as (text, address)."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    links: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class Page:
    """What is shown, from top to bottom.

    Attributes
    ----------
    kicker, heading, sub : str
        Whose it is, what, and as of when.
    pill : (text, tone) or None
    lead : str
        One sentence that says it all.
    notices : sequence of (tone, text)
    tiles : sequence of (label, value)
    tables : sequence of Table
    lines : str
        The last lines of what went wrong.
    figures : sequence of (name, title, description)
    next : sequence of str
        What to do, or where to look.
    link : str or None
        Where the report is found.
    footer : sequence of (name, value)
    """

    kicker: str
    heading: str
    sub: str
    pill: tuple[str, str] | None
    lead: str
    notices: Sequence[tuple[str, str]] = ()
    tiles: Sequence[tuple[str, str]] = ()
    tables: Sequence[Table] = ()
    lines: str = ""
    figures: Sequence[tuple[str, str, str]] = ()
    next: Sequence[str] = ()
    link: str | None = None
    footer: Sequence[tuple[str, str]] = field(default=())


def page(told: Told, files: Enclosed, base: str | None) -> Page:
    """The page of a message.

    Parameters
    ----------
    told : Told
    files : Enclosed
        What goes with the mail.
    base : str or None
        Where people find the folder `reports/`.
    """
    if told.kind == "report":
        return _report(told, files, base)
    return {"failure": _failure, "digest": _digest, "alarm": _alarm}[told.kind](told, base)


def place(run: ToldRun, job: ToldJob) -> str:
    """The folder of a run, below `reports/`."""
    return f"{run.report}/{run.as_of}/{job.portfolio}/{run.id}/report.html"


def link_of(told: Told, base: str | None) -> str | None:
    """The address of a report that is told alone; None where nobody has said where reports are found."""
    run = told.jobs[0].run if told.kind == "report" and told.jobs else None
    return None if run is None or base is None else f"{base}/{place(run, told.jobs[0])}"


def _report(told: Told, files: Enclosed, base: str | None) -> Page:
    (job,) = told.jobs
    run = job.run
    assert run is not None  # noqa: S101 (a report's delivery has a run)
    notices = [(_TONES[one.verdict], f"{one.verdict}: {one.sentence}") for one in run.findings]
    if run.verdict == "BLOCK":
        notices.insert(
            0, ("bad", "A gate holds this report back: you get it because it is yours, and nobody else does.")
        )
    if run.reason:
        notices.insert(0, ("plain", f"This report takes the place of the one sent before: {run.reason}"))
    code = run.code.get("commit") or run.code.get("version") or ""
    changed = ", with changes of its own" if run.code.get("dirty") else ""
    footer = [
        ("Run", run.id),
        ("Computed", f"{run.run_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"),
        ("Code", f"{str(code)[:12]}{changed}"),
        ("Slot", moment(told.slot)),
    ]
    return Page(
        kicker=_kicker(told, job),
        heading=told.title,
        sub=f"As of {day(run.as_of)}",
        pill=(VERDICTS[run.verdict], _TONES[run.verdict]) if run.verdict else None,
        lead=_lead(run),
        notices=notices,
        # On a phone the unit goes below a long figure.
        tiles=[(metric_name(run, one), metric_value(one).replace(SPACE, " ")) for one in run.metrics[:6]],
        figures=[(name, *files.captions.get(name, (_title(name), _title(name)))) for name in files.figures],
        next=_enclosed(files, base, place(run, job)),
        link=link_of(told, base),
        footer=[*footer, *_why(told)],
    )


def _lead(run: ToldRun) -> str:
    var, shortfall = (next((m for m in run.metrics if m.name == name), None) for name in _COLUMNS)
    confidence, horizon = run.parameters.get("confidence_level"), run.parameters.get("horizon_days")
    if var is None or not isinstance(confidence, float) or not isinstance(horizon, int):
        return ""
    beyond = f"; where it does, by {metric_value(shortfall)} on average" if shortfall is not None else ""
    sure, over = level(confidence), days(horizon)
    return f"With {sure} confidence the loss over {over} does not exceed {metric_value(var)}{beyond}."


def _failure(told: Told, _base: str | None) -> Page:
    (job,) = told.jobs
    short = job.id[:_SHORT]
    mend = [f"See what happened: riskkit jobs show {short}", f"Once it is mended: riskkit jobs redrive {short}"]
    return Page(
        kicker=_kicker(told, job),
        heading=f"No report: {told.title}",
        sub=_sub(told),
        pill=("Failed", "bad"),
        lead=f"The report was not made, and attempt {job.attempt} was the last: {failure(job)}.",
        lines=last_lines(job),
        next=mend if _mends(told) else ["Whoever runs this report has been told."],
        footer=[("Job", job.id), ("Slot", moment(told.slot)), *_why(told)],
    )


def _digest(told: Told, base: str | None) -> Page:
    made = [job for job in told.jobs if job.run is not None]
    rest = [job for job in told.jobs if job.run is None]
    tables = [_failed(told, rest)] if rest else []
    if made:
        columns = _columns(made)
        head = ("Portfolio", *(_column(made, name) for name in columns), "Gates")
        rows = tuple((_book(job), *(figure(job.run, name) for name in columns), _verdict(job)) for job in made)
        links = tuple(f"{base}/{place(job.run, job)}" if base and job.run else None for job in made)
        tables.append(Table("Reports", head, rows, links))
    tone = "bad" if any(job.state == "dead" for job in rest) else "warn" if rest or _warned(made) else "ok"
    hints = [] if base else [f"The reports lie in reports/{told.report}/{told.as_of or ''}".rstrip("/")]
    if rest and _mends(told):
        hints.append("What happened: riskkit jobs show JOB. Once it is mended: riskkit jobs redrive JOB")
    return Page(
        kicker=told.path,
        heading=told.title,
        sub=_sub(told),
        pill=(f"{len(made)} of {len(told.jobs)}", tone),
        lead=f"{tally(told).capitalize()}.",
        tables=tables,
        next=hints,
        footer=[("Slot", moment(told.slot)), *_why(told)],
    )


def _alarm(told: Told, _base: str | None) -> Page:
    late = [job for job in told.jobs if job.run is None]
    if told.outcome == "skipped_misfire":
        lead = "Nobody was there to make it in time, and its schedule does not make up for it."
    elif not told.jobs:
        lead = "There was no portfolio to make it for."
    else:
        lead = f"It is not there: {tally(told)}."
    return Page(
        kicker=told.path,
        heading=f"Not there: {told.title}",
        sub=f"Expected by {moment(told.due_at)}",
        pill=("Late", "bad"),
        lead=lead,
        tables=[_failed(told, late)] if late else [],
        next=["Is a worker running? riskkit jobs list; riskkit status"] if _mends(told) else [],
        footer=[("Slot", moment(told.slot)), *([("Note", told.note)] if told.note else []), *_why(told)],
    )


def _failed(told: Told, jobs: Sequence[ToldJob]) -> Table:
    """Each book without a report: its cell, the reason, and for those who can mend it the job."""
    mends = _mends(told)
    head = ("Portfolio", "Why", "Last line", "Job") if mends else ("Portfolio", "Why")
    rows = [(_book(job), failure(job), *((_last_line(job), job.id[:_SHORT]) if mends else ())) for job in jobs]
    return Table("Without a report", head, tuple(rows))


def _last_line(job: ToldJob) -> str:
    lines = [line for line in last_lines(job).splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""


def _columns(made: Sequence[ToldJob]) -> tuple[str, ...]:
    names = list(dict.fromkeys(one.name for job in made if job.run is not None for one in job.run.metrics))
    return tuple(name for name in _COLUMNS if name in names) or tuple(names[:2])


def _column(made: Sequence[ToldJob], name: str) -> str:
    for job in made:
        for one in job.run.metrics if job.run is not None else ():
            if one.name == name and job.run is not None:
                return metric_name(job.run, one)
    return name


def _verdict(job: ToldJob) -> str:
    return job.run.verdict if job.run is not None else ""


def _warned(made: Sequence[ToldJob]) -> bool:
    return any(_verdict(job) in ("WARN", "BLOCK") for job in made)


def _enclosed(files: Enclosed, base: str | None, folder: str) -> list[str]:
    said = []
    if files.documents:
        said.append(f"Attached: {', '.join(files.documents)}")
    if files.left_out:
        said.append(f"Left out, for the mail's size: {', '.join(files.left_out)}")
    return said if base else [*said, f"The report lies in reports/{folder}"]


def _kicker(told: Told, job: ToldJob) -> str:
    return f"{job.title} ({job.portfolio})" if job.title and job.portfolio else job.portfolio or told.path


def _book(job: ToldJob) -> str:
    return job.portfolio or "(none)"


def _sub(told: Told) -> str:
    return f"As of {day(told.as_of)}" if told.as_of is not None else f"Slot of {moment(told.slot)}"


def _mends(told: Told) -> bool:
    return told.role in ("analyst", "approver", "admin")


def _why(told: Told) -> Iterator[tuple[str, str]]:
    yield "Sent", f"to {told.recipient}, {told.role} in team {told.team}, for the schedule {told.path}"


def _title(name: str) -> str:
    """From a file's name: `figures/02_pnl_distribution.png` shows a pnl distribution."""
    return (
        name.rsplit("/", 1)[-1]
        .removesuffix(".png")
        .lstrip("0123456789-_")
        .replace("_", " ")
        .replace("-", " ")
        .capitalize()
    )


def as_context(shown: Page, cids: Mapping[str, str]) -> dict[str, object]:
    """The page as the template takes it; figures by their content-ids."""
    figures = [(cids[name], title, told) for name, title, told in shown.figures]
    return {"page": shown, "figures": figures}
