"""A report's process forked from a kept one: the same as a new one, but that papermill is there already."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from types import ModuleType

import psutil
import pytest

from riskkit.reporting.execute import Guard, nursery
from riskkit.reporting.launch import Nursery
from riskkit.reporting.ledger import OwnLedger
from riskkit.reporting.making import FinishedRun, Task, make
from riskkit.reporting.order import definition, place_order
from riskkit.reporting.steps import Steps, silent
from riskkit.settings import Settings
from riskkit.store.memory import MemoryStore


@pytest.fixture
def kept() -> Iterator[Nursery]:
    made = nursery()
    yield made
    made.close()


def run(settings: Settings, store: MemoryStore, kept: Nursery) -> FinishedRun:
    order = place_order(store, definition(settings.project, "tiny"), {"portfolio": "demo"})
    task = Task(order, store, OwnLedger.of(store, "atlas"))
    return make(settings, task, Steps(silent), Guard(launcher=kept))


def kept_processes() -> list[psutil.Process]:
    """Those that this test's process has started."""
    ours = psutil.Process().children()
    return [one for one in ours if one.status() != "zombie" and "riskkit.reporting.nursery" in one.cmdline()]


def test_the_import_is_paid_once_and_a_dead_nursery_is_replaced(
    settings: Settings, store: MemoryStore, kept: Nursery, tiny: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "canary-51c9"
    monkeypatch.setenv("SUPABASE_SERVICE_ROLE_KEY", canary)
    look = """
near = [path for path in pathlib.Path("/proc").glob("[0-9]*/environ") if os.access(path, os.R_OK)]
found = [dict(os.environ), *(path.read_text() for path in near)]
(folder / "outputs" / "tables" / "environment.csv").write_text(json.dumps(found))"""
    tiny.write_notebook(settings.project / "notebooks" / "tiny.ipynb", tiny.OPEN, tiny.SHOW, tiny.SAVE, look)
    first, second = run(settings, store, kept), run(settings, store, kept)
    assert first.seconds["execute.import"] < 0.1
    assert second.seconds["execute.import"] < 0.1
    (process,) = kept_processes()
    process.kill()
    third = run(settings, store, kept)
    assert set(tiny.complete_runs(settings.project / "reports")) == {one.record.id for one in (first, second, third)}
    found = {one.name: one for one in third.record.artifacts}["tables/environment.csv"]
    text = (settings.project / "reports" / ".objects" / found.key).read_text()
    assert canary not in text
    assert json.loads(text)[0]["RISKKIT_RUN_DIR"].startswith(str(settings.project))
    kept.close()
    end = time.monotonic() + 5
    while kept_processes() and time.monotonic() < end:
        time.sleep(0.05)
    assert kept_processes() == []
