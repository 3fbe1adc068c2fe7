"""`riskkit schedule`: when reports are due; from the project's files into the database, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import click

from riskkit import session
from riskkit.cli.schedule_preview import preview
from riskkit.cli.schedule_sync import sync
from riskkit.cli.signed_in import day_option
from riskkit.cli.tables import print_table
from riskkit.errors import InputError
from riskkit.scheduling.backfill import past_slots
from riskkit.scheduling.coming import next_slot
from riskkit.settings import Settings
from riskkit.store.connect import open_schedules
from riskkit.store.schedules import LastFire, Schedule, Schedules

_OUTCOMES = {
    "skipped_holiday": "no session",
    "skipped_misfire": "missed, dropped",
    "coalesced": "missed, a later one stands for it",
}


@click.group()
def command() -> None:
    """See, sync, pause and backfill the schedules of reports.

    A report's file in parameters/ says when it is due; `sync` writes that to the database, where `riskkit scheduler`
    fires it and `riskkit worker` makes the reports.
    """


command.add_command(preview)
command.add_command(sync)


@command.command("list")
def list_() -> None:
    """List your teams' schedules: next slot, last slot and what became of it."""
    with _schedules() as store:
        found, fires = store.schedules(), store.last_fires()
    if not found:
        click.echo("There is no schedule yet. A file in parameters/ defines one; `riskkit schedule sync` writes it.")
        return
    now = datetime.now(UTC)
    columns = [(title, "left") for title in ("schedule", "next slot", "as of", "last slot (UTC)", "as of", "outcome")]
    print_table(columns, [(one.path, *_next(one, now), *_last(fires.get(one.id))) for one in found])


@command.command()
@click.argument("name")
def pause(name: str) -> None:
    """Fire no slot of the schedule NAME until it is resumed. Analysts."""
    with _schedules() as store:
        found = _named(store, name)
        if found.enabled:
            store.change(found, {"enabled": False})
    click.echo(f"{found.path} is paused{'' if found.enabled else ' already'}.")


@command.command()
@click.argument("name")
def resume(name: str) -> None:
    """Fire the slots of the schedule NAME again, from now on. Analysts.

    What it missed while it was paused is not made up for: that is what `riskkit schedule backfill` is for.
    """
    with _schedules() as store:
        found = _named(store, name)
        if not found.enabled:
            store.change(found, {"enabled": True})
    at = next_slot(found.plan.timetable, datetime.now(UTC))
    coming = f"its next slot is {at.local:%Y-%m-%d %H:%M %Z}" if at else "it has no slot in the next years"
    click.echo(f"{found.path} {'runs already' if found.enabled else 'is resumed'}: {coming}.")


@command.command()
@click.argument("name")
@click.option("--from", "first", required=True, metavar="DATE", callback=day_option, help="First day, by its clock.")
@click.option("--to", "last", required=True, metavar="DATE", callback=day_option, help="Last day.")
@click.option("--dry-run", is_flag=True, help="Only show the slots.")
def backfill(name: str, first: date, last: date, dry_run: bool) -> None:
    """Fire the slots of past days of the schedule NAME, each with the valuation date that it has. Analysts.

    Slots that made jobs are left alone, so that the same again fires nothing; slots that were missed are made up for.
    Its reports queue behind those of today.
    """
    with _schedules() as store:
        found = _named(store, name)
        slots = past_slots(found.plan.timetable, first, last, datetime.now(UTC))
        if not slots:
            click.echo(f"{found.path} has no slot from {first} to {last} that has come.")
            return
        before = store.made(found, slots[0].at, slots[-1].at)
        made = {} if dry_run else store.backfill(found, slots)
    columns = [(title, "left") for title in ("slot", "UTC", "as of", "jobs", "note")]
    words = [
        "fired before" if one.at in before else "would be fired" if dry_run else _jobs(made.get(one.at))
        for one in slots
    ]
    rows = [
        (f"{one.local:%a %Y-%m-%d %H:%M %Z}", f"{one.at:%Y-%m-%d %H:%M}", str(one.as_of), word, one.note)
        for one, word in zip(slots, words, strict=True)
    ]
    print_table(columns, rows)
    done = "nothing was written" if dry_run else f"{len(made)} fired, {sum(made.values())} jobs queued"
    click.echo(f"{found.path}: {len(slots)} slots, {done}.")


@contextmanager
def _schedules() -> Iterator[Schedules]:
    settings = Settings.load()
    with open_schedules(settings, session.current(settings)) as store:
        yield store


def _named(store: Schedules, name: str) -> Schedule:
    """The schedule of that name: team/report, or the report alone where one team has it."""
    seen = store.schedules()
    found = [one for one in seen if name in (one.path, one.name)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError("schedule", name, f"the team too: {' or '.join(one.path for one in found)}")
    paths = ", ".join(one.path for one in seen)
    raise InputError("schedule", name, f"one of {paths}" if seen else "a schedule; `riskkit schedule sync` writes them")


def _next(schedule: Schedule, now: datetime) -> tuple[str, str]:
    if not schedule.enabled:
        return "paused", ""
    try:
        slot = next_slot(schedule.plan.timetable, max(now, schedule.cursor_at))
    except InputError as error:
        return f"never: {error}", ""
    return ("none", "") if slot is None else (f"{slot.local:%a %Y-%m-%d %H:%M %Z}", str(slot.as_of))


def _last(fire: LastFire | None) -> tuple[str, str, str]:
    if fire is None:
        return "-", "-", "not fired yet"
    states = ", ".join(f"{count} {state}" for state, count in sorted(fire.states.items()))
    outcome = _OUTCOMES.get(fire.outcome, states or "no portfolio")
    return (
        f"{fire.at.astimezone(UTC):%Y-%m-%d %H:%M}",
        str(fire.as_of or "-"),
        "; ".join(filter(None, [outcome, fire.note])),
    )


def _jobs(count: int | None) -> str:
    if count is None:
        return "fired before"
    return str(count) if count else "no portfolio"
