"""Backups: one archive with every row, file and key of an embedded Supabase, and the sums it is checked against."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from psycopg import sql

from riskkit.errors import InputError, Unavailable
from riskkit.local.keys import Secrets, conninfo
from riskkit.local.migrations import apply_prelude
from riskkit.local.postgres import SUPERUSER, Postgres

_FORMAT = 1
_DUMP, _MANIFEST = "database.dump", "manifest.json"
#: Without them nobody could read the second factors' secrets, and every key that was handed out would change.
KEY_FILES = ("secrets.json", "signing_keys.json")
_EXPECTED = "a whole backup made by `riskkit local backup`"


@dataclass(frozen=True)
class Manifest:
    """What a backup holds.

    Attributes
    ----------
    made_at : str
        When its snapshot was taken, UTC.
    rows : dict
        By table, how many rows there are.
    files : dict
        By bucket and name of a stored file, its sha256.
    sums : dict
        By member of the archive, its sha256.
    """

    format: int
    made_at: str
    rows: Mapping[str, int]
    files: Mapping[str, str]
    sums: Mapping[str, str]


def write_backup(target: Path, postgres: Postgres, secrets: Secrets, folder: Path) -> Manifest:
    """Write everything as it is at one moment; others go on working. The file is whole (0600) or not there."""
    if target.exists():
        raise InputError("file", str(target), "the name of a file that is not there yet")
    dump = postgres.folder / _DUMP
    try:
        with psycopg.connect(_superuser(postgres, secrets)) as connection:
            connection.execute("set transaction isolation level repeatable read, read only")
            connection.execute("set local idle_in_transaction_session_timeout = 0")  # the dump may take its time
            (snapshot,) = connection.execute("select pg_export_snapshot()").fetchone() or ("",)
            options = ("-Fc", "--snapshot", snapshot, "-f", dump, "-d", "postgres")
            postgres.client("pg_dump", *options, password=secrets.superuser_password)
            rows, files = _contents(connection)
        members = {_DUMP: dump} | {name: folder / name for name in KEY_FILES}
        now = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = Manifest(_FORMAT, now, rows, files, {name: _sum(path) for name, path in members.items()})
        _write(target, json.dumps(asdict(manifest), indent=1).encode(), members)
    finally:
        dump.unlink(missing_ok=True)
    return manifest


def read_backup(source: Path, staging: Path) -> Manifest:
    """Unpack a backup; one that is cut short, changed or of another kind is refused before anything else happens."""
    try:
        with tarfile.open(source, "r:") as archive:
            for name in (_MANIFEST, _DUMP, *KEY_FILES):
                archive.extract(name, staging, filter="data")
        manifest = Manifest(**json.loads((staging / _MANIFEST).read_text()))
        sums = {name: _sum(staging / name) for name in (_DUMP, *KEY_FILES)}
    except FileNotFoundError:
        raise InputError("file", str(source), "a file that is there") from None
    except (OSError, tarfile.TarError, ValueError, KeyError, TypeError) as error:
        raise InputError("file", str(source), f"{_EXPECTED} ({type(error).__name__})") from error
    if manifest.format != _FORMAT or sums != manifest.sums:
        raise InputError("file", str(source), f"{_EXPECTED} (its sums do not agree)")
    return manifest


def load_backup(manifest: Manifest, staging: Path, postgres: Postgres, secrets: Secrets) -> None:
    """Fill a running, empty cluster from an unpacked backup, and check every count, every file's sum, the audit log."""
    apply_prelude(secrets, postgres.port or 0)  # for the roles, which no dump of a database holds
    with psycopg.connect(_superuser(postgres, secrets, "template1"), autocommit=True) as connection:
        connection.execute("drop database postgres")
    dump = postgres.folder / _DUMP
    try:
        shutil.move(staging / _DUMP, dump)
        postgres.hand_over(dump)
        options = ("--create", "--exit-on-error", "-d", "template1", dump)
        postgres.client("pg_restore", *options, password=secrets.superuser_password)
    finally:
        dump.unlink(missing_ok=True)
    with psycopg.connect(_superuser(postgres, secrets)) as connection:
        if _contents(connection) != (manifest.rows, manifest.files):
            raise Unavailable("What was restored is not what the backup says it holds.")
        if connection.execute("select to_regprocedure('private.audit_chains()')").fetchone() != (None,):
            broken = connection.execute("select * from private.audit_chains() where broken is not null").fetchone()
            if broken:
                raise Unavailable(f"The restored audit log does not hold: {broken}")


def _contents(connection: psycopg.Connection) -> tuple[dict[str, int], dict[str, str]]:
    """Every table's rows, and every stored file's sum."""
    tables = connection.execute(
        "select relnamespace::regnamespace::text, relname from pg_class where relkind = 'r'"
        " and relnamespace::regnamespace::text not in ('pg_catalog', 'information_schema', 'realtime') order by 1, 2"
    ).fetchall()
    rows = {}
    for schema, table in tables:
        query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table))
        (rows[f"{schema}.{table}"],) = connection.execute(query).fetchone() or (0,)
    files = connection.execute(
        "select o.bucket_id || '/' || o.name, encode(sha256(c.body), 'hex')"
        " from storage.objects o join storage.contents c on c.object_id = o.id"
    ).fetchall()
    return rows, {str(name): str(sum_) for name, sum_ in files}


def _write(target: Path, manifest: bytes, members: Mapping[str, Path]) -> None:
    partial = target.with_name(f"{target.name}.partial")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                entry = tarfile.TarInfo(_MANIFEST)
                entry.size = len(manifest)
                archive.addfile(entry, io.BytesIO(manifest))
                for name, path in members.items():
                    archive.add(path, name)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise Unavailable(f"{target} could not be written: {error}") from error


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _superuser(postgres: Postgres, secrets: Secrets, database: str = "postgres") -> str:
    return conninfo(SUPERUSER, secrets.superuser_password, postgres.port or 0).replace("/postgres?", f"/{database}?")
