"""`riskkit whoami`: who is signed in, with teams and roles."""

from __future__ import annotations

import click

from riskkit.cli.signed_in import signed_in_store

#: What a role allows beyond the one before it.
ALLOWS = {
    "viewer": "reads",
    "analyst": "changes books and prices",
    "approver": "signs reports off",
    "admin": "manages members",
}


@click.command()
def command() -> None:
    """Show who is signed in, and their role in each team."""
    with signed_in_store() as store:
        member = store.member()
    click.echo(member.email)
    for team, role in member.teams:
        click.echo(f"  {team}: {role} ({ALLOWS.get(role, 'unknown role')})")
    if not member.teams:
        click.echo("  in no team yet; an admin of a team can add you")
