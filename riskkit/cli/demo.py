"""`riskkit demo`: everything on this machine, on real market data, from nothing to a dashboard."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click
from tqdm import tqdm

from riskkit.cli.report import progress, summary
from riskkit.demo.books import PASSWORD, USERS
from riskkit.demo.seed import seed
from riskkit.errors import RiskkitError
from riskkit.local.stack import Stack
from riskkit.reporting.order import definition, place_order
from riskkit.reporting.places import Places
from riskkit.reporting.runner import run_report
from riskkit.runs.identity import code_version
from riskkit.session import current, sign_in
from riskkit.settings import Settings
from riskkit.store.connect import open_store
from riskkit.store.contract import Store

#: The sign-in the demo's reports run as, its reports, and its book.
QUANT = "quant@atlas.example"
REPORTS = ("portfolio_var", "stress_test")
BOOK = "atlas/demo"


@click.command("demo")
@click.option("--serve/--no-serve", default=True, help="Serve the dashboards at the end, until Ctrl-C.")
@click.option("--lab", is_flag=True, help="Open the notebooks in JupyterLab instead of running reports.")
@click.option("--port", type=click.IntRange(0, 65535), default=8866, show_default=True, help="Where to serve; 0: any.")
@click.option("--fresh", is_flag=True, help="Run the reports again even where the same ones are there.")
def command(*, serve: bool, lab: bool, port: int, fresh: bool) -> None:
    """Start an embedded Supabase, seed two teams with real market data, run both reports, serve the dashboards.

    A second run finds the data and the reports in place. Ctrl-C, or the end, stops whatever this command started.
    """
    settings = Settings.load()
    with _stack(settings):
        settings = Settings.load()  # now it knows the embedded Supabase's address
        sign_in(settings, QUANT, PASSWORD)
        if lab:
            _lab(settings.project)
            return
        _reports(settings, fresh=fresh)
        if serve:
            _print_sign_ins()
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


def _reports(settings: Settings, *, fresh: bool) -> None:
    with open_store(settings, current(settings)) as store:
        for report in REPORTS:
            there = None if fresh else _there(settings, store, report)
            if there is not None:
                click.echo(f"{report} · {BOOK} · already there\n  {there.relative_to(settings.project)}")
                continue
            with progress(quiet=False) as on_step:
                run = run_report(settings, store, report, {"portfolio": BOOK}, on_step)
            click.echo(summary(run))


def _there(settings: Settings, store: Store, report: str) -> Path | None:
    """The page of an earlier run of this code with these parameters, if its folder is still there."""
    order = place_order(store, definition(settings.project, report), {"portfolio": BOOK})
    code = code_version(settings.project)
    for record in store.runs(order.ref, report):
        same = record.parameters == dict(order.parameters) and record.code == code and record.as_of == order.as_of
        page = Places.of(settings).run(report, record.as_of, order.ref.path, record.id) / "report.html"
        if same and page.is_file():
            return page
    return None


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
