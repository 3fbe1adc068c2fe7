"""Where riskkit runs: the only reader of the environment and of secret files."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from riskkit.errors import Unavailable


@dataclass(frozen=True)
class Settings:
    """What one process knows of its surroundings, read once and handed down.

    Attributes
    ----------
    project : Path
        The folder that holds `notebooks/`, `parameters/`, `supabase/` and `reports/`.
    home : Path
        State of this machine: sign-in, embedded Supabase. `RISKKIT_HOME`, else `<project>/.riskkit`.
    supabase_url, supabase_key : str or None
        Address and publishable (anonymous) key. From the environment, else from the embedded Supabase's public file.
    run_dir : Path or None
        The frozen run directory; set only in the kernel of a report (`RISKKIT_RUN_DIR`).
    broker : Path or None
        The token broker's unix socket; set only in the kernel of a dashboard (`RISKKIT_BROKER`).
    ticket : str or None
        This kernel's ticket at the broker, from the file that `RISKKIT_TICKET_FILE` names; the file is removed when
        read.
    """

    project: Path
    home: Path
    supabase_url: str | None = None
    supabase_key: str | None = field(default=None, repr=False)
    run_dir: Path | None = None
    broker: Path | None = None
    ticket: str | None = field(default=None, repr=False)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, start: Path | None = None) -> Settings:
        """Read the environment and the embedded Supabase's public file.

        Parameters
        ----------
        environ : mapping, optional
            Instead of `os.environ`.
        start : Path, optional
            Where to look for the project, upwards; the working directory by default.
        """
        env = os.environ if environ is None else environ
        project = Path(env["RISKKIT_PROJECT"]) if env.get("RISKKIT_PROJECT") else find_project(start or Path.cwd())
        home = Path(env["RISKKIT_HOME"]) if env.get("RISKKIT_HOME") else default_home(project)
        url, key = env.get("SUPABASE_URL"), env.get("SUPABASE_ANON_KEY") or env.get("SUPABASE_PUBLISHABLE_KEY")
        public = home / "local" / "public.json"
        if url is None and public.is_file():
            known = json.loads(public.read_text())
            url, key = known["SUPABASE_URL"], known["SUPABASE_ANON_KEY"]
        return cls(
            project=project,
            home=home,
            supabase_url=url,
            supabase_key=key,
            run_dir=Path(env["RISKKIT_RUN_DIR"]) if env.get("RISKKIT_RUN_DIR") else None,
            broker=Path(env["RISKKIT_BROKER"]) if env.get("RISKKIT_BROKER") else None,
            ticket=_taken(Path(env["RISKKIT_TICKET_FILE"])) if env.get("RISKKIT_TICKET_FILE") else None,
        )

    def supabase(self) -> tuple[str, str]:
        """Address and publishable key, or the error that says how to get them."""
        if not self.supabase_url or not self.supabase_key:
            raise Unavailable(
                "No Supabase is known here: start the embedded one with `riskkit local start`, "
                "or set SUPABASE_URL and SUPABASE_ANON_KEY."
            )
        return self.supabase_url, self.supabase_key


def take_service_key(settings: Settings, environ: MutableMapping[str, str] | None = None) -> str:
    """The key that bypasses row-level security, for the operator's commands; dropped from the environment when read.

    From `SUPABASE_SERVICE_ROLE_KEY` or `SUPABASE_SECRET_KEY`, from the file that `SUPABASE_SERVICE_ROLE_KEY_FILE`
    names, or, where the Supabase in use is the embedded one, from its own 0600 file.

    Raises
    ------
    Unavailable
        There is none, or the file cannot be read.
    """
    env = os.environ if environ is None else environ
    taken = [env.pop(name, "") for name in ("SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY")]
    path = env.get("SUPABASE_SERVICE_ROLE_KEY_FILE")
    try:
        found = next((key for key in taken if key), "") or (Path(path).read_text().strip() if path else "")
    except OSError as error:
        raise Unavailable(f"SUPABASE_SERVICE_ROLE_KEY_FILE: {path} cannot be read ({error.strerror}).") from error
    found = found or _embedded_service_key(settings)
    if not found:
        raise Unavailable(
            "This needs the service key: set SUPABASE_SERVICE_ROLE_KEY, or name a file that holds it by "
            "SUPABASE_SERVICE_ROLE_KEY_FILE."
        )
    return found


def _embedded_service_key(settings: Settings) -> str:
    """The embedded server's key, if that server is the one in use and its file is this user's to read."""
    try:
        known = json.loads((settings.home / "local" / "secrets.json").read_text())
    except (OSError, ValueError):
        return ""
    return str(known["SUPABASE_SERVICE_ROLE_KEY"]) if known.get("SUPABASE_URL") == settings.supabase_url else ""


def _taken(ticket: Path) -> str | None:
    """The ticket, which nobody can read after us; None for whoever comes second."""
    try:
        found = ticket.read_text()
        ticket.unlink()
    except FileNotFoundError:
        return None
    return found


def surroundings(names: Iterable[str]) -> dict[str, str]:
    """The named part of this process's environment, for a child that may know no more."""
    return {name: os.environ[name] for name in sorted(names) if name in os.environ}


def find_project(start: Path) -> Path:
    """The nearest folder at or above `start` with `notebooks/` and `parameters/`; `start` itself if there is none."""
    for folder in (start, *start.parents):
        if (folder / "notebooks").is_dir() and (folder / "parameters").is_dir():
            return folder
    return start


def default_home(project: Path) -> Path:
    """`<project>/.riskkit` inside a project, else the user's data folder."""
    if (project / "notebooks").is_dir():
        return project / ".riskkit"
    return Path(platformdirs.user_data_dir("riskkit"))
