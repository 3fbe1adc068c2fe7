"""`riskkit whoami`: who is signed in, with teams and roles."""

from __future__ import annotations

import click

from riskkit import session
from riskkit.cli.signed_in import signed_in_store
from riskkit.settings import Settings

#: What a role allows beyond the one before it.
ALLOWS = {
    "viewer": "reads",
    "analyst": "changes books and prices",
    "approver": "signs reports off",
    "admin": "manages members",
}


#: How strongly a session was begun, by Auth's name for it.
LEVELS = {"aal1": "a password (aal1)", "aal2": "a password and a second factor (aal2)"}


@click.command()
def command() -> None:
    """Show who is signed in, how strongly, and their role in each team."""
    settings = Settings.load()
    level = session.current(settings).level()
    with signed_in_store(settings) as store:
        member = store.member()
    click.echo(f"{member.email}, signed in with {LEVELS.get(level, level)}")
    for team, role in member.teams:
        click.echo(f"  {team}: {role} ({ALLOWS.get(role, 'unknown role')})")
    if not member.teams:
        click.echo("  in no team yet; an admin of a team can add you")
