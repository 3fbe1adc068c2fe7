"""The embedded Supabase of one home: started, stopped, asked after and reset; each is safe to repeat and to race."""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import json
import logging
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from riskkit.errors import Unavailable
from riskkit.local.backup import KEY_FILES, Manifest, load_backup, read_backup, write_backup
from riskkit.local.config import Config
from riskkit.local.keys import Keys, Secrets, conninfo, signing_keys
from riskkit.local.migrations import apply_migrations, apply_prelude
from riskkit.local.postgres import Postgres, free_port
from riskkit.local.process import Mark, write_private

log = logging.getLogger(__name__)

PREFERRED_PORT = 54321
_MODULE = "riskkit.local.gateway"
_LOG_BYTES = 10 << 20


@dataclass(frozen=True)
class Status:
    """What runs now.

    Attributes
    ----------
    url : str or None
        The gateway's address, when it runs.
    database_port : int or None
        Postgres' port, when it runs.
    folder : Path
        State and logs of this stack.
    data : Path
        The cluster's data directory.
    """

    url: str | None
    database_port: int | None
    folder: Path
    data: Path

    @property
    def running(self) -> bool:
        """Whether both processes run."""
        return self.url is not None and self.database_port is not None


class Stack:
    """Postgres and the gateway of one home.

    Parameters
    ----------
    home : Path
        State is kept in `<home>/local`: `public.json`, `secrets.json` (0600), `gateway.json`, logs, and unless root
        runs it, the cluster.
    project : Path
        Its `supabase/migrations` make the schema; its `supabase/config.toml` is heeded.
    """

    def __init__(self, home: Path, project: Path) -> None:
        self.home, self.project = home.absolute(), project.absolute()
        self.folder = self.home / "local"

    def start(self, port: int | None = None) -> Keys:
        """Start what does not run, apply what is new, and wait until it answers.

        Parameters
        ----------
        port : int, optional
            The gateway's port; 0 for any. By default the last one, else 54321, else any free one.
        """
        with self._locked():
            return self._start(port)

    def stop(self) -> None:
        """Stop both processes; the data stay."""
        with self._locked():
            self._stop()

    def status(self) -> Status:
        """What runs now."""
        postgres = Postgres.of(self.home)
        url = _read(self.folder / "public.json").get("SUPABASE_URL") if self._gateway() else None
        return Status(url, postgres.port, self.folder, postgres.installation.data)

    def keys(self) -> Keys:
        """Address and keys of a running stack."""
        status, secrets = self.status(), Secrets.load(self.folder / "secrets.json")
        if status.url is None or status.database_port is None or secrets is None:
            raise Unavailable("The embedded Supabase does not run here: `riskkit local start`.")
        return _keys(status.url, secrets, status.database_port)

    def reset(self) -> Keys:
        """Delete every row and user and begin again from the migrations; keys and ports stay."""
        with self._locked():
            self._stop()
            Postgres.of(self.home).installation.remove()
            secrets = Secrets.load(self.folder / "secrets.json")
            if secrets is None:
                (self.folder / "public.json").unlink(missing_ok=True)
            else:
                Postgres.of(self.home).create(secrets.superuser_password)
            return self._start(None)

    def remove(self) -> None:
        """Stop, and delete data, keys and logs."""
        with self._locked():
            self._stop()
            Postgres.of(self.home).installation.remove()
            for path in self.folder.iterdir():
                if path.is_file() and path.name != "lock":
                    path.unlink()

    def backup(self, target: Path) -> Manifest:
        """Write every row, file and key of a running stack into one archive."""
        with self._locked():
            self.keys()
            secrets = Secrets.load(self.folder / "secrets.json") or Secrets.new()
            return write_backup(target, Postgres.of(self.home), secrets, self.folder)

    def restore(self, source: Path) -> Manifest:
        """Begin again from a backup; what is here now is set aside until the backup has proved to be whole."""
        with self._locked(), tempfile.TemporaryDirectory(dir=self.folder) as staging:
            manifest = read_backup(source, Path(staging))
            self._stop()
            postgres = Postgres.of(self.home)
            kept = {name: (self.folder / name).read_text() for name in KEY_FILES if (self.folder / name).exists()}
            aside = postgres.installation.set_aside()
            try:
                for name in KEY_FILES:
                    write_private(self.folder / name, (Path(staging) / name).read_text())
                self._fill(manifest, Path(staging), postgres)
            except BaseException:
                self._stop()
                postgres.installation.put_back(aside)
                for name in KEY_FILES:
                    (self.folder / name).unlink(missing_ok=True)
                    if name in kept:
                        write_private(self.folder / name, kept[name])
                raise
            shutil.rmtree(aside)
            return manifest

    def _fill(self, manifest: Manifest, staging: Path, postgres: Postgres) -> None:
        secrets = Secrets.load(self.folder / "secrets.json") or Secrets.new()
        postgres.create(secrets.superuser_password)
        postgres.start(_read(self.folder / "public.json").get("DATABASE_PORT"))
        load_backup(manifest, staging, postgres, secrets)
        keys = self._start(None)
        secrets.save(self.folder / "secrets.json", keys.url, keys.db_url)

    def _start(self, port: int | None) -> Keys:
        config, postgres, known = Config.load(self.project), Postgres.of(self.home), _read(self.folder / "public.json")
        secrets = Secrets.load(self.folder / "secrets.json")
        if not known and secrets is None and postgres.exists:
            self._set_aside(postgres)  # a clone that root deleted and made anew: its keys are gone for good
        if postgres.exists and secrets is None:
            raise _gone(self.folder / "secrets.json")
        if known and not postgres.exists:
            raise _gone(postgres.installation.data)
        if secrets is None:
            secrets = Secrets.new()
            secrets.save(self.folder / "secrets.json", "", "")
        postgres.create(secrets.superuser_password)
        database_port = postgres.start(known.get("DATABASE_PORT"))
        apply_prelude(secrets, database_port)
        apply_migrations(self.project, secrets.db_url(database_port))
        url = self._start_gateway(port, secrets, config, database_port)
        public = {"SUPABASE_URL": url, "SUPABASE_ANON_KEY": secrets.anon_key, "DATABASE_PORT": database_port}
        if public != known:
            write_private(self.folder / "public.json", json.dumps(public, indent=1))
            secrets.save(self.folder / "secrets.json", url, secrets.db_url(database_port))
        return _keys(url, secrets, database_port)

    def _set_aside(self, postgres: Postgres) -> None:
        postgres.stop()
        aside = postgres.installation.set_aside()
        log.warning("data of an earlier %s were found without their keys, and set aside at %s", self.home, aside)

    def _stop(self) -> None:
        mark = self._gateway()
        if mark is not None:
            mark.stop()
        (self.folder / "gateway.json").unlink(missing_ok=True)
        Postgres.of(self.home).stop()

    def _start_gateway(self, port: int | None, secrets: Secrets, config: Config, database_port: int) -> str:
        keys = [one["kid"] for one in signing_keys(self.folder / "signing_keys.json")]
        wanted = {"config": asdict(config), "database_port": database_port, "code": _fingerprint(), "keys": keys}
        mark, running = self._gateway(), _read(self.folder / "public.json").get("SUPABASE_URL")
        last = int(running.rsplit(":", 1)[1]) if running else None
        same = port in (None, 0, last) and _read(self.folder / "settings.json") == wanted
        if mark is not None and running and same and _healthy(running):
            return str(running)
        if mark is not None:
            mark.stop()
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", _gateway_port(port, last)))
            listener.listen(128)
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            self._spawn(listener, self._settings(url, config, secrets, database_port))
        write_private(self.folder / "settings.json", json.dumps(wanted))
        self._wait(url)
        return url

    def _settings(self, url: str, config: Config, secrets: Secrets, database_port: int) -> dict[str, Any]:
        own = {"outbox": str(self.folder / "outbox"), "signing_keys": signing_keys(self.folder / "signing_keys.json")}
        return {"url": url, "config": asdict(config), **own, **_gateway_secrets(secrets, database_port)}

    def _spawn(self, listener: socket.socket, settings: dict[str, Any]) -> None:
        """Start the gateway on a socket that we hold; it reads its secrets from a pipe, never from its arguments.

        The process we start forks, says its child's pid and ends: nobody has to wait for the gateway.
        """
        log = self.folder / "gateway.log"
        if log.exists() and log.stat().st_size > _LOG_BYTES:
            log.replace(self.folder / "gateway.log.1")
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "PYTHONPATH") if name in os.environ}
        with log.open("ab") as output:
            done = subprocess.run(  # noqa: S603 (our own module)
                [sys.executable, "-m", _MODULE, "--fd", str(listener.fileno())],
                input=json.dumps(settings).encode(),
                stdout=subprocess.PIPE,
                stderr=output,
                cwd="/",
                env=environment,
                pass_fds=[listener.fileno()],
                start_new_session=True,
                timeout=60,
                check=False,
            )
        if done.returncode != 0:
            raise Unavailable(f"The gateway did not start; its log is {log}.")
        Mark.of(int(done.stdout), _MODULE).write(self.folder / "gateway.json")

    def _wait(self, url: str) -> None:
        deadline = time.monotonic() + 30
        while not _healthy(url):
            if self._gateway() is None or time.monotonic() > deadline:
                raise Unavailable(f"The gateway did not start; its log is {self.folder / 'gateway.log'}.")
            time.sleep(0.03)

    def _gateway(self) -> Mark | None:
        mark = Mark.read(self.folder / "gateway.json")
        return mark if mark is not None and mark.process() is not None else None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _gone(path: Path) -> Unavailable:
    return Unavailable(f"{path} is gone: put it back, or begin again with `riskkit local reset`.")


def _keys(url: str, secrets: Secrets, database_port: int) -> Keys:
    return Keys(url, secrets.anon_key, secrets.service_key, secrets.db_url(database_port), secrets.jwt_secret)


def _gateway_secrets(secrets: Secrets, database_port: int) -> dict[str, str]:
    return {
        "rest_db": conninfo("authenticator", secrets.authenticator_password, database_port),
        "auth_db": conninfo("supabase_auth_admin", secrets.auth_admin_password, database_port),
        "jwt_secret": secrets.jwt_secret,
        "anon_key": secrets.anon_key,
        "service_key": secrets.service_key,
    }


def _gateway_port(wanted: int | None, last: int | None) -> int:
    """The wanted port exactly, or the last, the usual or any free one."""
    if wanted is None:
        return free_port(last, PREFERRED_PORT)
    if wanted and free_port(wanted) != wanted:
        raise Unavailable(f"Port {wanted} on 127.0.0.1 is taken.")
    return wanted


def _healthy(url: str) -> bool:
    """Whether the gateway answers and reaches its database."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request("GET", "/auth/v1/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _fingerprint() -> str:
    """Of the gateway's code: one that runs an older riskkit is replaced at the next start."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.glob("*.*")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    try:
        known = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
