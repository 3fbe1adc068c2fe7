"""Where riskkit runs: the only reader of the environment and of secret files."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

import platformdirs

from riskkit.errors import Unavailable

#: Names of this machine.
LOOPBACK = ("127.0.0.1", "::1", "localhost")


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


@dataclass(frozen=True)
class MailServer:
    """Where mails are handed in.

    Attributes
    ----------
    host, port : str, int
    encryption : {'tls', 'starttls', 'none'}
        `none` is for this machine only.
    user, password : str
        Empty: no sign-in.
    sender : str
        The address that mails come from.
    """

    host: str
    port: int
    encryption: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Channels:
    """What deliveries go through on this machine.

    Attributes
    ----------
    mail : MailServer or None
        None: mails wait for a worker that has one.
    webhooks : mapping of str to str
        `team/name` to its secret address.
    attachments : int
        Bytes that figures and files of one mail may have.
    link : str or None
        Where people find the folder `reports/`, without a slash at its end.
    """

    mail: MailServer | None = None
    webhooks: Mapping[str, str] = field(default_factory=dict, repr=False)
    attachments: int = 10_000_000
    link: str | None = None


def take_channels(environ: MutableMapping[str, str] | None = None) -> Channels:
    """What the environment says of mail and webhooks; secrets are dropped from it when read.

    `RISKKIT_SMTP_URL` is `smtp://user:password@host:port` (with STARTTLS), `smtps://…` (TLS from the beginning) or, on
    this machine only, `smtp://localhost:25` in the clear; `RISKKIT_SMTP_FROM` is the sender. `RISKKIT_WEBHOOKS` is
    JSON, `{"team/name": "https://…"}`. For the two secrets `…_FILE` names a file that holds it, which nobody else may
    read. `RISKKIT_MAIL_MEGABYTES` bounds figures and attachments of one mail; `RISKKIT_REPORTS_URL` is where people
    find the folder `reports/`.

    Raises
    ------
    Unavailable
        Something is set and cannot be used; the message never holds a secret.
    """
    env = os.environ if environ is None else environ
    smtp, hooks = _secret(env, "RISKKIT_SMTP_URL"), _secret(env, "RISKKIT_WEBHOOKS")
    size, link = env.get("RISKKIT_MAIL_MEGABYTES", "10"), env.get("RISKKIT_REPORTS_URL", "").rstrip("/") or None
    if not re.fullmatch(r"\d{1,3}", size):
        raise Unavailable("RISKKIT_MAIL_MEGABYTES: expected a whole number of megabytes, up to 999.")
    if link is not None and not is_safe_address(link):
        raise Unavailable("RISKKIT_REPORTS_URL: expected https://…, or http:// on this machine.")
    mail = _mail_server(smtp, env.get("RISKKIT_SMTP_FROM", "")) if smtp else None
    return Channels(mail, _webhooks(hooks) if hooks else {}, int(size) * 1_000_000, link)


def is_safe_address(url: str) -> bool:
    """Whether it is https, or http to this machine alone, and carries no password.

    >>> is_safe_address("https://hooks.example/T1"), is_safe_address("http://hooks.example/T1")
    (True, False)
    >>> is_safe_address("http://127.0.0.1:9/x"), is_safe_address("https://me:pw@hooks.example/")
    (True, False)
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or not url.isascii() or not url.isprintable() or " " in url:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)


def _secret(env: MutableMapping[str, str], name: str) -> str:
    """From the environment, dropped when read, or from the file that `<name>_FILE` names."""
    found = env.pop(name, "")
    path = Path(env.get(f"{name}_FILE", "") or os.devnull)
    if found or path == Path(os.devnull):
        return found.strip()
    try:
        if path.stat().st_mode & 0o077:
            raise Unavailable(f"{name}_FILE: {path} can be read by others; chmod 600 it.")
        return path.read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        raise Unavailable(f"{name}_FILE: {path} cannot be read.") from error


def _mail_server(url: str, sender: str) -> MailServer:
    expected = "RISKKIT_SMTP_URL: expected smtp://user:password@host:port or smtps://… (its value is not shown)."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise Unavailable(expected) from None
    if parts.scheme not in ("smtp", "smtps") or not host or parts.path.strip("/") or parts.query or parts.fragment:
        raise Unavailable(expected)
    if not re.fullmatch(r"[!-?A-~]{1,64}@[A-Za-z0-9.-]{1,253}", sender):
        raise Unavailable("RISKKIT_SMTP_FROM: expected the mail address that reports come from.")
    encryption = "tls" if parts.scheme == "smtps" else "none" if host in LOOPBACK else "starttls"
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    return MailServer(host, port or (465 if encryption == "tls" else 587), encryption, sender, user, password)


def _webhooks(text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    name = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}/[a-z0-9][a-z0-9_-]{0,62}")
    if not isinstance(found, dict) or not all(name.fullmatch(key) for key in found):
        raise Unavailable(
            'RISKKIT_WEBHOOKS: expected JSON such as {"team/name": "https://…"} (its value is not shown).'
        )
    bad = [key for key, url in found.items() if not isinstance(url, str) or not is_safe_address(url)]
    if bad:
        raise Unavailable(f"RISKKIT_WEBHOOKS: {', '.join(bad)}: expected https://…, or http:// on this machine.")
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
