"""`riskkit audit`: read the audit log, prove that nothing in it was changed, keep a copy elsewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from riskkit import session
from riskkit.errors import Forbidden, InputError, RiskkitError
from riskkit.settings import Settings
from riskkit.store.audit import AuditLog, Entry, Verdict, compare, read_line, verify_chain, write_line
from riskkit.store.schema import migrations

_ACTION = re.compile(r"[a-z][a-z_]{0,30}(\.[a-z][a-z_]{0,30}){0,2}")

_EXAMPLES = """Examples:

\b
  riskkit audit list --action member
  riskkit audit export audit-2026-11.jsonl     keep it on another machine
  riskkit audit verify --against audit-2026-11.jsonl
"""


class ChainBroken(RiskkitError):
    """An audit chain does not hold; exit code 1."""


@click.group(epilog=_EXAMPLES)
def command() -> None:
    """Read and verify the audit log.

    Who signed in or was refused, who gave whom which role, who approved which run, which limits and parameters were
    changed: each team has one chain of entries, every one of which holds the hash of the one before.
    For admins who signed in with a second factor.
    """


@command.command("list")
@click.option("--team", help="One team; by default each in which you are an admin.")
@click.option("--action", metavar="NAME", help="Only these: `member`, or `member.role_changed`.")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Entries a team.")
def list_(team: str | None, action: str | None, limit: int) -> None:
    """List the latest entries, newest first."""
    if action is not None and not _ACTION.fullmatch(action):
        raise InputError("action", action, "words of lower-case letters and _, with dots between them")
    with _chains(team) as (log, teams):
        for slug, team_id in teams.items():
            found = log.latest(team_id, limit, action)
            click.echo(f"{slug}: {len(found)} {'entry' if len(found) == 1 else 'entries'}")
            for row in found:
                click.echo("  " + _plain(_line(row)))


def _line(row: Mapping[str, Any]) -> str:
    """One entry in one line, so that it can be searched: when (UTC), what, of whom, by whom, the facts."""
    who = row["actor_name"] or row["actor"] or row["db_role"]
    facts = "; ".join(f"{name}: {value}" for name, value in sorted(row["detail"].items()))
    request = f" [{row['request_id']}]" if row["request_id"] else ""
    by = f"by {who} ({row['team_role'] or row['db_role']})"
    return f"{str(row['at'])[:19].replace('T', ' ')}  {row['action']}  {row['subject']}  {by}  {facts}{request}"


@command.command("verify")
@click.option("--team", help="One team; by default each in which you are an admin.")
@click.option(
    "--against",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="An export made earlier: every entry in it must still be there.",
)
def verify(team: str | None, against: Path | None) -> None:
    """Compute every chain again; exit code 1 and the first broken entry if one does not hold.

    An end that was cut off leaves a whole chain: only a copy kept elsewhere (--against) shows that it was longer.
    """
    copy = _copy(against) if against is not None else {}
    with _chains(team) as (log, teams):
        for slug in copy:
            if slug not in teams:
                raise InputError("team", slug, "one of " + ", ".join(teams), source=str(against))
        faults = [
            _told(slug, _verdict(list(log.entries(team_id)), copy.get(slug, []))) for slug, team_id in teams.items()
        ]
        if team is None and (teamless := log.teamless()) is not None:
            faults.append(_told("of no team, by the database's own word", teamless))
    if any(faults):
        raise ChainBroken("The audit log does not hold: " + "; ".join(fault for fault in faults if fault) + ".")


@command.command("export")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--team", help="One team; by default each in which you are an admin.")
@click.option("--after", type=click.IntRange(0), default=0, show_default=True, help="Only entries after this one.")
def export(file: Path | None, team: str | None, after: int) -> None:
    """Write every entry as a line of JSON to FILE (which must be new), or to standard output."""
    with _chains(team) as (log, teams):
        lines = (write_line(slug, entry) for slug, team_id in teams.items() for entry in log.entries(team_id, after))
        if file is None:
            for line in lines:
                click.echo(line)
            return
        count = _write(file, lines)
    click.echo(f"{count:,} entries in {file}. Keep it on another machine.")


@contextmanager
def _chains(team: str | None) -> Iterator[tuple[AuditLog, dict[str, str]]]:
    """The log as whoever is signed in, and the teams whose chains they may read: slug to id."""
    settings = Settings.load()
    signed_in = session.current(settings)
    if signed_in.level() != "aal2":
        raise Forbidden("Reading the audit log takes a second factor: `riskkit second-factor enrol`, `riskkit login`.")
    url, key = settings.supabase()
    with AuditLog(url, key, signed_in.access_token).needs(migrations(settings.project)) as log:
        teams = log.teams(signed_in.user_id)
        if not teams:
            raise Forbidden("Reading the audit log takes the role admin in a team; you have it in none.")
        if team is not None and team not in teams:
            raise InputError("team", team, "a team in which you are an admin: " + ", ".join(teams))
        yield log, teams if team is None else {team: teams[team]}


def _write(file: Path, lines: Iterable[str]) -> int:
    """Write the lines to a new file, for its owner only; it is whole or not there. How many there were."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise InputError("file", str(file), "a file that is not there yet") from error
    except OSError as error:
        raise InputError("file", str(file), f"a file that can be written ({error.strerror})") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            return sum(1 for line in lines if out.write(line + "\n"))
    except BaseException:
        file.unlink()
        raise


def _plain(text: str) -> str:
    """Without what could move a terminal's cursor or turn its text round: whoever signs in names their own program."""
    return "".join(one if one.isprintable() else "?" for one in text)


def _copy(file: Path) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    try:
        with file.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                slug, entry = read_line(line, str(file), number)
                found.setdefault(slug, []).append(entry)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("against", str(file), "a file that `riskkit audit export` wrote") from error
    return found


def _verdict(entries: list[Entry], copy: list[Entry]) -> Verdict:
    own = verify_chain(entries)
    kept = compare(entries, copy)
    return own if own.broken is not None or kept.broken is None else kept


def _told(name: str, verdict: Verdict) -> str:
    """Print what became of a chain; the fault as part of a sentence, empty if there is none."""
    if verdict.broken is None:
        click.echo(f"{name}: {verdict.entries:,} entries hold; the last hash is {verdict.head}")
        return ""
    return f"entry {verdict.broken} of {name}: {verdict.reason}"
