"""Tables on a terminal: text is shown as it is (no markup is read from it), numbers are aligned and grouped."""

from __future__ import annotations

from collections.abc import Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

#: On a screen of so many characters or more, what a row is named by, its first cell, stays in one piece: it is copied.
_ROOM = 100


def print_table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str | Text]]) -> None:
    """Print rows under a header; columns are (title, "left" or "right"). Piped output is never cut.

    Parameters
    ----------
    columns : sequence of (str, str)
    rows : sequence of sequence of str or Text
        As many texts each as there are columns; a `Text` may be coloured.
    """
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=max(console.width, 160))
    whole = console.width >= _ROOM
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for index, (title, justify) in enumerate(columns):
        named_by = whole and index == 0
        table.add_column(title, justify="right" if justify == "right" else "left", overflow="fold", no_wrap=named_by)
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console.print(table)


def quantity(value: float) -> str:
    """A quantity with thousands separators, and decimals only where it has some.

    >>> quantity(1250000.0), quantity(-0.125)
    ('1,250,000', '-0.125')
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:,.10g}"
