"""One real PostgreSQL on loopback: made, started, stopped and asked after with its own programs."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from subprocess import CompletedProcess

import psutil

from riskkit.errors import Unavailable
from riskkit.local.installation import Installation, installation

#: The superuser keeps hosted's name; nothing of riskkit uses it but the prelude.
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


@dataclass(frozen=True)
class Postgres:
    """The cluster of one home."""

    installation: Installation

    @classmethod
    def of(cls, home: Path) -> Postgres:
        """The cluster of a home, made or not."""
        return cls(installation(home))

    @property
    def exists(self) -> bool:
        """Whether the cluster has been made, whole."""
        return (self.installation.data / "PG_VERSION").is_file()

    def create(self, password: str) -> None:
        """Make the cluster: C locale, UTF-8, scram passwords only. A half-made one is made again."""
        if self.exists:
            return
        folder, partial = self.installation.folder, self.installation.folder / "data.partial"
        shutil.rmtree(partial, ignore_errors=True)
        settings = [f"--set={name}={value}" for name, value in _SETTINGS.items()]
        pwfile = folder / f"password.{secrets.token_hex(4)}"
        try:
            pwfile.touch(mode=0o600)
            pwfile.write_text(password)
            os.chown(pwfile, folder.stat().st_uid, folder.stat().st_gid)
            done = self.installation.run(
                "initdb", "-D", partial, "-U", SUPERUSER, "--pwfile", pwfile, *_FORM, *settings
            )
        finally:
            pwfile.unlink(missing_ok=True)
        if done.returncode != 0:
            raise Unavailable(f"Postgres could not make its cluster in {folder}: {done.stdout.strip()[-500:]}")
        partial.rename(self.installation.data)

    def process(self) -> psutil.Process | None:
        """The postmaster, if it runs and is ours: its command line names our data directory."""
        try:
            pid = int((self.installation.data / "postmaster.pid").read_text().split("\n", 1)[0])
            found = psutil.Process(pid)
            return found if str(self.installation.data) in found.cmdline() else None
        except (OSError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
            return None

    @property
    def port(self) -> int | None:
        """The port it listens on now, or None when it does not run."""
        if self.process() is None:
            return None
        try:
            return int((self.installation.data / "postmaster.pid").read_text().split("\n")[3])
        except (OSError, ValueError, IndexError):
            return None

    def start(self, preferred: int | None) -> int:
        """Start it unless it runs; its port.

        A server that was killed may leave children which hold its memory for a moment: it is tried again for a while.
        """
        running = self.port
        if running is not None:
            return running
        self._forget_recycled_pid()
        deadline = time.monotonic() + 30
        while True:
            port = free_port(preferred, PREFERRED_PORT)
            log = self.installation.log
            done = self._pg_ctl("start", "-l", log, "-o", f"-p {port}")
            if done.returncode == 0:
                return port
            words = self._last_words()
            if time.monotonic() > deadline or not any(reason in words for reason in _PASSING):
                raise Unavailable(f"Postgres did not start; its log is {log}: {words}")
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop it, ending open connections; nothing happens when it does not run."""
        for mode in ("fast", "immediate"):
            if self.process() is not None:
                self._pg_ctl("stop", "-m", mode)

    def client(self, program: str, *arguments: str | Path, password: str) -> None:
        """Run `pg_dump` or `pg_restore` as the superuser; the password is in its environment, not in its arguments."""
        login = {"PGHOST": "127.0.0.1", "PGPORT": str(self.port), "PGUSER": SUPERUSER, "PGPASSWORD": password}
        done = self.installation.run(program, *arguments, **login)
        if done.returncode != 0:
            raise Unavailable(f"{program} failed: {done.stdout.strip()[-500:]}")

    def _pg_ctl(self, action: str, *arguments: str | Path) -> CompletedProcess[str]:
        return self.installation.run("pg_ctl", action, "-w", "-t", "20", "-D", self.installation.data, *arguments)

    def _forget_recycled_pid(self) -> None:
        """Remove a pid file whose pid now belongs to some other program; Postgres would refuse to start."""
        path = self.installation.data / "postmaster.pid"
        try:
            name = psutil.Process(int(path.read_text().split("\n", 1)[0])).name()
        except (OSError, ValueError, psutil.NoSuchProcess):
            return
        if name != "postgres":
            path.unlink()

    def _last_words(self) -> str:
        log = self.installation.log
        return log.read_text(errors="replace").strip()[-600:] if log.exists() else "(no log)"


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
