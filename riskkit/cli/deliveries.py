"""`riskkit deliveries`: what was told to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import get_args

import click

from riskkit import session
from riskkit.cli.tables import print_table
from riskkit.settings import Settings
from riskkit.store.connect import open_deliveries
from riskkit.store.deliveries import Deliveries, Delivery, Status
from riskkit.store.rest import PAGE

#: As many digits of an id as `list` shows and `resend` understands.
_SHORT = 8
_WORDS = {"unknown": "unknown: begun, and its end is not known", "failed": "failed for good"}


@click.group()
def command() -> None:
    """See what was sent to whom, and have it sent again.

    Reports, failures, digests and alarms go to the recipients of a report's file: each once, whatever becomes of the
    worker that sends it.
    """


@command.command("list")
@click.option("--status", type=click.Choice(get_args(Status)), help="Only those that are in this state.")
@click.option("-n", "--limit", type=click.IntRange(1, PAGE), default=20, show_default=True, help="At most so many.")
def list_(status: Status | None, limit: int) -> None:
    """List the latest deliveries of your teams, newest first. Analysts and up."""
    with _deliveries() as store:
        found = store.deliveries(status, limit)
    if not found:
        said = f"No delivery is {status}" if status else "There is no delivery yet"
        click.echo(f"{said}, of the teams where you are analyst or more: viewers see none.")
        return
    columns = [("delivery", "left"), ("made (UTC)", "left"), ("what", "left"), ("of", "left"), ("slot (UTC)", "left"),
               ("to", "left"), ("tries", "right"), ("state", "left")]  # fmt: skip
    print_table(columns, [_row(one) for one in found])


@command.command("resend")
@click.argument("delivery")
def resend(delivery: str) -> None:
    """Have the delivery DELIVERY sent again: one that failed, was refused, or is unknown. Analysts and up.

    It goes to whoever may have it then. A mail keeps its Message-ID: who has it already is shown it once.
    """
    with _deliveries() as store:
        found = store.delivery(delivery)
        was = store.resend(found.id)
    click.echo(f"{found.id[:_SHORT]} was {was} and will be sent to {found.recipient} again.")


@contextmanager
def _deliveries() -> Iterator[Deliveries]:
    settings = Settings.load()
    with open_deliveries(settings, session.current(settings)) as store:
        yield store


def _row(one: Delivery) -> tuple[str, ...]:
    book = f"/{one.portfolio}" if one.portfolio else ""
    return (
        one.id[:_SHORT],
        _time(one.created_at),
        one.kind,
        f"{one.team}{book} {one.schedule}".strip(),
        "" if one.slot is None else _time(one.slot),
        one.recipient,
        str(one.attempts),
        _state(one),
    )


def _state(one: Delivery) -> str:
    if one.status == "sent" and one.sent_at is not None:
        return f"sent {_time(one.sent_at)}"
    if one.status == "pending" and one.attempts == 0 and one.next_at < datetime.now(UTC):
        return "waits for a worker that can send it"
    if one.status == "pending":
        return f"again at {_time(one.next_at)}: {one.error}" if one.error else "pending"
    said = _WORDS.get(one.status, one.status)
    return f"{said}: {one.error}" if one.error and one.status != "unknown" else said


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
