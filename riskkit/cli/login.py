"""`riskkit login`: sign in with e-mail and password."""

from __future__ import annotations

import sys

import click

from riskkit import session
from riskkit.errors import InputError
from riskkit.settings import Settings

#: Longest password that is sent anywhere.
LONGEST_PASSWORD = 1000


_EXAMPLES = """Examples:

\b
  riskkit login --email quant@atlas.example
  riskkit login --email quant@atlas.example --password-stdin < secret.txt
"""


@click.command(epilog=_EXAMPLES)
@click.option("--email", help="Asked for if it is not given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")
def command(email: str | None, password_stdin: bool) -> None:
    """Sign in with e-mail and password.

    The session is kept in a file that only you can read, and renewed by itself until `riskkit logout`.
    """
    settings = Settings.load()
    settings.supabase()  # where to sign in is known before anything is asked
    if password_stdin and not email:
        raise click.UsageError("--password-stdin needs --email: standard input holds the password only.")
    address = email or click.prompt("E-mail", type=str)
    password = _from_stdin() if password_stdin else click.prompt("Password", hide_input=True, type=str)
    if not password or len(password) > LONGEST_PASSWORD or "\x00" in password:
        raise InputError(
            "password", f"{len(password)} characters", f"1 to {LONGEST_PASSWORD} characters, none of them NUL"
        )
    signed_in = session.sign_in(settings, address.strip(), password)
    click.echo(f"Signed in as {signed_in.email}.")


def _from_stdin() -> str:
    return sys.stdin.readline(LONGEST_PASSWORD + 2).rstrip("\r\n")
