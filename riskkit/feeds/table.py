"""CSV files as strangers make them, read strictly: every cell is text and knows its line and column."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from riskkit.errors import InputError, InputErrors

#: Most faults told at once.
MOST_FAULTS = 20
#: Longest line, in bytes.
LONGEST_LINE = 1_000_000

_SIGNATURES = {
    b"PK\x03\x04": "a zip archive or a spreadsheet",
    b"\xd0\xcf\x11\xe0": "an old spreadsheet",
    b"\x1f\x8b": "a gzip archive",
    b"%PDF": "a PDF",
    b"PAR1": "a parquet file",
    b"SQLite format 3": "a database",
    b"\x7fELF": "a program",
    b"\x89PNG": "a picture",
    b"<": "a page of markup",
    b"{": "JSON",
}


@dataclass(frozen=True)
class Limits:
    """What is refused before it is parsed: bytes and rows; and columns, before the cells are looked at."""

    megabytes: int
    rows: int
    columns: int


@dataclass(frozen=True, eq=False)
class Table:
    """A CSV file's cells.

    Attributes
    ----------
    source : str
        The file, for errors.
    header : tuple of str
        Column names as written, without surrounding spaces; each once, whatever its case.
    cells : DataFrame of str
        Index: the line each row begins on, from 1. Cells are without surrounding spaces. Of dtype object: pandas'
        own text type takes three times as long to look at one by one.
    """

    source: str
    header: tuple[str, ...]
    cells: pd.DataFrame

    def error(self, line: int, column: str, expected: str, field: str | None = None) -> InputError:
        """The error that says what a cell should have held."""
        place = self.header.index(column) + 1
        value = self.cells.loc[line, column]
        return InputError(field or column, value, expected, line=int(line), column=place, source=self.source)


def read_table(path: Path, limits: Limits) -> Table:
    """The cells of a CSV file: UTF-8 (with or without BOM), comma-separated, with one header line.

    Raises
    ------
    InputError
        Too large, another kind of file, another encoding, a NUL, an open quote, a ragged row, a missing or repeated
        column name, no rows; with the line, before any cell is looked at.
    """
    source = str(path)
    raw = _raw(path, limits)
    if (lines := raw.count(b"\n")) > limits.rows + 1:
        raise InputError("rows", lines, f"at most {limits.rows:,} rows", source=source)
    records = _records(raw, source)
    header_line, names = next(records, (1, []))
    header = _header(names, header_line, limits, source)
    flat: list[str] = []  # row after row: a million small lists would keep the garbage collector busy
    index: list[int] = []
    faults: list[InputError] = []
    for line, cells in records:
        if len(cells) != len(header):
            faults.append(InputError("row", f"{len(cells)} cells", f"{len(header)} cells", line=line, source=source))
            if len(faults) == MOST_FAULTS:
                break
            continue
        flat += [cell.strip(" ") for cell in cells]
        index.append(line)
    if faults:
        raise InputErrors(faults)
    if not index:
        raise InputError("rows", "a header only", "at least one row below the header", source=source)
    grid = np.array(flat, object).reshape(len(index), len(header))
    return Table(source, header, pd.DataFrame(grid, index=index, columns=list(header), dtype=object))


def _raw(path: Path, limits: Limits) -> bytes:
    source, most = str(path), limits.megabytes * 1_000_000
    try:
        size = path.stat().st_size
        if size > most:
            raise InputError("file", f"{size:,} bytes", f"at most {limits.megabytes} MB", source=source)
        raw = path.read_bytes()
    except OSError as error:
        raise InputError("file", path.name, f"a file that can be read ({error.strerror})", source=source) from error
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if not raw or raw.isspace():
        raise InputError("file", "empty", "a header line and at least one row", source=source)
    for signature, what in _SIGNATURES.items():
        if raw.startswith(signature):
            raise InputError("file", what, "a CSV file; the content counts, not the name", source=source)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InputError("encoding", "UTF-16", "UTF-8 text", line=1, source=source)
    if (at := raw.find(b"\x00")) >= 0:
        line = raw.count(b"\n", 0, at) + 1
        raise InputError("encoding", "a NUL byte", "UTF-8 text", line=line, source=source)
    return raw


def _lines(raw: bytes, source: str) -> Iterator[str]:
    for number, line in enumerate(io.BytesIO(raw), 1):
        if len(line) > LONGEST_LINE:
            raise InputError(
                "row", f"{len(line):,} bytes", f"at most {LONGEST_LINE:,} a line", line=number, source=source
            )
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError as error:
            byte = f"the byte 0x{line[error.start]:02x}"
            raise InputError("encoding", byte, "UTF-8 text", line=number, source=source) from error


def _records(raw: bytes, source: str) -> Iterator[tuple[int, list[str]]]:
    """Records that are not blank, each with the line it begins on; a cell is at most 128 kB (csv's own limit)."""
    reader = csv.reader(_lines(raw, source), strict=True)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            expected = "well-formed CSV: every quote closed, a quote inside a quoted cell doubled, lines that end in LF"
            raise InputError("row", str(error), expected, line=line, source=source) from error
        if cells and (cells[0].strip() or any(cell.strip() for cell in cells)):
            yield line, cells


def _header(names: list[str], line: int, limits: Limits, source: str) -> tuple[str, ...]:
    header = tuple(name.strip() for name in names)
    if len(header) > limits.columns:
        expected = f"at most {limits.columns:,} columns"
        raise InputError("header", f"{len(header):,} columns", expected, line=line, source=source)
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        raise InputError("header", header[0], "columns separated by commas", line=line, source=source)
    seen: set[str] = set()
    for column, name in enumerate(header, 1):
        if not name or name.casefold() in seen:
            expected = "a name for every column, each once"
            raise InputError("header", name, expected, line=line, column=column, source=source)
        seen.add(name.casefold())
    return header
