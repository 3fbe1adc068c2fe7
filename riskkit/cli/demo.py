"""`riskkit demo`: everything on this machine, on real market data, from nothing to a dashboard."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from calendar import monthrange
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import FrameType

import click
from tqdm import tqdm

from riskkit.cli.report import progress, summary
from riskkit.demo.books import LAST_DAY, PASSWORD, USERS
from riskkit.demo.official import Official, OnLook, worker
from riskkit.demo.seed import seed
from riskkit.errors import InputError, RiskkitError
from riskkit.local.stack import Stack
from riskkit.reporting.making import FinishedRun
from riskkit.reporting.places import Places
from riskkit.reporting.runner import run_report
from riskkit.session import current, sign_in
from riskkit.settings import Settings
from riskkit.status import Item
from riskkit.store.connect import open_store
from riskkit.store.contract import Store

#: Whose schedules the demo's reports are of; the reports that are run anew, and their book.
QUANT = "quant@atlas.example"
REPORTS = ("portfolio_var", "stress_test")
BOOK = "atlas/demo"


def _month(_context: click.Context, _parameter: click.Parameter, value: str | None) -> tuple[date, date] | None:
    """The first and the last day of a month given as YYYY-MM."""
    if value is None:
        return None
    try:
        first = date.fromisoformat(f"{value}-01")
    except ValueError as error:
        raise InputError("--replay", value, "a month of the demo's data, such as 2022-12") from error
    return first, min(first.replace(day=monthrange(first.year, first.month)[1]), LAST_DAY)


@click.command("demo")
@click.option("--serve/--no-serve", default=True, help="Serve the dashboards at the end, until Ctrl-C.")
@click.option("--lab", is_flag=True, help="Open the notebooks in JupyterLab instead of running reports.")
@click.option("--port", type=click.IntRange(0, 65535), default=8866, show_default=True, help="Where to serve; 0: any.")
@click.option("--fresh", is_flag=True, help="Run the first two reports once more, as the quant, unofficially.")
@click.option("--replay", metavar="MONTH", callback=_month, help="Make a month's scheduled reports too: 2022-12.")
def command(*, serve: bool, lab: bool, port: int, fresh: bool, replay: tuple[date, date] | None) -> None:
    """Start an embedded Supabase, seed two teams with real market data, make the last day's reports, serve dashboards.

    Beside the dashboards a worker makes what is requested on them.

    The reports are those that the schedules in parameters/ ask for on the last day of the data: fired as slots, made by
    a worker from the queue, official. The schedules stay paused, for on the real clock the demo has no data.

    A second run finds the data and the reports in place. Ctrl-C, or the end, stops whatever this command started.
    """
    settings = Settings.load()
    with _stack(settings):
        settings = Settings.load()  # now it knows the embedded Supabase's address
        sign_in(settings, QUANT, PASSWORD)
        if lab:
            _lab(settings.project)
            return
        _official(settings, LAST_DAY, LAST_DAY)
        if replay is not None:
            _replay(settings, *replay)
        if fresh:
            _own(settings)
        if serve:
            _print_sign_ins()
            with worker(settings):
                _serve(port)


@contextlib.contextmanager
def _stack(settings: Settings) -> Iterator[None]:
    """The embedded Supabase, seeded; stopped at the end if it did not run before."""
    stack = Stack(settings.home, settings.project)
    was_running = stack.status().running
    # Set, not inherited: a shell has its background commands ignore SIGINT.
    previous = {number: signal.signal(number, _interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        click.echo("Starting the embedded Supabase (for one machine; listens on loopback only) …")
        keys = stack.start()
        with tqdm(total=1, desc="market data", leave=False, disable=not sys.stderr.isatty(), bar_format=_BAR) as bar:

            def show(step: str, done: int, total: int) -> None:
                bar.total, bar.n = total, done
                bar.set_description_str(step[:28])

            seed(keys, settings.project, show)
        click.echo(f"Supabase at {keys.url}. The data end on 2022-12-28: that is `latest` on the demo's clock.")
        yield
    except KeyboardInterrupt:
        click.echo("\nStopping …")
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if not was_running:
            stack.stop()


_BAR = "{desc:<28} {bar:32} {percentage:3.0f} %  {elapsed}"


def _interrupt(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 (a signal handler's signature)
    raise KeyboardInterrupt


def _official(settings: Settings, first: date, last: date) -> None:
    """The reports of some days' slots; each is said with its figures and where it lies."""
    with Official(settings, current(settings)) as official, open_store(settings, current(settings)) as store:
        official.sync()
        before = {one.run for one in official.look(first, last)}
        with _bar() as told:
            made = official.make(first, last, told)
        for one in made:
            click.echo(_said(settings, store, one, there=one.run in before))
    if any(one.state == "failed" for one in made):
        raise RiskkitError("A report failed: `riskkit jobs list --state dead` and `riskkit jobs show` say more.")


def _replay(settings: Settings, first: date, last: date) -> None:
    """A month of slots, in short."""
    begin = time.monotonic()
    with Official(settings, current(settings)) as official:
        there = sum(one.state == "done" for one in official.look(first, last))
        with _bar() as told:
            made = official.make(first, last, told)
    states = Counter(one.state for one in made)
    seconds = time.monotonic() - begin
    said = ", ".join(f"{count} {state}" for state, count in states.items())
    days = len({one.local.date() for one in made})
    click.echo(
        f"{first:%Y-%m} replayed: {said} on {days} days, {there} of them there before; {seconds:.0f} s.\n"
        f"  riskkit status --day {last} --days {(last - first).days + 1} shows them."
    )


def _own(settings: Settings) -> None:
    """The first two reports as a person makes them."""
    with open_store(settings, current(settings)) as store:
        for report in REPORTS:
            with progress(quiet=False) as on_step:
                run = run_report(settings, store, report, {"portfolio": BOOK}, on_step)
            click.echo(summary(run))


@contextlib.contextmanager
def _bar() -> Iterator[OnLook]:
    """How many reports are there, where a person watches."""
    with tqdm(total=1, desc="reports", leave=False, disable=not sys.stderr.isatty(), bar_format=_BAR) as bar:

        def show(items: tuple[Item, ...]) -> None:
            done = sum(1.0 if not one.awaited else (one.percent or 0) / 100 for one in items)
            running = next((f"{one.report} {one.as_of}" for one in items if one.state == "running"), "reports")
            bar.total, bar.n = max(len(items), 1), done
            bar.set_description_str(running[:28])

        yield show


def _said(settings: Settings, store: Store, one: Item, *, there: bool) -> str:
    if one.run is None:
        return f"{one.report} · {one.portfolio} · {one.as_of} · {one.state} {one.reason}".rstrip()
    record = store.run(one.run)
    folder = Places.of(settings).run(record.report, record.as_of, one.portfolio, record.id)
    if there:
        page = (folder / "report.html").relative_to(settings.project)
        return f"{one.report} · {one.portfolio} · already there\n  {page}"
    return summary(FinishedRun(record, folder, one.portfolio, {}, {}))


def _print_sign_ins() -> None:
    click.echo("\nSign in with one of these; the password of each is " + click.style(PASSWORD, bold=True))
    width = max(map(len, USERS))
    for email, (team, role) in USERS.items():
        click.echo(f"  {email:<{width}}  {role} of {team}")


def _serve(port: int) -> None:
    """The dashboards, in a process of their own that never sees the service key."""
    server = subprocess.Popen([sys.executable, "-m", "riskkit", "serve", "--port", str(port)])  # noqa: S603 (ours)
    _wait(server)
    if server.returncode not in (0, -signal.SIGINT, -signal.SIGTERM):
        raise RiskkitError(f"The dashboards ended with exit code {server.returncode}.")


def _lab(project: Path) -> None:
    """JupyterLab on the notebooks, signed in as the demo's quant; no news, no update checks, no Voila beside it."""
    options = {
        "ip": "127.0.0.1",
        "notebook-dir": project,
        "LabApp.default_url": "/lab/tree/notebooks",
        "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "ServerApp.jpserver_extensions": "{'voila.server_extension': False}",
    }
    command = [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]
    _wait(subprocess.Popen([*command, *(["--allow-root"] if os.geteuid() == 0 else [])]))  # noqa: S603 (ours)


def _wait(child: subprocess.Popen[bytes]) -> None:
    """Until it ends; an interrupt is passed on and its end awaited."""
    try:
        child.wait()
    except KeyboardInterrupt:
        child.send_signal(signal.SIGINT)
        try:
            child.wait(20)
        except subprocess.TimeoutExpired:
            child.terminate()
            child.wait()
        raise
