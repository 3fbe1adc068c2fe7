"""`riskkit schedule preview`: the coming slots of a report's file."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import click

from riskkit.cli.tables import print_table
from riskkit.errors import InputError
from riskkit.parameters.report_file import load_report
from riskkit.schedules import Slot, Timetable, slots
from riskkit.settings import Settings

#: How far a preview looks: a yearly report has its next slots within it.
_FURTHEST = timedelta(days=4 * 366)


@click.command()
@click.argument("report")
@click.option("-n", "--number", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many slots.")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="First day, UTC.  [default: now]")
@click.option("--project", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The project's folder.")
def preview(report: str, number: int, start: datetime | None, project: Path | None) -> None:
    """Print the coming slots of REPORT (a file's stem in parameters/), with time zone, valuation date and holidays."""
    timetable = _timetable(Settings.load(start=project).project, report)
    after = start.replace(tzinfo=UTC) - timedelta(seconds=1) if start else datetime.now(UTC)
    found = list(islice(slots(timetable, after, after + _FURTHEST), number))
    click.echo(f"{report}: {timetable.cron} by the clock of {timetable.timezone}{_calendar(timetable)}")
    if not found:
        click.echo("No slot in the next four years.")
        return
    columns = tuple((title, "left") for title in ("#", "day", "local time", "UTC", "as of", "note"))
    print_table(columns, [_row(count, one) for count, one in enumerate(found, start=1)])
    if skipped := sum(not one.takes_place for one in found):
        click.echo(f"{skipped} of {len(found)} without a session: no report")


def _timetable(project: Path, report: str) -> Timetable:
    path = project / "parameters" / f"{report}.yml"
    if not report.isidentifier() or not path.is_file():
        known = sorted(one.stem for one in (project / "parameters").glob("*.yml"))
        raise InputError("report", report, "one of " + ", ".join(known) if known else "a file in parameters/")
    timetable = load_report(path).timetable
    if timetable is None:
        raise InputError("schedule", None, "a schedule in the report's file", source=str(path))
    return timetable


def _calendar(timetable: Timetable) -> str:
    if timetable.calendar is None:
        return ", every day"
    return f", sessions of {timetable.calendar}, roll {timetable.roll}, as of {timetable.as_of.replace('_', ' ')}"


def _row(count: int, slot: Slot) -> tuple[str, ...]:
    local = f"{slot.local:%Y-%m-%d %H:%M} {slot.local.tzname()}"
    return (str(count), f"{slot.local:%a}", local, f"{slot.at:%Y-%m-%d %H:%M}", str(slot.as_of or "-"), slot.note)
