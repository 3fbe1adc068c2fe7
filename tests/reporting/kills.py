"""Kill runs and look at what is left: the harness that the suite runs small and `make soak` runs long.

Loaded by path, like `tiny_project`.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import tiny_project

from riskkit.reporting.places import Places
from riskkit.reporting.steps import STEPS
from riskkit.reporting.sweep import sweep

#: Both sides of every step, and of the row.
BOUNDARIES = (*(f"{side} {step}" for step in STEPS for side in ("begin", "end")), "row before", "row after")

#: Longest delay for a moment within a step [s]; the others take milliseconds.
_LONGEST = {"execute": 2.5, "freeze": 0.01, "render": 0.05, "store": 0.03, "commit": 0.006, "publish": 0.006}


@dataclass(frozen=True)
class Left:
    """What one kill left, after the sweep.

    Attributes
    ----------
    point : str
    killed : bool
        False if the run was over before the moment came.
    swept : str
        `removed`, `finished`, `restored` or `nothing`: what there was to do.
    orphan_seconds : float
        How long its processes outlived it.
    """

    point: str
    killed: bool
    swept: str
    orphan_seconds: float


def moments(count: int, seed: int) -> list[str]:
    """Random moments within steps, half of them while the notebook runs."""
    draw = random.Random(seed)
    steps = [step for step in _LONGEST if step != "execute"]
    chosen = ["execute" if index % 2 else draw.choice(steps) for index in range(count)]
    return [f"{step} {draw.uniform(0, _LONGEST[step]):.4f}" for step in chosen]


def kill_and_look(project: Path, rows: str, point: str, store: Any, environ: Mapping[str, str] | None = None) -> Left:
    """Start a run, let it die at that point, and check everything that must hold.

    Raises
    ------
    AssertionError
        A half report, a row without its report, a report without its row, or a process that lives on.
    """
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("killed_run.py")), str(project), rows, point],
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode in (-signal.SIGKILL, 0), done.stderr
    orphans = _wait_for_orphans(project)
    places = Places.of(tiny_project.make_settings(project))
    before = set(tiny_project.complete_runs(places.reports))
    recorded = {record.id for record in store.runs(None, "tiny", 1000)}
    assert before <= recorded, f"{point}: a report without a row: {before - recorded}"
    swept = sweep(places, store, store.member().user_id)
    complete = set(tiny_project.complete_runs(places.reports))
    assert complete == recorded, f"{point}: rows and reports differ: {complete ^ recorded}"
    assert list(places.work.glob("*")) == [], f"{point}: work is left"
    did = {"removed": swept.removed, "finished": swept.finished, "restored": swept.restored}
    return Left(point, done.returncode != 0, next((name for name, ids in did.items() if ids), "nothing"), orphans)


def _wait_for_orphans(project: Path, seconds: float = 5.0) -> float:
    begin = time.monotonic()
    while living := _processes(project):
        assert time.monotonic() - begin < seconds, f"still alive: {living}"
        time.sleep(0.02)
    return time.monotonic() - begin


def _processes(project: Path) -> list[psutil.Process]:
    """Every papermill and kernel process of a project: its run directory is in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("RISKKIT_RUN_DIR", "").startswith(str(project)):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found
