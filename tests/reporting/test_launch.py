"""A report's process forked from a kept one: the same as a new one, but that papermill is there already."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

import riskkit.reporting
from riskkit.reporting.execute import Guard, nursery
from riskkit.reporting.launch import Nursery
from riskkit.reporting.ledger import OwnLedger
from riskkit.reporting.making import FinishedRun, Task, make
from riskkit.reporting.order import definition, place_order
from riskkit.reporting.steps import OnStep, Steps, silent
from riskkit.settings import Settings
from riskkit.store.memory import MemoryStore


@pytest.fixture
def kept() -> Iterator[Nursery]:
    made = nursery()
    yield made
    made.close()


def pipes() -> set[str]:
    """Those that this process holds an end of; both ends of one have one name."""
    ends = (str(one.readlink()) for one in Path("/proc/self/fd").iterdir() if one.is_symlink())
    return {end for end in ends if end.startswith("pipe:")}


def run(settings: Settings, store: MemoryStore, kept: Nursery, on_step: OnStep = silent) -> FinishedRun:
    order = place_order(store, definition(settings.project, "tiny"), {"portfolio": "demo"})
    task = Task(order, store, OwnLedger.of(store, "atlas"))
    return make(settings, task, Steps(on_step), Guard(launcher=kept))


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
(folder / "outputs" / "tables" / "environment.csv").write_text(json.dumps(found))
import socket
(folder / "outputs" / "tables" / "network.csv").write_text(json.dumps([name for _, name in socket.if_nameindex()]))"""
    tiny.write_notebook(settings.project / "notebooks" / "tiny.ipynb", tiny.OPEN, tiny.SHOW, tiny.SAVE, look)
    first, second = run(settings, store, kept), run(settings, store, kept)
    assert first.seconds["execute.import"] < 0.5
    assert second.seconds["execute.import"] < 0.5
    (process,) = kept_processes()
    process.kill()
    third = run(settings, store, kept)
    assert set(tiny.complete_runs(settings.project / "reports")) == {one.record.id for one in (first, second, third)}
    found = {one.name: one for one in third.record.artifacts}["tables/environment.csv"]
    text = (settings.project / "reports" / ".objects" / found.key).read_text()
    assert canary not in text
    assert json.loads(text)[0]["RISKKIT_RUN_DIR"].startswith(str(settings.project))
    if os.geteuid() == 0:  # then each fork has a network of its own, which leads nowhere: a report needs none
        found = {one.name: one for one in third.record.artifacts}["tables/network.csv"]
        assert json.loads((settings.project / "reports" / ".objects" / found.key).read_text()) == ["lo"]
    kept.close()
    end = time.monotonic() + 5
    while kept_processes() and time.monotonic() < end:
        time.sleep(0.05)
    assert kept_processes() == []


LOOK = """
import sys, numpy
seen = {"modules": list(sys.modules), "drawn": numpy.random.random(), "cwd": os.getcwd(),
        "input": os.readlink("/proc/self/fd/0"),
        "pipes": [os.readlink(one) for one in pathlib.Path("/proc/self/fd").iterdir() if one.is_symlink()]}
(folder / "outputs" / "tables" / "seen.csv").write_text(json.dumps(seen))
"""


def seen(settings: Settings, made: FinishedRun) -> dict[str, Any]:
    """What the notebook saw of its own process."""
    kept = next(one for one in made.record.artifacts if one.name == "tables/seen.csv")
    found: dict[str, Any] = json.loads((settings.project / "reports" / ".objects" / kept.key).read_text())
    return found


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_kernel_is_forked_with_everything_imported_and_shares_nothing_with_another(
    settings: Settings, store: MemoryStore, kept: Nursery, tiny: ModuleType
) -> None:
    tiny.write_notebook(settings.project / "notebooks" / "tiny.ipynb", tiny.OPEN, tiny.SAVE, LOOK)
    end, whole, before, ours = time.monotonic() + 120, list[dict[str, Any]](), pipes(), set[str]()

    def look(step: str, fraction: float) -> None:
        if step == "execute" and fraction > 0:  # the cells run: the worker talks with their process
            ours.update(pipes())

    while len(whole) < 2:
        assert time.monotonic() < end, "the nursery imports while it waits"
        found = seen(settings, run(settings, store, kept, look))
        whole += [found] if "riskkit.notebook" in found["modules"] else []
    first, second = whole
    assert {"bokeh.plotting", "pandas", "riskkit.charts"} <= set(second["modules"])
    assert "riskkit.reporting.worker" not in second["modules"]
    assert first["drawn"] != second["drawn"]
    assert second["input"] == "/dev/null"
    assert second["cwd"].endswith("/cwd")
    # Neither end of the pipes that the worker tells it by: a kernel could say "done" in papermill's place.
    assert len(ours - before) >= 2
    assert ours.isdisjoint(first["pipes"])
    assert ours.isdisjoint(second["pipes"])


def test_code_that_was_changed_is_what_the_next_report_runs(
    settings: Settings, store: MemoryStore, kept: Nursery
) -> None:
    run(settings, store, kept)
    (before,) = kept_processes()
    module = Path(riskkit.reporting.__file__)
    os.utime(module)
    run(settings, store, kept)
    (after,) = kept_processes()
    assert before.pid != after.pid
