"""Tables that were written as CSV, with their columns' kinds again."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pandas as pd

from riskkit.errors import InputError

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_table(path: Path) -> pd.DataFrame:
    """A table of `csv_text`: numbers, days and truths are that again, and a name of digits stays a name.

    The first column names its row: it is text, or days. Elsewhere a column holds what all of its cells are written
    as; `007` is no number, and an empty cell is nothing.

    Raises
    ------
    InputError
        It is no CSV.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "t.csv")
    >>> _ = path.write_text("position,value,held\\n0700,1.5,True\\n7203,2,False\\n")
    >>> read_table(path).to_dict("list")
    {'position': ['0700', '7203'], 'value': [1.5, 2.0], 'held': [True, False]}
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            head, *rows = list(csv.reader(file)) or [[]]
    except (csv.Error, UnicodeDecodeError) as error:
        raise InputError("table", path.name, "a table as CSV") from error
    columns = {title: [row[place] if place < len(row) else "" for row in rows] for place, title in enumerate(head)}
    return pd.DataFrame({title: _typed(cells, name=title == head[0]) for title, cells in columns.items()})


def _typed(cells: list[str], *, name: bool) -> pd.Series:
    found = [cell for cell in cells if cell]
    if found and all(map(_DAY.fullmatch, found)):
        return pd.to_datetime(pd.Series(cells), format="%Y-%m-%d", errors="coerce")
    if found and not name and all(map(_NUMBER.fullmatch, found)):
        whole = len(found) == len(cells) and all(cell.lstrip("-").isdigit() and len(cell) < 18 for cell in cells)
        return pd.Series([int(cell) for cell in cells] if whole else [float(cell or "nan") for cell in cells])
    if found and not name and set(cells) <= {"True", "False"}:
        return pd.Series([cell == "True" for cell in cells])
    return pd.Series([cell or None for cell in cells], dtype=object)
