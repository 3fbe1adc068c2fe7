"""Bring artifacts of a run from the bucket to this machine, each compared with its hash."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from riskkit.runs.objects import Objects
from riskkit.store.contract import Artifact, RunRecord


def fetch(objects: Objects, record: RunRecord, beginning: str, read: Callable[[str, Artifact], bytes | None]) -> None:
    """Keep those artifacts here whose names begin so and that are not here yet; what the bucket lacks stays missing.

    Parameters
    ----------
    objects : Objects
        Where they are kept by content.
    record : RunRecord
    beginning : str
        `inputs/`, `report.html`.
    read : callable
        (team id, artifact) to its bytes, or None.

    Raises
    ------
    ObjectDamaged
        The bucket has other bytes than the run wrote.
    """
    for artifact in missing(objects, record, beginning):
        content = read(record.team_id, artifact)
        if content is not None:
            objects.add(artifact, content)


def missing(objects: Objects, record: RunRecord, beginning: str) -> Iterable[Artifact]:
    """Those that are not on this machine."""
    return [one for one in record.artifacts if one.name.startswith(beginning) and not objects.has(one)]
