"""`riskkit status`: what is due, late, under way, failed and done, and what comes next."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any

import click
from rich.text import Text

from riskkit.cli.signed_in import day_option, signed_in_store
from riskkit.cli.tables import print_table
from riskkit.errors import InputError
from riskkit.status import Item, LimitUse, ReportStatus, StatusSpec, report_status
from riskkit.store.status import observe
from riskkit.wording import amount

_COLOURS = {"done": "green", "failed": "bold red", "running": "cyan", "queued": "cyan", "cancelled": "dim"}
_MARKS = {"done": "✓", "failed": "✗", "running": "▸", "queued": "…", "due": "·", "cancelled": "–", "skipped": "–"}
_BAR = 20


@click.command("status")
@click.option("--day", metavar="DATE", callback=day_option, help="The slots of this day.  [default: up to now]")
@click.option("--days", default=1, show_default=True, type=click.IntRange(1, 31), help="So many days up to it.")
@click.option("--team", "team", metavar="SLUG", help="Only this team.  [default: all of yours]")
@click.option("--check", is_flag=True, help="Only say what is late or dead, and exit with 1 if something is: for cron.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(day: date | None, days: int, team: str | None, check: bool, as_json: bool) -> None:
    """Show what became of every slot, how far limits are used, and what comes next.

    A report is late when it is not there alarm_after_minutes (without: grace_minutes) after its slot. Without --day:
    today and the day before, or where every schedule is paused the day of the last slot.
    """
    with signed_in_store() as store:
        team_id = None
        if team is not None:
            teams = {ref.team: ref.team_id for ref in store.portfolios()}
            if team not in teams:
                raise InputError("--team", team, "one of your teams: " + ", ".join(sorted(teams)))
            team_id = teams[team]
        found = report_status(observe(store, team_id, day, days), StatusSpec(days))
    wrong = [one for one in found.items if one.schedule and (one.late or one.state == "failed")]
    if as_json:
        click.echo(json.dumps(_as_json(found, not wrong), ensure_ascii=False, indent=1))
    elif check:
        _say(found, wrong)
    else:
        _show(found)
    if check and wrong:
        sys.exit(1)


def _say(found: ReportStatus, wrong: list[Item]) -> None:
    for one in wrong:
        click.echo(f"{_line(one)}: {_state(one).plain.split(' ', 1)[1]}", err=True)
    if not found.seen.schedules:
        click.echo(_NONE, err=True)
    elif not wrong:
        click.echo(f"Nothing is late or dead: {found.counts.get('done', 0)} done of {len(found.items)}.")


_NONE = "There is no schedule yet. A file in parameters/ defines one; `riskkit schedule sync` writes it."


def _show(found: ReportStatus) -> None:
    if not found.seen.schedules:
        click.echo(_NONE)
        if not found.items:
            return
    counts = ", ".join(f"{count} {state}" for state, count in found.counts.items() if count) or "nothing was due"
    first, last = found.seen.first, min(found.seen.last, found.now.date())
    span = f"{first}" if first >= last else f"{first} to {last}"
    click.echo(f"{span}: {counts} (seen {found.now:%Y-%m-%d %H:%M} UTC)")
    if found.items:
        columns = [("slot", "left"), ("report", "left"), ("portfolio", "left"), ("as of", "left"), ("state", "left")]
        print_table(
            columns, [(_slot(one), one.report, one.portfolio, _day(one.as_of), _state(one)) for one in found.items]
        )
    if found.limits:
        columns = [("limit", "left"), ("portfolio", "left"), ("figure", "right"), ("soft", "right"), ("hard", "right"),
                   ("unit", "left"), ("used", "right"), ("", "left")]  # fmt: skip
        print_table(columns, [_limit(one) for one in found.limits[:10]])
        if len(found.limits) > 10:
            click.echo(f"and {len(found.limits) - 10} limits less used")
    if found.coming:
        columns = [("schedule", "left"), ("next slot", "left"), ("as of", "left"), ("note", "left")]
        print_table(columns, [_coming(schedule, slots) for schedule, slots in found.coming])


def _slot(one: Item) -> str:
    return f"{one.local:%a %Y-%m-%d %H:%M %Z}" + ("" if one.schedule else " asked for")


def _line(one: Item) -> str:
    return f"{one.report} of {one.portfolio}, slot {_slot(one)}"


def _state(one: Item) -> Text:
    """The state in words, with a mark for who sees no colour."""
    said: str = one.state
    if one.state == "done":
        took = f"{one.seconds:.1f} s" if one.seconds is not None else ""
        said = ", ".join(filter(None, [f"done {one.verdict or ''}".strip(), took]))
    elif one.state == "running":
        said = f"running {one.percent or 0} %" + (f", cell {one.cell}" if one.cell is not None else "")
    elif one.state == "failed":
        said = "failed" + (f" in cell {one.failed_cell}" if one.failed_cell is not None else "")
    if one.late and one.due_by is not None:
        said = f"late, {said}: expected by {one.due_by.astimezone(one.local.tzinfo):%H:%M %Z}"
    if one.reason and one.state != "done":
        said += f"; {one.reason}" if one.late else f": {one.reason}"
    colour = "bold yellow" if one.late else _COLOURS.get(one.state, "")
    if one.state == "done" and one.verdict in ("WARN", "BLOCK"):
        colour = "yellow" if one.verdict == "WARN" else "red"
    return Text(f"{'!' if one.late else _MARKS[one.state]} {said}", style=colour)


def _limit(one: LimitUse) -> tuple[str | Text, ...]:
    use = "–" if one.utilisation is None else f"{one.utilisation:.0%}"
    colour = {"PASS": "green", "WARN": "yellow", "BLOCK": "red"}.get(one.verdict, "")
    filled = round(_BAR * min(max(one.utilisation or 0.0, 0.0), 1.0))
    figures = ("" if value is None else amount(round(value, 4)) for value in (one.figure, one.soft, one.hard))
    return (
        one.of,
        f"{one.team}/{one.book}",
        *figures,
        one.unit,
        use,
        Text("█" * filled + "░" * (_BAR - filled), colour),
    )


def _coming(schedule: Any, slots: Any) -> tuple[str, str, str, str]:
    paused = "" if schedule.enabled else "paused"
    if not slots:
        return schedule.path, "none in 100 days", "", paused
    slot = slots[0]
    return (
        schedule.path,
        f"{slot.local:%a %Y-%m-%d %H:%M %Z}",
        _day(slot.as_of),
        ", ".join(filter(None, [paused, slot.note])),
    )


def _day(value: date | None) -> str:
    return "latest" if value is None else value.isoformat()


def _as_json(found: ReportStatus, ok: bool) -> dict[str, Any]:
    return {
        "ok": ok,
        "now": _plain(found.now),
        "first": _plain(found.seen.first),
        "last": _plain(found.seen.last),
        "counts": dict(found.counts),
        "reports": [{name: _plain(value) for name, value in asdict(one).items()} for one in found.items],
        "limits": [{name: _plain(value) for name, value in asdict(one).items()} for one in found.limits],
        "coming": [
            {"schedule": one.path, "enabled": one.enabled} | {key: _plain(value) for key, value in asdict(slot).items()}
            for one, slots in found.coming
            for slot in slots
        ],
    }  # fmt: skip


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value
