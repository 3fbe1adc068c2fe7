"""`riskkit local`: the embedded Supabase of this machine."""

from __future__ import annotations

import json

import click

from riskkit.local.keys import Keys
from riskkit.local.stack import Stack
from riskkit.settings import Settings


@click.group()
def command() -> None:
    """Start, stop and reset the embedded Supabase.

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
