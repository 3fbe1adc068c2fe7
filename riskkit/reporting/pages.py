"""What people receive of a run: the page, its PDF and images, its tables as CSV and XLSX; all in its folder."""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from riskkit.exports import read_table, workbook
from riskkit.reporting.blocks import blocks
from riskkit.reporting.pdf import print_page
from riskkit.reporting.render import Provenance, render
from riskkit.runs.objects import fsync

_log = logging.getLogger("riskkit.pages")

PDF, XLSX = "report.pdf", "tables.xlsx"


def write_pages(
    final: Path, notebook: Mapping[str, Any], provenance: Provenance, tables: Sequence[Path], *, paper: bool
) -> dict[str, object]:
    """Fill a run's folder.

    Parameters
    ----------
    final : Path
        The folder, empty.
    notebook : mapping
        As papermill left it, verified.
    provenance : Provenance
    tables : sequence of Path
        CSV files.
    paper : bool
        With PDF and images, where there is a Chromium: without one the run is made without them, and says so.

    Returns
    -------
    dict
        For `run.json`: `pdf`, "made" or why not; `figures`, name, title and description of each image.
    """
    write(final / "notebook.ipynb", json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    files = _write_tables(final, provenance, tables)
    page = render(notebook, provenance, files)
    facts: dict[str, object] = {"pdf": "not asked for", "figures": []}
    if paper:
        facts = _print(final, notebook, page)
        if facts["pdf"] == "made":
            page = render(notebook, provenance, (PDF, *files))
    write(final / "report.html", page)
    for folder in (final / "tables", final / "figures"):
        if folder.is_dir():
            fsync(folder)
    return facts


def files_in(final: Path) -> Iterator[tuple[Path, str]]:
    """Every file of a run's folder with its name as an artifact."""
    for path in sorted(final.rglob("*")):
        if path.is_file():
            yield path, path.relative_to(final).as_posix()


def _write_tables(final: Path, provenance: Provenance, tables: Sequence[Path]) -> tuple[str, ...]:
    """The tables as they came, and all of them in one workbook; none where there is no table."""
    if not tables:
        return ()
    (final / "tables").mkdir()
    frames = {}
    for table in sorted(tables):
        copied = final / "tables" / table.name
        shutil.copyfile(table, copied)
        fsync(copied)
        frames[table.stem] = read_table(copied)
    about = {
        "report": provenance.report,
        "portfolio": provenance.portfolio_title or provenance.portfolio,
        "as of": provenance.as_of.isoformat(),
        "currency": provenance.base_currency,
        "run": provenance.run_id,
        "made": f"{provenance.run_at:%Y-%m-%d %H:%M:%S} UTC, by {provenance.run_by}",
        "status": "official" if provenance.official else "unofficial",
        "parameters": "\n".join(f"{name} = {value}" for name, value in provenance.parameters.items()),
    }
    about = {name: said for name, said in about.items() if said}
    write(final / XLSX, workbook(frames, about, provenance.run_at))
    return (XLSX, *(f"tables/{name}.csv" for name in frames))


def _print(final: Path, notebook: Mapping[str, Any], page: str) -> dict[str, object]:
    printed = print_page(page)
    if printed.pdf is None:
        _log.warning("no PDF", extra={"reason": printed.reason})
        return {"pdf": printed.reason, "figures": []}
    write(final / PDF, printed.pdf)
    views = {block.name: block for block in blocks(notebook) if block.name}
    if printed.figures:
        (final / "figures").mkdir()
    told = []
    for name, image in printed.figures.items():
        write(final / "figures" / f"{name}.png", image)
        view = views.get(name)
        told.append({"name": name, "title": view.title if view else "", "alt": view.alt if view else ""})
    return {"pdf": "made", "figures": told}


def write(path: Path, content: str | bytes) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("wb") as file:
        file.write(content.encode() if isinstance(content, str) else content)
        file.flush()
        os.fsync(file.fileno())
