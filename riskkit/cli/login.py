"""`riskkit login`: sign in with e-mail and password, and a second factor's code where there is one."""

from __future__ import annotations

import sys

import click

from riskkit import session
from riskkit.errors import InputError
from riskkit.settings import Settings

#: Longest password that is sent anywhere.
LONGEST_PASSWORD = 1000
#: How often a code is asked for.
_TRIES = 3


_EXAMPLES = """Examples:

\b
  riskkit login --email quant@atlas.example
  riskkit login --email quant@atlas.example --password-stdin --code 123456 < secret.txt
"""


@click.command(epilog=_EXAMPLES)
@click.option("--email", help="Asked for if it is not given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")
@click.option("--code", metavar="DIGITS", help="Code of the second factor; asked for if it is needed and not given.")
def command(email: str | None, password_stdin: bool, code: str | None) -> None:
    """Sign in with e-mail and password, and a code of your second factor if you have one.

    The session is kept in the system's keyring, or where there is none in a file that only you can read, and renewed by
    itself until `riskkit logout`. `riskkit second-factor enrol` sets a second factor up.
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
    signed_in = session.sign_in(settings, address.strip(), password, _once(code) if code else _asked(password_stdin))
    click.echo(f"Signed in as {signed_in.email}{_with(signed_in)}.")
    click.echo(f"Kept in {session.place(settings)}.")


def _from_stdin() -> str:
    return sys.stdin.readline(LONGEST_PASSWORD + 2).rstrip("\r\n")


def _with(signed_in: session.Session) -> str:
    return ", with a second factor" if signed_in.level() == "aal2" else ""


def _once(code: str) -> session.AskCode:
    """The code of the command line; a wrong one ends the command."""

    def answer(_: tuple[str, ...], problem: str) -> str | None:
        return None if problem else code

    return answer


def _asked(password_stdin: bool) -> session.AskCode | None:
    """Ask for codes; not where standard input held the password, because nobody sits there."""
    tries = iter(range(_TRIES))

    def ask(names: tuple[str, ...], problem: str) -> str | None:
        if next(tries, None) is None:
            return None
        if problem:
            click.echo("That code is not right, or was used before. Wait for the next one.", err=True)
        found: str = click.prompt(f"Code of {' or '.join(names)}", type=str)
        return found

    return None if password_stdin else ask
