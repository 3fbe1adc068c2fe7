"""`riskkit runs rerun`, `hold`, `release` and `prune`: what people do with runs that are there."""

from __future__ import annotations

import click

from riskkit import session
from riskkit.cli.tables import print_table
from riskkit.errors import InputError
from riskkit.reporting.places import Places
from riskkit.reporting.retention import retain
from riskkit.settings import Settings, take_service_key
from riskkit.store.connect import open_runs
from riskkit.store.rest import PAGE
from riskkit.store.retention import RetentionStore
from riskkit.store.runs import DoomedRun
from riskkit.store.service import Bucket


@click.command("rerun")
@click.argument("run")
@click.option("--reason", default="", help="Why: what was wrong with its data.")
def rerun(run: str, reason: str) -> None:
    """Have the official run RUN made again, after a mend of its data. Analysts and up.

    The new run is for the same slot and valuation date and has the same parameters; it supersedes RUN, for this reason,
    when it is there. What was approved is RUN: the new one is not.
    """
    given = _given(reason, "why the run is made again")
    settings = Settings.load()
    with open_runs(settings, session.current(settings)) as runs:
        run_id = runs.named(run)
        job = runs.rerun(run_id, given)
    click.echo(f"{run_id} is made again by job {job}: `riskkit jobs show {job[:8]}`.")


@click.command("hold")
@click.argument("run")
@click.option("--reason", default="", help="Why it must be kept.")
def hold(run: str, reason: str) -> None:
    """Keep the run RUN, whatever retention says, until somebody releases it. Analysts and up."""
    given = _given(reason, "why the run must be kept")
    settings = Settings.load()
    with open_runs(settings, session.current(settings)) as runs:
        run_id = runs.named(run)
        runs.hold(run_id, given)
    click.echo(f"{run_id} is on hold: {given}")


@click.command("release")
@click.argument("run")
def release(run: str) -> None:
    """Let retention remove the run RUN, which was on hold. Approvers and up."""
    settings = Settings.load()
    with open_runs(settings, session.current(settings)) as runs:
        run_id = runs.named(run)
        released = runs.release(run_id)
    click.echo(f"{run_id} is {'no longer' if released else 'not'} on hold.")


@click.command("prune")
@click.option("--dry-run", is_flag=True, help="List the runs of your teams that would go, remove nothing.")
def prune(dry_run: bool) -> None:
    """Remove what retention no longer keeps, as every worker does once an hour (operator).

    A report's file says which official runs are kept: the latest slots' and month-ends. Of the runs that people made
    for themselves, those of the last 90 days stay, each person's last ten of a report and portfolio, and what somebody
    commented on. What is on hold stays. Rows go at once; files that no run names go from the bucket and from this
    machine when nobody has written them for two days.
    """
    settings = Settings.load()
    if dry_run:
        _list_doomed(settings)
        return
    url, _ = settings.supabase()
    key = take_service_key(settings)
    bucket = Bucket(url, key)
    try:
        with RetentionStore(url, key) as store:
            released = retain(Places.of(settings), store, bucket)
    finally:
        bucket.close()
    click.echo(f"Removed: {released}.")


def _list_doomed(settings: Settings) -> None:
    with open_runs(settings, session.current(settings)) as runs:
        found = runs.to_prune()
    if not found:
        click.echo("Every run is kept.")
        return
    columns = [("run", "left"), ("report", "left"), ("portfolio", "left"), ("as of", "left"), ("", "left")]
    rows = [(one.id, one.report, one.portfolio, one.as_of.isoformat(), _what(one)) for one in found]
    print_table(columns, rows)
    click.echo(f"{len(found)}{' and more' if len(found) == PAGE else ''} would go; nothing was removed.")


def _what(run: DoomedRun) -> str:
    if not run.official:
        return "a person's own"
    return "official" if run.current else "superseded"


def _given(reason: str, expected: str) -> str:
    if not reason.strip():
        raise InputError("reason", reason, f"{expected}: --reason")
    return reason.strip()
