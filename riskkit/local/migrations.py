"""Bring a cluster to the project's schema: the prelude as hosted has it, then `supabase/migrations` in order."""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from pathlib import Path

import psycopg
from psycopg import sql

from riskkit.errors import Unavailable
from riskkit.local.keys import Secrets, conninfo
from riskkit.local.postgres import SUPERUSER

_NAME = re.compile(r"(\d{8,20})_([a-z0-9_]+)\.sql")


def apply_prelude(secrets: Secrets, port: int) -> None:
    """Run the prelude files that this cluster has not seen, as the superuser, and set the login roles' passwords."""
    files = sorted(
        (one for one in resources.files("riskkit.local").joinpath("prelude").iterdir() if one.name.endswith(".sql")),
        key=lambda one: one.name,
    )
    with psycopg.connect(conninfo(SUPERUSER, secrets.superuser_password, port)) as connection:
        connection.execute("create schema if not exists riskkit_prelude")
        connection.execute("create table if not exists riskkit_prelude.applied (name text primary key, sha256 text)")
        done = {str(name) for (name,) in connection.execute("select name from riskkit_prelude.applied")}
        for file in files:
            if file.name not in done:
                text = file.read_bytes()
                connection.execute(text)
                connection.execute(
                    "insert into riskkit_prelude.applied values (%s, %s)",
                    (file.name, hashlib.sha256(text).hexdigest()),
                )
        if not done:
            _set_passwords(connection, secrets)


def _set_passwords(connection: psycopg.Connection, secrets: Secrets) -> None:
    passwords = {
        "postgres": secrets.postgres_password,
        "authenticator": secrets.authenticator_password,
        "supabase_auth_admin": secrets.auth_admin_password,
    }
    for role, password in passwords.items():
        # The hash is made here, so that no statement ever holds the password.
        hashed = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        statement = sql.SQL("alter role {} password {}").format(sql.Identifier(role), sql.Literal(hashed.decode()))
        connection.execute(statement)


def apply_migrations(project: Path, db_url: str) -> tuple[str, ...]:
    """Run the project's migrations that this database has not seen, each in its own transaction; their names.

    Raises
    ------
    Unavailable
        A file is ill-named, was changed or removed after it was applied, sorts before one that was applied, or fails.
    """
    found = _migrations(project / "supabase" / "migrations")
    with psycopg.connect(db_url, autocommit=True) as connection:
        rows = connection.execute("select version, statements from supabase_migrations.schema_migrations order by 1")
        applied = {str(version): "".join(statements) for version, statements in rows}
        _check_history(found, applied)
        new = [version for version in found if version not in applied]
        for version in new:
            _apply(connection, version, found[version])
    return tuple(found[version].name for version in new)


def _migrations(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.glob("*.sql")):
        match = _NAME.fullmatch(path.name)
        if match is None:
            raise Unavailable(f"{path}: a migration is named <timestamp>_<verb>_<object>.sql")
        if match[1] in found:
            raise Unavailable(f"{path} and {found[match[1]].name} have the same timestamp.")
        found[match[1]] = path
    return found


def _check_history(found: dict[str, Path], applied: dict[str, str]) -> None:
    remedy = "Applied migrations are never edited: write a new one, or run `riskkit local reset` to begin again."
    for version, text in applied.items():
        if version not in found:
            raise Unavailable(f"Migration {version} was applied here but its file is gone. {remedy}")
        if found[version].read_text() != text:
            raise Unavailable(f"Migration {found[version].name} was changed after it was applied here. {remedy}")
    last = max(applied, default="")
    for version in found:
        if version not in applied and version < last:
            raise Unavailable(f"Migration {found[version].name} is older than the last one applied here. {remedy}")


def _apply(connection: psycopg.Connection, version: str, path: Path) -> None:
    text = path.read_text()
    match = _NAME.fullmatch(path.name)
    name = match[2] if match else path.stem
    try:
        with connection.transaction():
            connection.execute(text.encode())
            if connection.info.transaction_status != psycopg.pq.TransactionStatus.INTRANS:
                raise Unavailable(f"{path}: a migration must not end its own transaction")
            connection.execute(
                "insert into supabase_migrations.schema_migrations (version, statements, name) values (%s, %s, %s)",
                (version, [text], name),
            )
    except psycopg.Error as error:
        position = error.diag.statement_position
        line = text.encode()[: int(position)].count(b"\n") + 1 if position else None
        place = f"{path}:{line}" if line else str(path)
        hint = f" ({error.diag.message_detail})" if error.diag.message_detail else ""
        raise Unavailable(f"{place}: {error.diag.message_primary or error}{hint}") from error
