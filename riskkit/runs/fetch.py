"""Bring artifacts of a run from the bucket to this machine, each compared with its hash."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from riskkit.runs.objects import Objects
from riskkit.store.contract import Artifact


def fetch(
    objects: Objects, team_id: str, artifacts: Sequence[Artifact], read: Callable[[str, Artifact], bytes | None]
) -> None:
    """Keep those artifacts here that are not here yet; what the bucket lacks stays missing.

    Parameters
    ----------
    objects : Objects
        Where they are kept by content.
    team_id : str
    artifacts : sequence of Artifact
    read : callable
        (team id, artifact) to its bytes, or None.

    Raises
    ------
    ObjectDamaged
        The bucket has other bytes than the run wrote.
    """
    for artifact in artifacts:
        content = None if objects.has(artifact) else read(team_id, artifact)
        if content is not None:
            objects.add(artifact, content)
