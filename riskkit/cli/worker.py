"""`riskkit worker`: makes the reports that schedules and people put into the queue, beside any number of others."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

import click

from riskkit import logs
from riskkit.cli.ending import told_to_end
from riskkit.delivery.inviter import Inviter
from riskkit.delivery.postman import Postman, Round
from riskkit.errors import Unavailable
from riskkit.reporting.alone import keep_to_itself
from riskkit.reporting.job import Service
from riskkit.reporting.worker import Plan, Worker
from riskkit.settings import Settings, take_channels, take_service_key
from riskkit.store.deliveries import Outbox
from riskkit.store.invitations import Invitations

#: What a process says that SIGTERM ended.
_TERMINATED = 128 + signal.SIGTERM
#: Seconds that the last message may take when the worker ends.
_LAST_MAIL = 60.0


@click.command("worker")
@click.option("-j", "--lanes", default=1, show_default=True, type=click.IntRange(1, 64), help="Reports made at once.")
@click.option("--queue", default="default", show_default=True, help="The queue to work off.")
@click.option("--once", is_flag=True, help="End when there is nothing to do.")
@click.option(
    "--grace", default=30.0, show_default=True, type=click.FloatRange(0, 3600),
    help="Seconds that a report may still take when the worker is told to end; then its job is given back.",
)  # fmt: skip
@click.option(
    "--sign-in-page", metavar="URL", default="http://127.0.0.1:8866/sign-in/link", show_default=True,
    help="Where invitations lead: the dashboards' page sign-in/link.",
)  # fmt: skip
def command(lanes: int, queue: str, once: bool, grace: float, sign_in_page: str) -> None:
    """Make the reports of the queue: each job's run is official, and is there whole or not at all.

    Start as many as you like, on any machine that has the project. What a killed worker held goes to another when its
    lease lapses. While the database has other migrations than the project, no job is claimed. SIGTERM: no new job,
    those that run may finish within --grace; the second ends it at once. Needs the service key:
    SUPABASE_SERVICE_ROLE_KEY, the file that SUPABASE_SERVICE_ROLE_KEY_FILE names, or the embedded Supabase's own file.
    The notebooks' processes get none of it.

    It sends what is due to people as well, if it knows a mail server or webhooks: RISKKIT_SMTP_URL, RISKKIT_SMTP_FROM,
    RISKKIT_WEBHOOKS, or the files that RISKKIT_SMTP_URL_FILE and RISKKIT_WEBHOOKS_FILE name. And it has Auth mail the
    invitations that admins wrote down on their page of members.
    """
    settings = Settings.load()
    url, _ = settings.supabase()
    keep_to_itself()
    with logs.written():
        worker = _work(
            settings, Service.at(url, take_service_key(settings)), Plan(lanes, queue, once, grace), sign_in_page
        )
    if once and worker.misfit:
        raise Unavailable(f"no job was claimed: {worker.misfit}")
    if once:
        counts = Counter(worker.outcomes)
        said = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items()))
        click.echo(f"{len(worker.outcomes)} jobs{': ' if said else ''}{said}")


def _work(settings: Settings, service: Service, plan: Plan, sign_in_page: str) -> Worker:
    """Work until told to end, or with `once` until there is nothing to do; the worker, with what it did."""
    worker, told = Worker(settings, service, plan), 0

    def end() -> None:
        nonlocal told
        told += 1
        if told > 1:
            os._exit(_TERMINATED)  # its processes end with it, its jobs go to others when their lease lapses
        worker.stop()

    with (
        told_to_end(end),
        closing(service),
        _delivering(settings, service, plan.once),
        _inviting(settings, service, plan.once, sign_in_page),
    ):
        worker.run()
    return worker


@contextmanager
def _delivering(settings: Settings, service: Service, once: bool) -> Iterator[None]:
    """Send what is due in a thread of its own; with `once`, when the jobs are done, and until nothing is due."""
    with Outbox(service.url, service.key) as outbox:
        postman = Postman(Round(settings.project, outbox, service.bucket, take_channels()))
        thread = threading.Thread(target=postman.run, name="postman", daemon=True)
        try:
            if not once:
                thread.start()
            yield
            if once:
                postman.drain()
        finally:
            postman.stop()
            if thread.is_alive():
                thread.join(_LAST_MAIL)  # what it has begun; more would leave a message whose end nobody knows
            postman.close()


@contextmanager
def _inviting(settings: Settings, service: Service, once: bool, page: str) -> Iterator[None]:
    """Mail invitations in a thread of its own; with `once`, those that wait when the jobs are done."""
    with Invitations(service.url, service.key) as invitations:
        inviter = Inviter(settings, invitations, service.key, page)
        thread = threading.Thread(target=inviter.run, name="inviter", daemon=True)
        try:
            if not once:
                thread.start()
            yield
            while once and inviter.invite():
                pass
        finally:
            inviter.stop()
            if thread.is_alive():
                thread.join(_LAST_MAIL)
