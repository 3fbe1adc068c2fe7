"""The few pieces of HTML that views are made of; every text that goes in is escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from markupsafe import Markup

from riskkit.charts.numbers import shortened


class Tile(NamedTuple):
    """One headline figure.

    Attributes
    ----------
    key : str
        Which metric it shows, for tests and scripts: `var`.
    label, value, unit, note : str
        Plain text: above, large, small beside it, below.
    exact : float or None
        The figure unrounded, kept in the page so that nothing has to be read back from rounded text.
    look : str
        A class: `rk-ok`, `rk-warn` or `rk-bad` where the value is a verdict, which its text says too.
    """

    key: str
    label: str
    value: str
    unit: str = ""
    note: str = ""
    exact: float | None = None
    look: str = ""


def tiles(items: Iterable[Tile]) -> Markup:
    """Headline figures in a row that wraps."""
    return Markup('<div class="rk-tiles">{}</div>').format(Markup("").join(_tile(item) for item in items))


def _tile(item: Tile) -> Markup:
    unit = Markup(' <span class="rk-unit">{}</span>').format(item.unit) if item.unit else Markup("")
    return Markup(
        '<div class="rk-tile{}" data-metric="{}"{}><div class="rk-label">{}</div>'
        '<div class="rk-value" title="{}">{}{}</div><div class="rk-note">{}</div></div>'
    ).format(
        f" {item.look}" if item.look else "",
        item.key,
        _exact(item.exact),
        item.label,
        item.value,
        item.value,
        unit,
        item.note,
    )


@dataclass(frozen=True)
class Column:
    """A column of a table: its heading, and whether it holds numbers (then it is right-aligned)."""

    label: str
    numeric: bool = False


class Cell(NamedTuple):
    """A cell: text, or safe markup; with the unrounded figure, a class for its look, and the columns it spans."""

    text: str | Markup
    exact: float | None = None
    look: str = ""
    note: str = ""
    span: int = 1


Row = Sequence[Cell | str]


def table(columns: Sequence[Column], rows: Iterable[Row], *, total: Row | None = None, caption: str = "") -> Markup:
    """A table that scrolls sideways inside its card where the page is narrow."""
    head = Markup("").join(
        Markup('<th scope="col"{}>{}</th>').format(_class("rk-n" if column.numeric else ""), column.label)
        for column in columns
    )
    body = Markup("").join(_row(columns, row) for row in rows)
    foot = Markup("<tfoot>{}</tfoot>").format(_row(columns, total)) if total is not None else Markup("")
    return Markup(
        '<div class="rk-hscroll" tabindex="0" role="region" aria-label="{}"><table class="rk-table">'
        '<caption class="rk-hidden">{}</caption><thead><tr>{}</tr></thead><tbody>{}</tbody>{}</table></div>'
    ).format(caption, caption, head, body, foot)


def _row(columns: Sequence[Column], row: Row) -> Markup:
    cells = [cell if isinstance(cell, Cell) else Cell(cell) for cell in row]
    first = Markup('<th scope="row"{}{}>{}</th>').format(_class(cells[0].look), _note(cells[0]), cells[0].text)
    rest, place = Markup(""), 1
    for cell in cells[1:]:
        rest += _cell(columns[place], cell)
        place += cell.span
    return Markup("<tr>{}{}</tr>").format(first, rest)


def _cell(column: Column, cell: Cell) -> Markup:
    look = " ".join(filter(None, ("rk-n" if column.numeric and cell.span == 1 else "", cell.look)))
    span = Markup(' colspan="{}"').format(cell.span) if cell.span > 1 else Markup("")
    return Markup("<td{}{}{}{}>{}</td>").format(span, _class(look), _exact(cell.exact), _note(cell), cell.text)


def name(text: str, limit: int = 36) -> Cell:
    """A name that may be long: cut with an ellipsis, whole on hovering."""
    return Cell(shortened(text, limit), note=text if len(text) > limit else "")


def bar(fraction: float, *, zero: float = 0.0, look: str = "") -> Markup:
    """A horizontal bar from `zero` to `zero + fraction` of the width; the number stands beside it as text."""
    left, width = 100 * min(zero, zero + fraction), 100 * abs(fraction)
    return Markup(
        '<span class="rk-bar" aria-hidden="true"><i class="{}" style="left:{}%;width:{}%"></i></span>'
    ).format(look, f"{left:.2f}", f"{width:.2f}")


def facts(items: Iterable[str]) -> Markup:
    """Short statements in one line."""
    shown = Markup("").join(Markup("<li>{}</li>").format(item) for item in items if item)
    return Markup('<ul class="rk-facts">{}</ul>').format(shown)


def notes(items: Iterable[str]) -> Markup:
    """What a reader must know before trusting the figures; nothing if there is nothing."""
    shown = Markup("").join(Markup("<li>{}</li>").format(item) for item in items)
    return Markup('<ul class="rk-notes">{}</ul>').format(shown) if shown else Markup("")


def empty(sentence: str) -> Markup:
    """Why there is nothing here; a command stands between backquotes."""
    plain, code = Markup("{}"), Markup("<code>{}</code>")
    parts = [(code if n % 2 else plain).format(part) for n, part in enumerate(sentence.split("`"))]
    return Markup('<p class="rk-nothing">{}</p>').format(Markup("").join(parts))


def _class(look: str) -> Markup:
    return Markup(' class="{}"').format(look) if look else Markup("")


def _note(cell: Cell) -> Markup:
    return Markup(' title="{}"').format(cell.note) if cell.note else Markup("")


def _exact(value: float | None) -> Markup:
    return Markup(' data-value="{}"').format(repr(float(value))) if value is not None else Markup("")
