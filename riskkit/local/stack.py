"""The embedded Supabase of one home: started, stopped, asked after and reset; each is safe to repeat and to race."""

from __future__ import annotations

import fcntl
import json
import logging
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from riskkit.errors import Unavailable
from riskkit.local.backup import KEY_FILES, Manifest, load_backup, read_backup, write_backup
from riskkit.local.config import Config
from riskkit.local.keys import Keys, Secrets, conninfo, signing_keys
from riskkit.local.launch import Gateway
from riskkit.local.migrations import apply_migrations, apply_prelude
from riskkit.local.postgres import Postgres
from riskkit.local.process import write_private

log = logging.getLogger(__name__)
_KEPT = "kept.json"  # the keys of before, for as long as a restore may have to be undone


@dataclass(frozen=True)
class Status:
    """What runs now: the gateway's address and Postgres' port, if they run; and where state and data lie."""

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
        self._gateway = Gateway(self.folder)

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
        url = self._public().get("SUPABASE_URL") if self._gateway.running else None
        return Status(url, postgres.port, self.folder, postgres.data)

    def keys(self) -> Keys:
        """Address and keys of a running stack."""
        status, secrets = self.status(), self._secrets()
        if status.url is None or status.database_port is None or secrets is None:
            raise Unavailable("The embedded Supabase does not run here: `riskkit local start`.")
        return _keys(status.url, secrets, status.database_port)

    def reset(self) -> Keys:
        """Delete every row and user and begin again from the migrations; keys and ports stay."""
        with self._locked():
            self._stop()
            Postgres.of(self.home).remove()
            secrets = self._secrets()
            if secrets is None:
                (self.folder / "public.json").unlink(missing_ok=True)
            else:
                Postgres.of(self.home).create(secrets.superuser_password)
            return self._start(None)

    def remove(self) -> None:
        """Stop, and delete data, keys and logs."""
        with self._locked():
            self._stop()
            Postgres.of(self.home).remove()
            for path in self.folder.iterdir():
                if path.is_file() and path.name != "lock":
                    path.unlink()

    def backup(self, target: Path) -> Manifest:
        """Write every row, file and key of a running stack into one archive."""
        with self._locked():
            self.keys()
            return write_backup(target, Postgres.of(self.home), self._secrets() or Secrets.new(), self.folder)

    def restore(self, source: Path) -> Manifest:
        """Begin again from a backup; what is here now is set aside until the backup has proved to be whole."""
        with self._locked(), tempfile.TemporaryDirectory("", "restore.", self.folder) as unpacked:
            staging, postgres, ran = Path(unpacked), Postgres.of(self.home), self.status().running
            manifest = read_backup(source, staging)
            self._stop()
            shutil.rmtree(postgres.aside, ignore_errors=True)
            kept = {name: (self.folder / name).read_text() for name in KEY_FILES if (self.folder / name).exists()}
            write_private(self.folder / _KEPT, json.dumps(kept))  # from here on until it is gone, it can be undone
            postgres.set_aside()
            try:
                self._fill(manifest, staging, postgres)
            except BaseException:
                self._undo_restore()
                if ran:
                    self._start(None)
                raise
            (self.folder / _KEPT).unlink()
            shutil.rmtree(postgres.aside)
            return manifest

    def _undo_restore(self) -> None:
        """Bring back what was set aside by a restore that failed, or was killed; may be killed and repeated."""
        if (self.folder / _KEPT).exists():
            kept = json.loads((self.folder / _KEPT).read_text())
            self._stop()
            Postgres.of(self.home).put_back()
            for unpacked in self.folder.glob("restore.*"):
                shutil.rmtree(unpacked, ignore_errors=True)
            for name in KEY_FILES:
                (self.folder / name).unlink(missing_ok=True)
            for name, text in kept.items():
                write_private(self.folder / name, text)
            (self.folder / _KEPT).unlink()

    def _fill(self, manifest: Manifest, staging: Path, postgres: Postgres) -> None:
        for name in KEY_FILES:
            write_private(self.folder / name, (staging / name).read_text())
        secrets = self._secrets() or Secrets.new()
        postgres.create(secrets.superuser_password)
        postgres.start(self._public().get("DATABASE_PORT"))
        load_backup(manifest, staging, postgres, secrets)
        keys = self._start(None)
        secrets.save(self.folder / "secrets.json", keys.url, keys.db_url)

    def _start(self, port: int | None) -> Keys:
        config, postgres = Config.load(self.project), Postgres.of(self.home)
        known, secrets = self._public(), self._secrets()
        if not known and secrets is None and postgres.exists:
            postgres.stop()  # a clone that root deleted and made anew: its keys are gone for good
            postgres.set_aside()
            log.warning("keys of an earlier %s are gone; its data were set aside at %s", self.home, postgres.aside)
        if postgres.exists and secrets is None:
            raise _gone(self.folder / "secrets.json")
        if known and not postgres.exists:
            raise _gone(postgres.data)
        if secrets is None:
            secrets = Secrets.new()
            secrets.save(self.folder / "secrets.json", "", "")
        postgres.create(secrets.superuser_password)
        database_port = postgres.start(known.get("DATABASE_PORT"))
        apply_prelude(secrets, database_port)
        if apply_migrations(self.project, secrets.db_url(database_port)):
            self._gateway.stop()  # what it knows of the schema is of the one before
        url = self._gateway.start(port, known.get("SUPABASE_URL"), self._settings(config, secrets, database_port))
        public = {"SUPABASE_URL": url, "SUPABASE_ANON_KEY": secrets.anon_key, "DATABASE_PORT": database_port}
        if public != known:
            write_private(self.folder / "public.json", json.dumps(public, indent=1))
            secrets.save(self.folder / "secrets.json", url, secrets.db_url(database_port))
        return _keys(url, secrets, database_port)

    def _stop(self) -> None:
        self._gateway.stop()
        Postgres.of(self.home).stop()

    def _settings(self, config: Config, secrets: Secrets, database_port: int) -> dict[str, Any]:
        """What the gateway is told, beside its address."""
        return {
            "config": asdict(config),
            "outbox": str(self.folder / "outbox"),
            "signing_keys": signing_keys(self.folder / "signing_keys.json"),
            "rest_db": conninfo("authenticator", secrets.authenticator_password, database_port),
            "auth_db": conninfo("supabase_auth_admin", secrets.auth_admin_password, database_port),
            "jwt_secret": secrets.jwt_secret,
            "anon_key": secrets.anon_key,
            "service_key": secrets.service_key,
        }

    def _secrets(self) -> Secrets | None:
        return Secrets.load(self.folder / "secrets.json")

    def _public(self) -> dict[str, Any]:
        """What is known without secrets; nothing, if the file is not there or damaged."""
        try:
            known = json.loads((self.folder / "public.json").read_text())
        except (OSError, ValueError):
            return {}
        return known if isinstance(known, dict) else {}

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._undo_restore()  # whoever restored let go of the lock without an end
            yield


def _gone(path: Path) -> Unavailable:
    return Unavailable(f"{path} is gone: put it back, or begin again with `riskkit local reset`.")


def _keys(url: str, secrets: Secrets, database_port: int) -> Keys:
    return Keys(url, secrets.anon_key, secrets.service_key, secrets.db_url(database_port), secrets.jwt_secret)
