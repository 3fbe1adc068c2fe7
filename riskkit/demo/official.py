"""The demo's reports: official runs of jobs, for slots of the past, because its data end there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from riskkit.errors import RiskkitError
from riskkit.parameters.report_file import load_reports
from riskkit.scheduling.backfill import past_slots
from riskkit.scheduling.files import apply, changes
from riskkit.session import Session
from riskkit.settings import Settings
from riskkit.status import Item, StatusSpec, report_status
from riskkit.store.connect import open_schedules, open_store
from riskkit.store.schedules import Schedule

#: Whose reports; the one on the reports themselves comes when the others are there.
TEAM = "atlas"
LAST_OF_ALL = "report_status"
_LANES = 2
_LOOK = 2.0

#: Told what became of the reports so far.
OnLook = Callable[[tuple[Item, ...]], None]


class Official:
    """The schedules of the demo's team, brought into line with the project's files, and their past slots.

    Parameters
    ----------
    settings : Settings
    whose : Session
        An analyst of the team.
    """

    def __init__(self, settings: Settings, whose: Session) -> None:
        self._settings, self._open = settings, ExitStack()
        self._books = self._open.enter_context(open_store(settings, whose))
        self._store = self._open.enter_context(open_schedules(settings, whose))
        self._team_id = self._store.team_ids([TEAM])[TEAM]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def sync(self) -> None:
        """Write the schedules; a new one is paused, for on the real clock there are no data that it could report."""
        reports, books = load_reports(self._settings.project), self._books.portfolios()
        found = changes(reports, books, self._store.schedules(), [TEAM])
        apply(self._store, found, {TEAM: self._team_id})
        added = {one.name for one in found if one.kind == "add"}
        for schedule in self._schedules():
            if schedule.name in added:
                self._store.change(schedule, {"enabled": False})

    def make(self, first: date, last: date, on_look: OnLook) -> tuple[Item, ...]:
        """Fire every slot of these days that has made no report, and have a worker make them; what became of each.

        Raises
        ------
        RiskkitError
            The worker ended before them.
        """
        schedules = self._schedules()
        with self._worker() as worker:
            for last_of_all in (False, True):
                for schedule in schedules:
                    if (schedule.name == LAST_OF_ALL) is last_of_all:
                        self._fire(schedule, first, last)
                found = self.look(first, last)
                while any(item.awaited for item in found):
                    on_look(found)
                    worker()
                    time.sleep(_LOOK)
                    found = self.look(first, last)
        return found

    def look(self, first: date, last: date) -> tuple[Item, ...]:
        """What became of the reports of these days' slots."""
        found = report_status(self._books.report_status(self._team_id, first, last), StatusSpec())
        return tuple(one for one in found.items if one.schedule)

    def _schedules(self) -> list[Schedule]:
        return [one for one in self._store.schedules() if one.team == TEAM]

    def _fire(self, schedule: Schedule, first: date, last: date) -> None:
        """Those of the slots that made nothing yet: the same again writes nothing, not even a line in the audit log."""
        slots = past_slots(schedule.plan.timetable, first, last, datetime.now(UTC))
        made = self._store.made(schedule, slots[0].at, slots[-1].at) if slots else frozenset()
        missing = [slot for slot in slots if slot.at not in made]
        if missing:
            self._store.backfill(schedule, missing)

    @contextmanager
    def _worker(self) -> Iterator[Callable[[], None]]:
        """A worker in a process of its own, started when there is something to do; it finds the service's key."""
        started: list[subprocess.Popen[bytes]] = []

        def needed() -> None:
            if not started:
                started.append(_start(self._settings))
            elif started[0].poll() is not None:
                log = _log(self._settings)
                raise RiskkitError(f"The worker ended with exit code {started[0].returncode}; its log is {log}.")

        try:
            yield needed
        finally:
            for process in started:
                _end(process)


@contextmanager
def worker(settings: Settings) -> Iterator[None]:
    """A worker, for what people request on the dashboards."""
    process = _start(settings)
    try:
        yield
    finally:
        _end(process)


def _start(settings: Settings) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "riskkit", "worker", "-j", str(_LANES), "--grace", "0"]
    with _log(settings).open("ab") as file:
        return subprocess.Popen(command, stdout=file, stderr=subprocess.STDOUT)  # noqa: S603 (ours)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait()


def _log(settings: Settings) -> Path:
    return settings.home / "demo-worker.log"
