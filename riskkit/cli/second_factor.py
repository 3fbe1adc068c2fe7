"""`riskkit second-factor`: an authenticator app for one's account."""

from __future__ import annotations

import sys

import click
import segno

from riskkit.errors import InputError
from riskkit.session import second_factor
from riskkit.settings import Settings

_EXAMPLES = """Examples:

\b
  riskkit second-factor enrol --name Phone
  riskkit second-factor list
  riskkit second-factor remove Phone
"""


@click.group(epilog=_EXAMPLES)
def command() -> None:
    """Set up, list and remove second factors.

    Two are allowed. There are no recovery codes: a second device keeps you from being locked out, and an operator can
    reset them (`riskkit users reset-second-factor`).
    """


@command.command()
@click.option("--name", default="Phone", show_default=True, help="What to call the device.")
def enrol(name: str) -> None:
    """Show a QR code for an authenticator app, and verify its first code."""
    settings = Settings.load()
    begun = second_factor.begin(settings, name)
    if sys.stdout.isatty():
        segno.make(begun.uri, error="m", micro=False).terminal(out=sys.stdout, compact=True)
    click.echo(
        f"Scan the picture with an authenticator app, or type this secret into it:\n\n  {_spaced(begun.secret)}\n"
    )
    for left in (2, 1, 0):
        try:
            second_factor.confirm(settings, begun, click.prompt("Code that the app shows", type=str))
        except InputError:
            if not left:
                raise
            click.echo("That code is not right. Wait for the next one.", err=True)
        else:
            break
    click.echo(f"{name} is set up; this session has the second factor's rights now, and others have ended.")


@command.command("list")
def listed() -> None:
    """List the devices of your account."""
    found = [factor for factor in second_factor.factors(Settings.load()) if factor.verified]
    for factor in found:
        click.echo(f"{factor.name}  since {factor.created_at[:10]}")
    if not found:
        click.echo("No second factor yet: `riskkit second-factor enrol` sets one up.")


@command.command()
@click.argument("name")
@click.option("--code", metavar="DIGITS", help="Code of any of your devices; asked for if it is not given.")
def remove(name: str, code: str | None) -> None:
    """Remove the device NAME, after a code of any of your devices."""
    settings = Settings.load()
    found = [factor for factor in second_factor.factors(settings) if factor.verified]
    named = next((factor for factor in found if factor.name == name), None)
    if named is None:
        raise InputError("NAME", name, f"one of {', '.join(factor.name for factor in found)}" if found else "a device")
    second_factor.remove(settings, named.id, code or click.prompt("Code of any of your devices", type=str))
    click.echo(f"{name} is removed.")


def _spaced(secret: str) -> str:
    return " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
