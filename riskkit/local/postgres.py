"""One real PostgreSQL on loopback: made, started, stopped and asked after with its own programs."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

from riskkit.errors import Unavailable
from riskkit.local.installation import installed

#: The superuser keeps hosted's name; nothing of riskkit uses it but the prelude and backups.
SUPERUSER = "supabase_admin"
PREFERRED_PORT = 54322

#: Durable (fsync stays on), small, quick to answer; no unix socket, so nothing but loopback and a password leads in.
_SETTINGS = {
    "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "password_encryption": "scram-sha-256",
    "max_connections": "60", "shared_buffers": "64MB", "max_wal_size": "256MB", "wal_level": "minimal",
    "max_wal_senders": "0", "jit": "off", "timezone": "UTC", "log_timezone": "UTC",
    "log_parameter_max_length": "0", "log_parameter_max_length_on_error": "0",
    "idle_in_transaction_session_timeout": "60s",
}  # fmt: skip
_FORM = ("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-instructions")
#: Why a start may fail now and succeed in a moment: a killed server's children, a port just taken.
_PASSING = ("still in use", "could not bind", "Address already in use", "already exists")
#: A dump of everything may take this long [s]; starting and stopping have limits of their own.
_LONGEST_RUN = 3600


@dataclass(frozen=True)
class Postgres:
    """The cluster of one home.

    Attributes
    ----------
    binaries : Path
        The wheel's `pginstall`, or root's copy of it.
    folder : Path
        Holds the cluster (`data/`) and its log; 0700.
    user : str or None
        The account it runs as, when that is not the caller.
    """

    binaries: Path
    folder: Path
    user: str | None

    @classmethod
    def of(cls, home: Path) -> Postgres:
        """The cluster of a home, made or not."""
        return cls(*installed(home))

    @property
    def data(self) -> Path:
        """The cluster's data directory."""
        return self.folder / "data"

    @property
    def exists(self) -> bool:
        """Whether the cluster has been made, whole."""
        return (self.data / "PG_VERSION").is_file()

    @property
    def port(self) -> int | None:
        """The port it listens on now, or None when it does not run."""
        try:
            return int(self._pid_file()[3]) if self.process() else None
        except (OSError, ValueError, IndexError):
            return None

    def process(self) -> psutil.Process | None:
        """The postmaster, if it runs and is ours: its command line names our data directory."""
        try:
            found = psutil.Process(int(self._pid_file()[0]))
            return found if str(self.data) in found.cmdline() else None
        except (OSError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    def create(self, password: str) -> None:
        """Make the cluster: C locale, UTF-8, scram passwords only. A half-made one is made again."""
        if self.exists:
            return
        partial, pwfile = self.folder / "data.partial", self.folder / f"password.{secrets.token_hex(4)}"
        shutil.rmtree(partial, ignore_errors=True)
        settings = [f"--set={name}={value}" for name, value in _SETTINGS.items()]
        try:
            pwfile.touch(mode=0o600)
            pwfile.write_text(password)
            self.hand_over(pwfile)
            self.run("initdb", "-D", partial, "-U", SUPERUSER, "--pwfile", pwfile, *_FORM, *settings)
        finally:
            pwfile.unlink(missing_ok=True)
        partial.rename(self.data)

    def start(self, preferred: int | None) -> int:
        """Start it unless it runs; its port.

        A server that was killed may leave children which hold its memory for a moment: it is tried again for a while.
        """
        running = self.port
        if running is not None:
            return running
        self._forget_recycled_pid()
        log, deadline = self.folder / "postgres.log", time.monotonic() + 30
        while True:
            port = free_port(preferred, PREFERRED_PORT)
            try:
                self._pg_ctl("start", "-l", log, "-o", f"-p {port}")
            except Unavailable as error:
                words = log.read_text(errors="replace").strip()[-600:] if log.exists() else "(no log)"
                if time.monotonic() > deadline or not any(reason in words for reason in _PASSING):
                    raise Unavailable(f"Postgres did not start; its log is {log}: {words}") from error
                time.sleep(0.2)
            else:
                return port

    def stop(self) -> None:
        """Stop it, ending open connections; nothing happens when it does not run."""
        for mode in ("fast", "immediate"):
            if self.process() is not None:
                self._pg_ctl("stop", "-m", mode, check=False)

    def run(
        self, program: str, *arguments: str | Path, check: bool = True, login: Mapping[str, str] | None = None
    ) -> None:
        """Run one of the wheel's programs as the account, with nothing of our environment.

        The output goes to a file, not a pipe: the postmaster that `pg_ctl` leaves behind would keep a pipe open.
        """
        account = {"user": self.user, "group": self.user, "extra_groups": []} if self.user else {}
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(  # noqa: S603 (our own program and arguments)
                [self.binaries / "bin" / program, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                env={"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", **(login or {})},
                timeout=_LONGEST_RUN,
                check=False,
                **account,  # type: ignore[call-overload]
            )
            if check and done.returncode != 0:
                output.seek(0)
                raise Unavailable(f"{program} failed in {self.folder}: {output.read().strip()[-500:]}")

    def client(self, program: str, *arguments: str | Path, password: str) -> None:
        """Run `pg_dump` or `pg_restore` as the superuser; the password is in its environment, not in its arguments."""
        login = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": SUPERUSER, "PGPASSWORD": password}
        self.run(program, *arguments, login=login)

    def hand_over(self, path: Path) -> None:
        """Make a file the account's."""
        owner = self.folder.stat()
        os.chown(path, owner.st_uid, owner.st_gid)

    @property
    def aside(self) -> Path:
        """Where a cluster lies that was set aside; of one home, only the last one is kept."""
        return self.folder.with_name(f"{self.folder.name}.aside")

    def set_aside(self) -> None:
        """Move the cluster out of the way."""
        shutil.rmtree(self.aside, ignore_errors=True)
        self.folder.rename(self.aside)
        self.folder.mkdir(mode=0o700)
        os.chown(self.folder, self.aside.stat().st_uid, self.aside.stat().st_gid)

    def put_back(self) -> None:
        """Undo `set_aside`, if it was done; what a restore that was killed has started may write on for a moment."""
        deadline = time.monotonic() + 20
        while self.aside.exists():
            shutil.rmtree(self.folder, ignore_errors=True)
            try:
                self.aside.rename(self.folder)
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)

    def remove(self) -> None:
        """Delete the cluster and its log."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _pid_file(self) -> list[str]:
        return (self.data / "postmaster.pid").read_text().split("\n")

    def _pg_ctl(self, action: str, *arguments: str | Path, check: bool = True) -> None:
        self.run("pg_ctl", action, "-w", "-t", "20", "-D", self.data, *arguments, check=check)

    def _forget_recycled_pid(self) -> None:
        """Remove a pid file whose pid now belongs to some other program; Postgres would refuse to start."""
        try:
            if psutil.Process(int(self._pid_file()[0])).name() != "postgres":
                (self.data / "postmaster.pid").unlink()
        except (OSError, ValueError, psutil.NoSuchProcess):
            return


def free_port(*preferred: int | None) -> int:
    """The first of the preferred loopback ports that nobody listens on, else any free one."""
    for port in (*[p for p in preferred if p], 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            bound: int = probe.getsockname()[1]
            return bound
    raise Unavailable("There is no free port on 127.0.0.1.")
