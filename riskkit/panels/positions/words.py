"""The panel's tables and sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, empty, name, table
from riskkit.charts.numbers import SPACE, day, decimals_of, number, signed
from riskkit.charts.positions import quantity_text
from riskkit.errors import InputError, InputErrors
from riskkit.panels.positions.edits import Edits
from riskkit.store.edits import Line, PositionChange

#: Instruments named of one change, rows of a table of changes, faults of a file.
_MOST_LINES, _MOST_ROWS, _MOST_FAULTS = 5, 200, 20
_KINDS = {"edit": "Edit", "import": "Import", "undo": "Undo", "other": "Written directly"}
ARROW = "→"


def head(title: str, question: str) -> str:
    """A card's heading."""
    return str(Markup('<h3 class="rk-title">{}</h3><p class="rk-sub">{}</p>').format(title, question))


def said(text: str, look: str = "", role: str = "status") -> str:
    """A sentence; nothing for an empty one."""
    return str(Markup('<div class="rk-say {}" role="{}">{}</div>').format(look, role, text)) if text else ""


def beside(text: str) -> str:
    """What is wrong with a field, beside it."""
    return str(Markup('<p class="rk-fault" role="alert">{}</p>').format(text)) if text else ""


def move(before: float | None, after: float | None) -> str:
    """A quantity before and after; none is said in words."""
    if before is None:
        return f"added: {quantity_text(after or 0.0)}"
    if after is None:
        return f"{quantity_text(before)} {ARROW} removed"
    return f"{quantity_text(before)} {ARROW} {quantity_text(after)}"


def changes_table(edits: Edits, units: Mapping[str, float | None], currency: str) -> str:
    """Every unsaved change with its effect on the value."""
    if not edits:
        return str(empty("No unsaved changes. Edit a quantity in the grid, add a position, or drop a file."))
    effects = {symbol: effect(edits, symbol, units) for symbol in edits.wanted}
    decimals = decimals_of(max((abs(one) for one in effects.values() if one is not None), default=0.0), currency)
    columns = [Column("Unsaved change"), Column("Before", numeric=True), Column("After", numeric=True)]
    columns.append(Column(f"Value, {currency}", numeric=True))
    shown = [_change(edits, symbol, one, decimals) for symbol, one in list(effects.items())[:_MOST_ROWS]]
    known = [one for one in effects.values() if one is not None]
    total: list[Cell | str] | None = (
        ["In all", "", "", Cell(signed(sum(known), decimals), sum(known))] if known else None
    )
    left = len(effects) - _MOST_ROWS
    more = empty(f"and {number(left)} more") if left > 0 else Markup("")
    return str(table(columns, shown, total=total, caption="Unsaved changes") + more)


def effect(edits: Edits, symbol: str, units: Mapping[str, float | None]) -> float | None:
    """What a change does to the book's value; None where it cannot be valued."""
    unit = units.get(symbol)
    if unit is None:
        return None
    return ((edits.wanted[symbol] or 0.0) - edits.base.get(symbol, 0.0)) * unit


def _change(edits: Edits, symbol: str, worth: float | None, decimals: int) -> Row:
    before, after = edits.base.get(symbol), edits.wanted[symbol]
    what = name(symbol).text
    if symbol in edits.clashes:
        was = edits.clashes[symbol]
        stood = "none" if was is None else quantity_text(was)
        what = Markup('{}<span class="rk-detail">changed by somebody else too; it was {} before</span>').format(
            what, stood
        )
    return [
        Cell(what, note=symbol),
        "–" if before is None else Cell(quantity_text(before), before),
        "removed" if after is None else Cell(quantity_text(after), after),
        "–" if worth is None else Cell(signed(worth, decimals), worth),
    ]


def history_table(changes: Sequence[PositionChange]) -> str:
    """Who changed what, and when; the last change first."""
    if not changes:
        return str(empty("Nobody has changed this book yet."))
    columns = [Column("When, UTC"), Column("Who"), Column("What")]
    return str(table(columns, [_told(change) for change in changes], caption="Changes of the positions"))


def _told(change: PositionChange) -> Row:
    kind = f"Undo of change {change.undoes}" if change.kind == "undo" else _KINDS.get(change.kind, change.kind)
    number_of = Markup('{}<span class="rk-detail">change {}: {}</span>').format(
        moment(change.at), change.revision, kind.lower()
    )
    return [
        Cell(number_of, look="rk-nowrap"),
        Cell(change.by or "not noted", look="" if change.by else "rk-muted"),
        what(change),
    ]


def what(change: PositionChange) -> Markup:
    """Each instrument with its quantity before and after, and from which day on."""
    lines = change.lines
    shown = [f"{line.symbol}{SPACE} {_line(line, change.valid_from)}" for line in lines[:_MOST_LINES]]
    left = len(lines) - _MOST_LINES
    more = [f"and {number(left)} more{'' if change.count <= len(change.moves) else ' at least'}"] if left > 0 else []
    listed = Markup("<br>").join([*shown, *more])
    return Markup('{}<span class="rk-detail">from {} on</span>').format(listed, day(change.valid_from))


def _line(line: Line, first: date) -> str:
    since = "" if line.day == first else f" from {day(line.day)}"
    return move(line.before, line.after) + since


def moment(at: datetime) -> str:
    """A time of UTC, to the minute."""
    utc = at.astimezone(UTC)
    return f"{day(utc.date())} {utc:%H:%M}"


def meanwhile(changes: Sequence[PositionChange]) -> str:
    """Who changed what since the book was read, as a sentence."""
    told = []
    for change in reversed(changes):
        lines = "; ".join(f"{one.symbol} {move(one.before, one.after)}" for one in change.lines[:_MOST_LINES])
        left = len(change.lines) - _MOST_LINES
        more = f" and {number(left)} more" if left > 0 else ""
        told.append(f"{change.by or 'Somebody'} at {change.at.astimezone(UTC):%H:%M} UTC: {lines}{more}.")
    return " ".join(told)


def road(live: bool) -> str:
    """How soon the page learns of other people's changes."""
    how = "at once" if live else "within a few seconds, for the live connection does not get through"
    mark = "live" if live else "polling"  # for the page's frame
    return str(Markup('<p class="rk-sub" data-road="{}">Changes by others appear here {}.</p>').format(mark, how))


def faults_table(error: InputError) -> str:
    """What is wrong with a file: line, field, value, expectation."""
    errors = error.errors if isinstance(error, InputErrors) else (error,)
    columns = [Column("Line", numeric=True), Column("Field"), Column("Value"), Column("Expected")]
    rows: list[list[Cell | str]] = [
        [
            "–" if one.line is None else number(one.line),
            one.field,
            Cell(name(str(one.value), 40).text, note=str(one.value)[:300]),
            one.expected,
        ]
        for one in errors[:_MOST_FAULTS]
    ]
    return str(table(columns, rows, caption="What is wrong with the file"))


def preview_table(edits: Edits, before: Iterable[str]) -> str:
    """What a file would change of a book: added, removed, changed."""
    held = set(before)
    columns = [Column("Position"), Column("The file"), Column("Before", numeric=True), Column("After", numeric=True)]
    rows: list[Row] = []
    for symbol, after in sorted(edits.wanted.items(), key=lambda item: (item[1] is None, item[0] in held, item[0])):
        done = "removes" if after is None else "changes" if symbol in held else "adds"
        stood = edits.base.get(symbol)
        rows.append(
            [
                name(symbol),
                done,
                "–" if stood is None else Cell(quantity_text(stood), stood),
                "–" if after is None else Cell(quantity_text(after), after),
            ]
        )
    left = len(rows) - _MOST_ROWS
    more = empty(f"and {number(left)} more") if left > 0 else Markup("")
    return str(table(columns, rows[:_MOST_ROWS], caption="What the file would change") + more)
