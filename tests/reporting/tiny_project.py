"""A project with one tiny notebook and a store with one tiny book: what the runner needs, quick to run.

Loaded by path: tests start processes that need it too.
"""

from __future__ import annotations

import json
import os
import pickle
import uuid
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from riskkit.errors import InputError
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Cash, Equity, Position
from riskkit.settings import Settings
from riskkit.store.contract import RunRecord
from riskkit.store.memory import MemoryDatabase, MemoryStore

QUANT = "quant@atlas.example"

PARAMETERS = """\
portfolio: str = "demo"  # the book {portfolio}
as_of: str = "latest"  # valuation date {date | latest}
confidence_level: float = 0.99  # probability that the loss is not exceeded {0.5 < x < 1}
horizon_days: int = 1  # trading days {1..250}
note: str = ""  # words
"""

#: What riskkit.notebook does in a report's kernel, without importing riskkit.
OPEN = """\
import json, os, pathlib
from IPython.display import display
folder = pathlib.Path(os.environ["RISKKIT_RUN_DIR"])
book = json.loads((folder / "inputs" / "portfolio.json").read_text())
header = {"title": "Tiny", "question": "How little is enough?", "estimator": "None at all.", "notes": [note],
          "sources": []}
display({"application/vnd.riskkit.header+json": header, "text/plain": "Tiny"}, raw=True)
"""
SHOW = """\
held = "<p>" + str(len(book["positions"])) + " positions</p>"
view = {"name": "headline", "title": note, "question": "", "html": held,
        "width": "full", "alt": "", "figure": None}
display({"application/vnd.riskkit.view+json": view, "text/html": "x"}, raw=True)
"""
SAVE = """\
(folder / "outputs" / "tables").mkdir(parents=True)
(folder / "outputs" / "tables" / "summary.csv").write_text("name,value\\nvar,1\\n")
metrics = [{"name": "var", "value": confidence_level + horizon_days, "unit": "USD", "labels": {}}]
(folder / "outputs" / "metrics.json").write_text(json.dumps(metrics))
"""


def write_notebook(path: Path, *cells: str, parameters: str = PARAMETERS) -> None:
    """A notebook of these code cells, after a title and the parameters cell."""

    def code(source: str, number: int, *tags: str) -> dict[str, Any]:
        bare = {"execution_count": None, "outputs": [], "id": f"cell-{number}", "metadata": {"tags": list(tags)}}
        return {"cell_type": "code", "source": source.strip(), **bare}

    title = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": "# Tiny\n\nHow little is enough?"}
    body = [code(parameters, 0, "parameters"), *(code(cell, number) for number, cell in enumerate(cells, 1))]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = {"cells": [title, *body], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook))


def make_project(folder: Path) -> Settings:
    """A project with `notebooks/tiny.ipynb` and no Supabase."""
    (folder / "notebooks").mkdir(parents=True, exist_ok=True)
    (folder / "parameters").mkdir(exist_ok=True)
    write_notebook(folder / "notebooks" / "tiny.ipynb", OPEN, SHOW, SAVE)
    return make_settings(folder)


def make_settings(folder: Path) -> Settings:
    """Of a project that is there, without a Supabase."""
    return Settings(project=folder, home=folder / ".riskkit")


def make_database() -> MemoryDatabase:
    """Team atlas with `demo` and team borealis with `income`; the same ids in every process."""
    database = MemoryDatabase()
    days = np.arange("2020-01-01", "2020-04-10", dtype="datetime64[D]")
    levels = np.linspace(100.0, 110.0, len(days))
    database.share_prices([FactorSeries(RiskFactor("ACME", "equity", "USD", source="A table, CC0"), days, levels)])
    positions = (Position(Equity("ACME", "USD"), 10.0), Position(Cash("USD"), -5.0))
    for team, slug, title in (("atlas", "demo", "Demo & <book>"), ("borealis", "income", "Income")):
        database.add_team(team, {f"quant@{team}.example": "analyst", f"viewer@{team}.example": "viewer"})
        database.teams[team] = replace(database.teams[team], id=_fixed(team))
        store = MemoryStore(database, f"quant@{team}.example")
        made = store.import_portfolio(team, slug, title, "USD", positions, date(2020, 1, 1))
        book = replace(database.books.pop(made.id), id=_fixed(slug))
        database.books[book.id] = book
        database.logs[book.id] = database.logs.pop(made.id)
    return database


class FileStore(MemoryStore):
    """A MemoryStore whose run rows are files, so that they outlive the process: there or not there, like rows."""

    def __init__(self, folder: Path, email: str = QUANT) -> None:
        super().__init__(make_database(), email)
        self.folder = folder
        self.folder.mkdir(parents=True, exist_ok=True)

    def record_run(self, record: RunRecord) -> None:
        """Check as the twin does, then one rename."""
        super().record_run(record)
        part = self.folder / f"{os.getpid()}-{uuid.uuid4()}.part"
        part.write_bytes(pickle.dumps((record, self.member().user_id)))
        part.rename(self.folder / f"{record.id}.row")

    def runs(
        self, ref: Any = None, report: Any = None, limit: int = 50, recorded_by: str | None = None
    ) -> tuple[RunRecord, ...]:
        """The rows there are."""
        for path in self.folder.glob("*.row"):
            self._db.records[path.stem], self._db.recorders[path.stem] = pickle.loads(path.read_bytes())
        return super().runs(ref, report, limit, recorded_by)

    def run(self, run_id: str) -> RunRecord:
        """One row."""
        self.runs()
        return super().run(run_id)


def complete_runs(reports: Path) -> dict[str, dict[str, Any]]:
    """Every folder that is named like a run, by id; each is complete, or this raises."""
    from riskkit.runs.record import read_run

    found = {}
    for folder in reports.glob("[!.]*/*/*/*/*"):
        try:
            found[folder.name] = read_run(folder)
        except InputError as error:
            raise AssertionError(f"a folder that is no complete run: {error}") from error
        assert json.loads((folder / "run.json").read_text())["id"] == folder.name
    return found


def _fixed(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
