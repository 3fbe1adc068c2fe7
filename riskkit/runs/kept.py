"""The inputs that a run keeps: taken out again, each compared with the run's record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from riskkit.runs.compare import Difference
from riskkit.runs.frozen import FILES, FOLDER, FORMAT, MANIFEST, sha256
from riskkit.runs.judged import GATE_FILES
from riskkit.runs.objects import ObjectDamaged, Objects
from riskkit.store.contract import RunRecord

NOTEBOOK = "notebook.ipynb"


def take_inputs(objects: Objects, record: RunRecord, folder: Path) -> Iterator[Difference]:
    """Put a run's frozen inputs and its notebook below `folder/inputs`, as they were.

    Parameters
    ----------
    objects : Objects
        Where they are kept by content.
    record : RunRecord
    folder : Path
        Exists; `inputs/` in it must not yet.

    Yields
    ------
    Difference
        An input that is missing or whose bytes are not those of the record.
    """
    target = folder / FOLDER
    target.mkdir()
    kept = {one.name: one for one in record.artifacts}
    for name in (NOTEBOOK, *FILES, *(GATE_FILES if record.gates is not None else ())):
        artifact, expected = kept.get(f"{FOLDER}/{name}"), record.inputs.get(name)
        if artifact is None or expected is None:
            yield Difference("input", name, expected, None)
            continue
        if artifact.sha256 != expected:
            yield Difference("input", name, expected, artifact.sha256)
            continue
        try:
            objects.take(artifact, target / name)
        except ObjectDamaged:
            path = objects.path(artifact)
            yield Difference("input", name, expected, sha256(path) if path.is_file() else None)
    hashes = {name: record.inputs.get(name) for name in FILES}
    (target / MANIFEST).write_text(json.dumps({"format": FORMAT, "sha256": hashes}), encoding="utf-8")
