"""`riskkit users`: the operator's command for accounts, roles and second factors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import click

from riskkit.errors import InputError
from riskkit.session.operator import ROLES, Account, Operator, operator
from riskkit.settings import Settings, take_service_key

_EXAMPLES = """Examples:

\b
  riskkit users list --team atlas
  riskkit users invite new@atlas.example --team atlas --role analyst
  riskkit users role new@atlas.example --team atlas approver
  riskkit users remove new@atlas.example --team atlas
  riskkit users reset-second-factor new@atlas.example
"""
_EMAIL = re.compile(r"[^@\s\x00-\x1f\x7f]{1,64}@[^@\s\x00-\x1f\x7f]{1,190}")
_TEAM = click.option("--team", required=True, metavar="SLUG", help="The team, by its short name.")


class _Email(click.ParamType[str]):
    name = "EMAIL"

    def convert(self, value: str, _param: click.Parameter | None, _ctx: click.Context | None) -> str:
        if not _EMAIL.fullmatch(value.strip()):
            raise InputError("EMAIL", value, "an e-mail address")
        return value.strip().lower()


class _Role(click.ParamType[str]):
    name = "|".join(ROLES)

    def convert(self, value: str, param: click.Parameter | None, _ctx: click.Context | None) -> str:
        if value not in ROLES:
            raise InputError(param.opts[0] if param else "ROLE", value, f"one of {', '.join(ROLES)}")
        return value


@click.group(epilog=_EXAMPLES)
def command() -> None:
    """Invite people, give and take their roles, reset their second factors.

    Needs the service key: SUPABASE_SERVICE_ROLE_KEY, the file that SUPABASE_SERVICE_ROLE_KEY_FILE names, or the
    embedded Supabase's own file. Everything done here is in the audit log. What a role allows: viewer reads, analyst
    changes books and prices, approver signs reports off, admin manages members; each has the rights of those before it.
    """


@command.command("list")
@click.option("--team", metavar="SLUG", help="Only its members.")
def listed(team: str | None) -> None:
    """List accounts, roles and second factors."""
    with _operator() as operating:
        found = operating.accounts(team)
    if not found:
        click.echo("No accounts yet: `riskkit users invite` makes one.")
        return
    rows = [("E-MAIL", "ROLES", "SECOND FACTOR", "LAST SIGN-IN (UTC)"), *(_row(one) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for row in rows:
        click.echo("  ".join([*(cell.ljust(width) for cell, width in zip(row, widths, strict=False)), row[3]]).rstrip())


@command.command()
@click.argument("email", type=_Email())
@_TEAM
@click.option("--role", required=True, type=_Role(), metavar="ROLE", help=f"One of {', '.join(ROLES)}.")
@click.option(
    "--page",
    metavar="URL",
    default="http://127.0.0.1:8866/sign-in/link",
    show_default=True,
    help="Where the mail's link leads: the dashboards' page sign-in/link.",
)
def invite(email: str, team: str, role: str, page: str) -> None:
    """Mail an invitation, with a role in a team.

    Who has an account already gets the role and no mail.
    """
    if urlsplit(page).scheme not in ("http", "https") or not urlsplit(page).hostname:
        raise InputError("--page", page, "an address such as https://risk.example/sign-in/link")
    with _operator() as operating:
        invited = operating.invite(email, team, role, page)
    if invited:
        click.echo(f"Invited {email} to {team} as {role}: a mail with a link is on its way.")
    else:
        click.echo(f"{email} has an account already and is now {role} in {team}.")


@command.command()
@click.argument("email", type=_Email())
@click.argument("role", type=_Role())
@_TEAM
def role(email: str, role: str, team: str) -> None:
    """Give a role, in place of any other in that team."""
    with _operator() as operating:
        before = operating.set_role(email, team, role)
    if before == role:
        click.echo(f"{email} is {role} in {team} already.")
    else:
        click.echo(f"{email} is now {role} in {team}" + (f", was {before}." if before else "."))


@command.command()
@click.argument("email", type=_Email())
@_TEAM
def remove(email: str, team: str) -> None:
    """Take somebody out of a team.

    Their open dashboards close within seconds. The last admin of a team stays.
    """
    with _operator() as operating:
        operating.remove(email, team)
    click.echo(f"{email} is no longer in {team}.")


@command.command("reset-second-factor")
@click.argument("email", type=_Email())
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset_second_factor(email: str, yes: bool) -> None:
    """Remove the second factors of a lost device.

    Make sure by another way that it is them who asks: their password alone then opens the account. Their sessions end.
    """
    if not yes:
        click.confirm(f"Remove every second factor of {email}?", abort=True)
    with _operator() as operating:
        removed = operating.reset_second_factor(email)
    if removed:
        click.echo(f"{email} has no second factor now ({removed} removed); every session of theirs has ended.")
    else:
        click.echo(f"{email} had no second factor.")


@contextmanager
def _operator() -> Iterator[Operator]:
    settings = Settings.load()
    settings.supabase()  # where is known before any key is read
    with operator(settings, take_service_key(settings)) as operating:
        yield operating


def _row(one: Account) -> tuple[str, str, str, str]:
    roles = ", ".join(f"{team}: {role}" for team, role in one.roles) or "none"
    when = one.last_sign_in.strftime("%Y-%m-%d %H:%M") if one.last_sign_in is not None else "never"
    last = when if one.state == "active" else f"{when} ({one.state})"
    return one.email, roles, {0: "none", 1: "1 device"}.get(one.factors, f"{one.factors} devices"), last
