"""Runs as a command names them: by an id or its beginning; and their files, wherever they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from riskkit import session
from riskkit.reporting.places import Places
from riskkit.runs.fetch import fetch
from riskkit.settings import Settings
from riskkit.store.connect import open_files, open_runs, open_store
from riskkit.store.contract import Artifact, RunRecord


def named_runs(settings: Settings, *beginnings: str) -> tuple[tuple[RunRecord, ...], Mapping[str, str]]:
    """The runs whose ids begin so, and `team/portfolio` of every portfolio by its id.

    Raises
    ------
    InputError
        There is none that the user may see, or there are several: names them.
    """
    who = session.current(settings)
    with open_runs(settings, who) as runs:
        ids = [runs.named(beginning) for beginning in beginnings]
    with open_store(settings, who) as store:
        return tuple(map(store.run, ids)), {ref.id: ref.path for ref in store.portfolios()}


def bring(settings: Settings, record: RunRecord, artifacts: Sequence[Artifact]) -> None:
    """Bring those of an official run's artifacts from the bucket that are not on this machine.

    Raises
    ------
    ObjectDamaged
        The bucket has other bytes than the run wrote.
    """
    objects = Places.of(settings).objects
    if record.official and not all(map(objects.has, artifacts)):
        with open_files(settings, session.current(settings)) as files:
            fetch(objects, record.team_id, artifacts, files.read)
