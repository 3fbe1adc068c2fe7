"""Tables as one XLSX file."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

#: The format's own bounds: rows of a sheet, characters of a cell and of a sheet's name.
_ROWS, _TEXT, _NAME = 1_048_576, 32_767, 31
_NOT_IN_A_NAME = re.compile(r"[\[\]:*?/\\]")
_WIDEST = 60


def workbook(tables: Mapping[str, pd.DataFrame], about: Mapping[str, str], made: datetime) -> bytes:
    """Every table on a sheet of its own, behind a sheet that says what they are of.

    A text is a text, whatever it begins with: nothing here is a formula or a link. Numbers keep every bit and are
    shown grouped by thousands; a figure that is not there is an empty cell.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Sheet's name to table; indices are left out. Names are cut to what the format allows, and numbered where two
        become one.
    about : mapping of str to str
        What stands on the first sheet: report, portfolio, as of, run.
    made : datetime
        With a time zone. The same arguments give the same bytes.

    Returns
    -------
    bytes
        Office Open XML.

    Raises
    ------
    ValueError
        A table has more rows than a sheet.

    Examples
    --------
    >>> made = datetime(2022, 12, 28, tzinfo=UTC)
    >>> workbook({"components": pd.DataFrame({"value": [1.0]})}, {"as of": "2022-12-28"}, made)[:2]
    b'PK'
    """
    file = io.BytesIO()
    # The options turn every guess of the library off: `=…` and `http…` would become a formula and a link.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, options) as book:
        book.set_properties({"created": made.astimezone(UTC).replace(tzinfo=None), "title": about.get("report", "")})
        styles = _Styles(book)
        _about(book.add_worksheet("About"), about, styles)
        taken = {"about"}
        for name, frame in tables.items():
            _sheet(book.add_worksheet(_name(name, taken)), frame, styles)
    return file.getvalue()


class _Styles:
    """How cells look: dark text on light, figures grouped."""

    def __init__(self, book: Workbook) -> None:
        base = {"font_name": "Calibri", "font_size": 11, "valign": "top"}
        self.head: Format = book.add_format(
            base | {"bold": True, "bottom": 1, "bg_color": "#EEF2F6", "text_wrap": True}
        )
        self.label: Format = book.add_format(base | {"bold": True})
        self.text: Format = book.add_format(base)
        self.wrapped: Format = book.add_format(base | {"text_wrap": True})
        self.whole: Format = book.add_format(base | {"num_format": "#,##0"})
        self.money: Format = book.add_format(base | {"num_format": "#,##0.00"})
        self.small: Format = book.add_format(base | {"num_format": "0.000000"})
        self.day: Format = book.add_format(base | {"num_format": "yyyy-mm-dd"})


def _about(sheet: Worksheet, about: Mapping[str, str], styles: _Styles) -> None:
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 90)
    for row, (label, text) in enumerate(about.items()):
        sheet.write_string(row, 0, label[:_TEXT], styles.label)
        sheet.write_string(row, 1, text[:_TEXT], styles.wrapped)


def _sheet(sheet: Worksheet, frame: pd.DataFrame, styles: _Styles) -> None:
    if len(frame) >= _ROWS:
        raise ValueError(f"a sheet holds {_ROWS - 1:,} rows, the table has {len(frame):,}")
    for column, title in enumerate(frame.columns):
        words = str(title).replace("_", " ")
        values = frame[title]
        style = _style(values, styles)
        sheet.write_string(0, column, words, styles.head)
        for row, value in enumerate(values, start=1):
            _cell(sheet, row, column, value, style)
        sheet.set_column(column, column, _width(words, values, style is styles.text))
    sheet.freeze_panes(1, 0)
    if len(frame.columns):
        sheet.autofilter(0, 0, max(len(frame), 1), len(frame.columns) - 1)


def _style(values: pd.Series, styles: _Styles) -> Format:
    if pd.api.types.is_bool_dtype(values.dtype) or not pd.api.types.is_numeric_dtype(values.dtype):
        return styles.day if pd.api.types.is_datetime64_any_dtype(values.dtype) else styles.text
    if pd.api.types.is_integer_dtype(values.dtype):
        return styles.whole
    return styles.money if values.abs().max() >= 100 else styles.small


def _cell(sheet: Worksheet, row: int, column: int, value: Any, style: Format) -> None:
    if pd.isna(value):
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, str):
        sheet.write_string(row, column, value[:_TEXT], style)
    elif isinstance(value, pd.Timestamp):
        sheet.write_datetime(row, column, value.to_pydatetime(), style)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, value, style)
    else:
        sheet.write_string(row, column, str(value)[:_TEXT], style)


def _width(title: str, values: pd.Series, text: bool) -> float:
    if not text:
        return max(16, len(title) + 3)
    longest = max((len(str(value)) for value in values), default=0)
    return min(_WIDEST, max(longest, len(title)) + 3)


def _name(name: str, taken: set[str]) -> str:
    """A sheet's name that the format takes and no other sheet has."""
    clean = _NOT_IN_A_NAME.sub(" ", name.replace("_", " ")).strip("' ") or "table"
    candidate, count = clean[:_NAME].rstrip(), 1
    while candidate.lower() in taken:
        count += 1
        mark = f" {count}"
        candidate = clean[: _NAME - len(mark)].rstrip() + mark
    taken.add(candidate.lower())
    return candidate
