"""Let go of what retention no longer keeps: rows first, then the files that no row names any more.

Each step takes what the one before left, and can be begun again: whoever is killed between two of them leaves orphans,
which are collected later, and never a row without its files.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from riskkit.errors import RiskkitError
from riskkit.reporting.index import note
from riskkit.reporting.places import Places
from riskkit.runs.record import RUN_JSON
from riskkit.store.retention import RetentionStore
from riskkit.store.service import Bucket

#: Seconds for which a file that no run names stays: longer than any run that may still be going to name it.
AGE = 2 * 86_400.0
#: A folder of a run that retention removed, on its way out.
_GONE = ".gone"
#: Seconds within which what was found to be named by no run must have been removed.
_AT_ONCE = 20.0


@dataclass(frozen=True)
class Released:
    """What retention let go of.

    Attributes
    ----------
    runs : int
        Rows, with all that was said of them.
    files : int
        In the bucket.
    folders : int
        Of those runs, on this machine.
    objects, object_bytes : int
        On this machine.
    """

    runs: int
    files: int
    folders: int
    objects: int
    object_bytes: int

    def __str__(self) -> str:
        here = f"{self.folders} folders and {self.objects} objects ({self.object_bytes:,} bytes) on this machine"
        return f"{self.runs} runs, {self.files} files of the bucket, {here}"


def retain(places: Places, store: RetentionStore, bucket: Bucket, age: float = AGE) -> Released:
    """Remove runs that are no longer kept, and every file that no run names any more.

    Parameters
    ----------
    places : Places
        This machine's reports.
    store : RetentionStore
    bucket : Bucket
    age : float
        Seconds for which a file that no run names stays all the same.

    Raises
    ------
    RiskkitError
        The database or the storage does not answer; what is left goes the next time.
    """
    runs = _prune(store)
    files = _collect(store, bucket, age)
    folders = _remove_folders(places, store)
    objects, size = places.objects.collect(lambda digests: _unneeded(places, store, digests), age)
    return Released(runs, files, folders, objects, size)


def _prune(store: RetentionStore) -> int:
    count = 0
    while gone := store.prune():
        count += len(gone)
    return count


def _collect(store: RetentionStore, bucket: Bucket, age: float) -> int:
    count, before = 0, frozenset[str]()
    while True:
        began = time.monotonic()
        names = store.collect(age)
        # After a pause (a machine that slept) a run may have come to name one of them: then it is asked again.
        if not names or frozenset(names) == before or time.monotonic() - began > _AT_ONCE:
            return count
        bucket.remove(names)
        count, before = count + len(names), frozenset(names)


def _remove_folders(places: Places, store: RetentionStore) -> int:
    for left in places.work.glob(f"*{_GONE}"):
        shutil.rmtree(left, ignore_errors=True)
    folders = {folder.name: folder for folder in run_folders(places)}
    gone = store.pruned(sorted(folders)) if folders else frozenset[str]()
    for run_id in gone:
        places.work.mkdir(parents=True, exist_ok=True)
        target = places.work / f"{run_id}{_GONE}"
        folders[run_id].rename(target)  # at once: a folder is a whole run, or is not there
        shutil.rmtree(target, ignore_errors=True)
        _remove_empty(folders[run_id].parent, places.reports)
    note(places, [folders[run_id] for run_id in gone])
    return len(gone)


def run_folders(places: Places) -> Iterator[Path]:
    """The folder of every run on this machine."""
    for folder in places.reports.glob("[!.]*/*/*/*/*"):
        with contextlib.suppress(ValueError):
            if str(uuid.UUID(folder.name)) == folder.name:
                yield folder


def _remove_empty(folder: Path, top: Path) -> None:
    while folder != top:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent


def _unneeded(places: Places, store: RetentionStore, digests: Sequence[str]) -> frozenset[str]:
    """Those that no row names, and no run that lies here: it may be of another database, or not be committed yet."""
    unnamed = store.unnamed(digests)
    if unnamed:
        for folder in run_folders(places):
            unnamed -= _named_in(folder)
    return unnamed


def _named_in(folder: Path) -> frozenset[str]:
    try:
        told = (folder / RUN_JSON).read_bytes()
        named = (str(one["sha256"]) for one in json.loads(told)["artifacts"])
        return frozenset((hashlib.sha256(told).hexdigest(), *named))
    except FileNotFoundError:
        return frozenset()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RiskkitError(f"{folder / RUN_JSON} cannot be read; no object is removed while that is so.") from error
