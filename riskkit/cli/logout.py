"""`riskkit logout`: end the session of this machine."""

from __future__ import annotations

import click

from riskkit import session
from riskkit.errors import NotSignedIn, Unavailable
from riskkit.settings import Settings


@click.command()
def command() -> None:
    """Sign out here and, if it answers, on the server."""
    settings = Settings.load()
    try:
        email = session.current(settings).email
    except (NotSignedIn, Unavailable):
        email = ""
    session.sign_out(settings)
    click.echo(f"Signed out {email}." if email else "Nobody was signed in.")
