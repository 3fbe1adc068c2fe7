"""Settle what killed runs left behind: the database row decides what is a report.

A run is made in a locked work folder. Its row is written when everything is on the disk and only the last rename is
missing. So a work folder whose process is gone either has a row, and is renamed into place, or has none, and is
removed. A recorded run whose folder is missing is restored from its artifacts, where these are on this machine.
"""

from __future__ import annotations

import contextlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path

from riskkit.errors import InputError
from riskkit.reporting.index import note
from riskkit.reporting.places import Places, abandoned, remove, work_folder
from riskkit.runs.objects import ObjectDamaged, fsync
from riskkit.runs.record import PAGES, RUN_JSON, in_folder, read_run
from riskkit.store.contract import RunRecord, RunUnreadable, Store

log = logging.getLogger(__name__)

#: In a work folder from just before its row is written: whose it is and where it goes.
COMMIT = "commit.json"
#: How many of a user's latest recorded runs are looked after.
LATEST = 50


@dataclass(frozen=True)
class Swept:
    """What a sweep did, by run id.

    Attributes
    ----------
    removed : tuple of str
        Runs that had no row: nothing of them is left.
    finished : tuple of str
        Recorded runs that only lacked the last rename.
    restored : tuple of str
        Recorded runs whose folder was missing, rebuilt from their artifacts.
    """

    removed: tuple[str, ...]
    finished: tuple[str, ...]
    restored: tuple[str, ...]


def sweep(places: Places, store: Store, user_id: str) -> Swept:
    """Settle every work folder whose process is gone, and restore missing runs that the user recorded.

    Another user's run that was killed at its commit is left for that user: this one may not see the row.
    """
    removed: list[str] = []
    finished: list[str] = []
    for lock in sorted(places.work.glob("*.lock")):
        with abandoned(lock) as work:
            if work is None:
                continue
            target = _target(work)
            if target is not None and _recorded(store, work.name):
                with contextlib.suppress(InputError):  # damaged pages: restored from the artifacts below
                    folder = places.inside(target["folder"])
                    publish(work / "final", folder)
                    finished.append(work.name)
                    note(places, [folder])
            elif target is not None and target["user_id"] != user_id:
                continue
            else:
                removed.append(work.name)
            remove(work)
            lock.unlink(missing_ok=True)
    return Swept(tuple(removed), tuple(finished), _restore_missing(places, store, user_id))


def publish(final: Path, target: Path) -> None:
    """Make a complete folder a report: one rename, then everything is on the disk."""
    read_run(final)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        final.rename(target)
    fsync(target.parent)


def _target(work: Path) -> dict[str, str] | None:
    """Whose run it was and where it goes, if it can have been recorded."""
    try:
        found: dict[str, str] = json.loads((work / COMMIT).read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):  # half written: then the row was not
        return None
    return found


def _recorded(store: Store, run_id: str) -> bool:
    try:
        store.run(run_id)
    except InputError:
        return False
    except RunUnreadable:
        return True
    return True


def _restore_missing(places: Places, store: Store, user_id: str) -> tuple[str, ...]:
    """Only the user's own: what others recorded, and could have made up, is theirs to restore."""
    restored = []
    records = store.runs(None, None, LATEST, user_id)
    portfolios = {ref.id: ref.path for ref in store.portfolios()} if records else {}
    for record in records:
        portfolio = portfolios.get(record.portfolio_id)
        if portfolio is None:
            continue
        try:
            if restore(places, record, portfolio):
                restored.append(record.id)
        except (InputError, ObjectDamaged) as error:
            log.warning("run not restored", extra={"run_id": record.id, "reason": str(error)})
    return tuple(restored)


def restore(places: Places, record: RunRecord, portfolio: str) -> bool:
    """Rebuild a run's folder from its artifacts, if it is missing and all of them are on this machine.

    Every page is verified against its hash in the row before anything in it is read.

    Raises
    ------
    InputError, ObjectDamaged
        What is kept here is not what the run wrote.
    """
    pages = {artifact.name: artifact for artifact in record.artifacts if in_folder(artifact.name)}
    here = {*PAGES, RUN_JSON} <= pages.keys() and all(places.objects.has(artifact) for artifact in pages.values())
    target = places.run(record.report, record.as_of, portfolio, record.id)
    if not here or target.exists():
        return False
    with work_folder(places, record.id) as work:
        final = work / "final"
        final.mkdir()
        for name, artifact in pages.items():
            (final / name).parent.mkdir(exist_ok=True)
            places.objects.take(artifact, final / name)
        publish(final, target)
        note(places, [target])
    return True
