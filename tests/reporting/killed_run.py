"""One report in a process that kills itself with SIGKILL: `killed_run.py PROJECT STORE POINT`.

STORE is a folder of rows, or `supabase` for whoever is signed in (address and home from the environment). POINT is
`begin STEP`, `end STEP`, `row before`, `row after`, or `STEP SECONDS`: so long after that step begins.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import tiny_project

from riskkit.reporting.runner import run_report
from riskkit.settings import Settings


def die() -> None:
    """No handler, no finally, no flush."""
    os.kill(os.getpid(), signal.SIGKILL)


def watcher(point: str) -> Callable[[str, float], None]:
    """What dies at that point."""
    first, second = point.split()

    def watch(step: str, fraction: float) -> None:
        if (first == "begin" and (step, fraction) == (second, 0.0)) or (
            first == "end" and (step, fraction) == (second, 1.0)
        ):
            die()
        if first == step and fraction == 0.0:
            threading.Timer(float(second), die).start()

    return watch


def deadly(record: Callable[[Any], None], point: str) -> Callable[[Any], None]:
    """Writing the row, with a death just before or just after."""

    def write(row: Any) -> None:
        if point == "row before":
            die()
        record(row)
        if point == "row after":
            die()

    return write


def main(project: str, rows: str, point: str) -> None:
    """Run the tiny report of a project that is there."""
    if rows == "supabase":
        from riskkit import session
        from riskkit.store.connect import open_store

        settings = Settings.load()
        store: Any = open_store(settings, session.current(settings))
        portfolio = "atlas/demo"
    else:
        settings = Settings(project=Path(project), home=Path(project) / ".riskkit")
        store, portfolio = tiny_project.FileStore(Path(rows)), "demo"
    store.record_run = deadly(store.record_run, point)
    run_report(settings, store, "tiny", {"portfolio": portfolio}, watcher(point))


if __name__ == "__main__":
    main(*sys.argv[1:])
