"""`riskkit schedule sync`: the schedules of the project's files, written to the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from riskkit import session
from riskkit.errors import Forbidden, InputError
from riskkit.parameters.report_file import load_reports
from riskkit.scheduling.files import Change, apply, changes
from riskkit.settings import Settings
from riskkit.store.connect import open_schedules, open_store
from riskkit.store.contract import Member

#: Roles that may write schedules.
_WRITERS = ("analyst", "approver", "admin")


@click.command()
@click.option(
    "--team",
    "teams",
    multiple=True,
    metavar="SLUG",
    help="Only this team's; may be given several times.  [default: all where you are analyst or more]",
)
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
@click.option("--project", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The project's folder.")
def sync(teams: tuple[str, ...], dry_run: bool, project: Path | None) -> None:
    """Bring your teams' schedules into line with the files in parameters/.

    All files are checked first, and nothing is written if one has a fault. A schedule that no file defines any more is
    paused, never deleted. One that somebody paused stays paused.
    """
    settings = Settings.load(start=project)
    reports = load_reports(settings.project)
    whose = session.current(settings)
    with open_store(settings, whose) as books, open_schedules(settings, whose) as store:
        seen = books.portfolios()
        chosen = _teams(books.member(), teams)
        found = changes(reports, seen, store.schedules(), chosen)
        if not dry_run:
            apply(store, found, store.team_ids(chosen))
    for one in found:
        click.echo(_line(one, dry_run))
    counts = {kind: sum(one.kind == kind for one in found) for kind in ("add", "change", "pause", "keep")}
    said = f"{counts['add']} added, {counts['change']} changed, {counts['pause']} paused, {counts['keep']} in line"
    click.echo(f"{', '.join(chosen)}: {said}" + ("; nothing was written." if dry_run else "."))


def _teams(member: Member, asked: Sequence[str]) -> tuple[str, ...]:
    may = tuple(team for team, role in member.teams if role in _WRITERS)
    for team in asked:
        if team not in dict(member.teams):
            raise InputError("--team", team, "one of your teams: " + ", ".join(dict(member.teams)))
        if team not in may:
            raise Forbidden(f"Writing schedules takes the role analyst in {team}.")
    if not may:
        raise Forbidden("Writing schedules takes the role analyst in a team.")
    return tuple(sorted(set(asked))) or may


def _line(one: Change, dry_run: bool) -> str:
    would = "would be " if dry_run else ""
    words = {
        "add": f"{would}added: {_when(one)}",
        "change": f"{would}changed: {_fields(one.fields)}",
        "keep": "in line",
        "pause": f"{would}paused: no file defines it",
        "gone": "paused: no file defines it",
    }
    stays = one.kind in ("keep", "change") and one.paused
    note = " (paused; `riskkit schedule resume` fires it again)" if stays else ""
    return f"{one.team}/{one.name}  {words[one.kind]}{note}"


def _when(one: Change) -> str:
    if one.plan is None:
        return ""
    when = one.plan.timetable
    calendar = f", sessions of {when.calendar}" if when.calendar else ""
    return f"{when.cron} {when.timezone}{calendar}, for {', '.join(_book(name) for name in one.plan.portfolios)}"


def _book(selector: str) -> str:
    return "all portfolios" if selector == "*" else selector


def _fields(fields: Mapping[str, tuple[Any, Any]]) -> str:
    return "; ".join(f"{name} {before!r} -> {after!r}" for name, (before, after) in fields.items())
