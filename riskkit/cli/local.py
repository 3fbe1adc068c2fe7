"""`riskkit local`: the embedded Supabase of this machine."""

from __future__ import annotations

import json
from pathlib import Path

import click

from riskkit.local.backup import Manifest
from riskkit.local.keys import Keys, rotate
from riskkit.local.stack import Stack
from riskkit.settings import Settings


@click.group()
def command() -> None:
    """Start, stop, reset, back up and restore the embedded Supabase.

    Real PostgreSQL and a gateway for the official client, on loopback only: a development and single-machine default.
    """


@command.command()
@click.option("--port", type=click.IntRange(0, 65535), help="The gateway's port; 0 for any free one.")
@click.option("--secrets", is_flag=True, help="Show the service key and the database's address too.")
def start(port: int | None, *, secrets: bool) -> None:
    """Start what does not run, and apply new migrations."""
    _show(_stack().start(port), secrets=secrets)


@command.command()
def stop() -> None:
    """Stop Postgres and the gateway; the data stay."""
    _stack().stop()


@command.command()
@click.option("--secrets", is_flag=True, help="Show the service key and the database's address too.")
def status(*, secrets: bool) -> None:
    """Show the address and keys, by the names the Supabase CLI gives them; exit code 1 if it does not run."""
    _show(_stack().keys(), secrets=secrets)


@command.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(*, yes: bool) -> None:
    """Delete every row and user here, and begin again from the migrations."""
    stack = _stack()
    if not yes:
        click.confirm(f"Delete all data of the embedded Supabase of {stack.home}?", abort=True)
    _show(stack.reset(), secrets=False)


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def backup(file: Path) -> None:
    """Write every row, file and key into one archive (0600): as secret as the server itself.

    Others go on working. An archive that is not whole never takes the name FILE.
    """
    manifest = _stack().backup(file)
    click.echo(f"{file}: {file.stat().st_size:,} bytes, the state of {manifest.made_at}")
    _counts(manifest)


@command.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--yes", is_flag=True, help="Replace what is here without asking.")
def restore(file: Path, *, yes: bool) -> None:
    """Begin again from a backup: rows, files, users, keys.

    What is here is replaced, but only once the backup has been read back whole: counts, sums of files, audit log.
    """
    stack = _stack()
    if not yes and stack.status().data.exists():
        click.confirm(f"Replace all data of the embedded Supabase of {stack.home}?", abort=True)
    manifest = stack.restore(file)
    click.echo(f"Restored the state of {manifest.made_at}; every count and sum agrees.")
    _counts(manifest)


@command.command("rotate-key")
def rotate_key() -> None:
    """Sign access tokens with a new key from now on; tokens of the key before still count, older keys are gone."""
    stack = _stack()
    stack.keys()
    rotate(stack.folder / "signing_keys.json")
    stack.start()


def _counts(manifest: Manifest) -> None:
    for table, count in manifest.rows.items():
        if count and not table.startswith(("riskkit_prelude.", "supabase_migrations.")):
            click.echo(f"  {count:>9,}  {table}")
    click.echo(f"  {len(manifest.files):>9,}  files in Storage")


def _stack() -> Stack:
    settings = Settings.load()
    return Stack(settings.home, settings.project)


def _show(keys: Keys, *, secrets: bool) -> None:
    """`NAME="value"` lines, fit for a shell's `source` and for a .env file."""
    shown = {"SUPABASE_URL": keys.url, "SUPABASE_ANON_KEY": keys.anon_key}
    if secrets:
        shown |= {"SUPABASE_SERVICE_ROLE_KEY": keys.service_key, "DB_URL": keys.db_url, "JWT_SECRET": keys.jwt_secret}
    for name, value in shown.items():
        click.echo(f"{name}={json.dumps(value)}")
