"""`riskkit jobs`: what the queue holds, and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import get_args

import click

from riskkit import session
from riskkit.cli.tables import print_table
from riskkit.settings import Settings
from riskkit.store.connect import open_queue
from riskkit.store.jobs import Job, State
from riskkit.store.queue import Queue
from riskkit.store.rest import PAGE

#: As many digits of an id as `list` shows and every command understands.
_SHORT = 8


@click.group()
def command() -> None:
    """List, show, cancel and redrive queued calculations.

    A job is named by its id or the beginning of it.
    """


@command.command("list")
@click.option("--state", type=click.Choice(get_args(State)), help="Only jobs that are in this state.")
@click.option("-n", "--limit", type=click.IntRange(1, PAGE), default=20, show_default=True, help="At most so many.")
def list_(state: State | None, limit: int) -> None:
    """List the latest jobs of your teams, newest first."""
    with _queue() as queue:
        found = queue.jobs(state, limit=limit)
    if not found:
        click.echo(f"No job is {state}." if state else "There is no job yet.")
        return
    columns = [("job", "left"), ("queued (UTC)", "left"), ("what", "left"), ("portfolio", "left"), ("as of", "left"),
               ("attempt", "right"), ("state", "left")]  # fmt: skip
    rows = [
        (
            one.id[:_SHORT],
            _time(one.created_at),
            one.report or one.kind,
            one.portfolio,
            "latest" if one.as_of is None else one.as_of.isoformat(),
            f"{one.attempt}/{one.max_attempts}",
            _state(one),
        )
        for one in found
    ]
    print_table(columns, rows)


@command.command("show")
@click.argument("job")
def show(job: str) -> None:
    """Show the job JOB: what it does, what happened, what went wrong."""
    with _queue() as queue:
        found = queue.job(job)
        events = queue.events(found.id)
    click.echo(f"{found.id}: {found.report or found.kind}, {_state(found)}")
    for name, value in _facts(found):
        click.echo(f"  {name:<12}{value}")
    rows = [
        (
            _time(one.at, seconds=True),
            str(one.attempt),
            one.state if one.before != one.state else one.note.replace("_", " ") or _progress(one.percent, one.cell),
            one.note.replace("_", " ") if one.before != one.state else "",
        )
        for one in events
    ]
    print_table([("at (UTC)", "left"), ("attempt", "right"), ("what", "left"), ("why", "left")], rows)


@command.command("cancel")
@click.argument("job")
def cancel(job: str) -> None:
    """Cancel the job JOB; one that runs is ended by its worker."""
    with _queue() as queue:
        found = queue.job(job)
        answer = queue.cancel(found.id)
    short = found.id[:_SHORT]
    if answer == "requested":
        click.echo(f"{short} runs: its worker is asked to end it.")
    elif found.final:
        click.echo(f"{short} was {answer} already.")
    else:
        click.echo(f"{short} is {answer}.")


@command.command("redrive")
@click.argument("job")
def redrive(job: str) -> None:
    """Queue the dead job JOB again, as a new one. Admins only."""
    with _queue() as queue:
        found = queue.job(job)
        again = queue.redrive(found.id)
    click.echo(f"{found.id[:_SHORT]} is queued again as {again[:_SHORT]}.")


@contextmanager
def _queue() -> Iterator[Queue]:
    settings = Settings.load()
    with open_queue(settings, session.current(settings)) as queue:
        yield queue


def _facts(job: Job) -> Iterator[tuple[str, str]]:
    if job.portfolio:
        yield "portfolio", job.portfolio
    yield "as of", "latest" if job.as_of is None else job.as_of.isoformat()
    if job.parameters:
        yield "parameters", json.dumps(dict(job.parameters), ensure_ascii=False)
    if job.fire_at is not None:
        yield "slot", f"{_time(job.fire_at)} UTC"
    yield "attempts", f"{job.attempt} of at most {job.max_attempts}, {job.timeout_s} s each"
    if job.state == "queued":
        yield "not before", f"{_time(job.run_at, seconds=True)} UTC"
    if job.run_id is not None:
        yield "run", job.run_id
    if job.redriven_from is not None:
        yield "instead of", job.redriven_from
    for error in job.errors:
        where = f", cell {error['cell']}" if "cell" in error else ""
        yield "error", f"attempt {error['attempt']}{where}: {error['type']}: {error.get('message', '')}"


def _state(job: Job) -> str:
    words = {"running": f"running {_progress(job.percent, job.cell)}".strip(), "dead": "dead: attempts used up"}
    if job.state == "dead" and job.attempt < job.max_attempts:
        words["dead"] = "dead: no use in trying again"
    asked = ", cancel requested" if job.cancel_requested and not job.final else ""
    return words.get(job.state, job.state) + asked


def _progress(percent: int | None, cell: int | None) -> str:
    parts = [f"{percent} %" if percent is not None else "", f"cell {cell}" if cell is not None else ""]
    return ", ".join(part for part in parts if part)


def _time(moment: datetime, seconds: bool = False) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
