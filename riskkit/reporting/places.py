"""Where reports lie, and the locked work folder a run is made in."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from riskkit.errors import InputError
from riskkit.reporting.execute import runtime_folder
from riskkit.runs.objects import Objects
from riskkit.settings import Settings


@dataclass(frozen=True)
class Places:
    """The folders below `reports/`, all on one file system, so that a rename publishes at once or not at all.

    Attributes
    ----------
    reports : Path
        `<report>/<as_of>/<team>/<portfolio>/<run_id>/` for each complete run.
    """

    reports: Path

    @classmethod
    def of(cls, settings: Settings) -> Places:
        """The project's."""
        return cls(settings.project / "reports")

    @property
    def work(self) -> Path:
        """Runs that are being made; a lock file beside each is held by its process as long as that lives."""
        return self.reports / ".work"

    @property
    def failed(self) -> Path:
        """Logs of runs that failed: no reports."""
        return self.reports / ".failed"

    @property
    def objects(self) -> Objects:
        """Artifacts by content."""
        return Objects(self.reports / ".objects")

    def run(self, report: str, as_of: date | str, portfolio: str, run_id: str) -> Path:
        """The folder of a complete run; `portfolio` is `team/portfolio`. InputError as `inside`."""
        return self.inside(Path(report, str(as_of), portfolio, run_id))

    def inside(self, folder: Path | str) -> Path:
        """A run's folder, given below `reports/`.

        Raises
        ------
        InputError
            It would lie elsewhere, or where work, failures and artifacts lie.
        """
        target = self.reports / folder
        parts = Path(folder).parts
        if len(parts) != 5 or ".." in parts or parts[0].startswith(".") or not _is_below(target, self.reports):
            raise InputError("folder", str(folder), f"a run's folder, five levels below {self.reports}")
        return target


def _is_below(path: Path, folder: Path) -> bool:
    return path.resolve().is_relative_to(folder.resolve())


@contextlib.contextmanager
def work_folder(places: Places, run_id: str) -> Iterator[Path]:
    """A new folder to make a run in, locked, and removed at the end whatever happens."""
    places.work.mkdir(parents=True, exist_ok=True)
    lock = places.work / f"{run_id}.lock"
    descriptor = _take(lock)
    folder = places.work / run_id
    try:
        folder.mkdir()
        (folder / "run").mkdir()
        yield folder
    finally:
        remove(folder)
        lock.unlink(missing_ok=True)
        os.close(descriptor)


@contextlib.contextmanager
def abandoned(lock: Path) -> Iterator[Path | None]:
    """The work folder of a lock file, if its process is gone, locked meanwhile; None if it lives."""
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield lock.with_suffix("")
    except BlockingIOError:
        yield None
    finally:
        os.close(descriptor)


def remove(folder: Path) -> None:
    """Remove a work folder and its kernel's sockets."""
    shutil.rmtree(runtime_folder(folder.name), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _take(lock: Path) -> int:
    """Hold the lock file; again if a sweep took it in the moment between."""
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with contextlib.suppress(FileNotFoundError):
            if lock.stat().st_ino == os.fstat(descriptor).st_ino:
                return descriptor
        os.close(descriptor)
