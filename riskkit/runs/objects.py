"""Artifacts by content: each file once, under the sha256 of its bytes."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from riskkit.errors import RiskkitError
from riskkit.runs.frozen import sha256
from riskkit.store.contract import Artifact

MEDIA_TYPES = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".ipynb": "application/x-ipynb+json",
    ".json": "application/json",
    ".npz": "application/x-npz",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


_SHA256 = re.compile(r"[0-9a-f]{64}")


class ObjectDamaged(RiskkitError):
    """An artifact is missing here, or its bytes are not what they were."""


@dataclass(frozen=True)
class Objects:
    """A folder of artifacts: `<aa>/<sha256>`.

    Attributes
    ----------
    folder : Path
        On the same file system as the files that are put in.
    """

    folder: Path

    def put(self, path: Path, name: str) -> Artifact:
        """Keep a copy of a file; complete under its key or not there at all, whatever ends this process.

        Parameters
        ----------
        path : Path
            The file; a `.part` file beside it is used on the way.
        name : str
            What the run calls it: `report.html`, `inputs/history.npz`.
        """
        digest = sha256(path)
        artifact = Artifact(name, MEDIA_TYPES[path.suffix], digest, path.stat().st_size, f"{digest[:2]}/{digest}")
        target = self.path(artifact)
        if not self.has(artifact):
            target.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(path.name + ".part")
            copy(path, part)
            part.chmod(0o444)
            part.rename(target)
            fsync(target.parent)
        return artifact

    def path(self, artifact: Artifact) -> Path:
        """Where the bytes lie; the hash alone decides, whatever the row says of a key.

        Raises
        ------
        ObjectDamaged
            The hash is none.
        """
        digest = artifact.sha256
        if not _SHA256.fullmatch(digest):
            raise ObjectDamaged(f"{artifact.name[:100]}: {digest[:100]!r} is no sha256")
        return self.folder / digest[:2] / digest

    def has(self, artifact: Artifact) -> bool:
        """Whether the artifact is here, in full length."""
        try:
            return self.path(artifact).stat().st_size == artifact.size
        except (FileNotFoundError, ObjectDamaged):
            return False

    def take(self, artifact: Artifact, target: Path) -> None:
        """Copy an artifact out, verified."""
        try:
            copy(self.path(artifact), target)
        except FileNotFoundError:
            raise ObjectDamaged(f"{artifact.name}: no object {artifact.sha256} in {self.folder}") from None
        if sha256(target) != artifact.sha256:
            target.unlink()
            raise ObjectDamaged(f"{artifact.name}: the object {artifact.sha256} in {self.folder} was changed")


def copy(source: Path, target: Path) -> None:
    """Copy a file's bytes and wait until they are on the disk."""
    with source.open("rb") as read, target.open("wb") as written:
        shutil.copyfileobj(read, written, 2**20)
        written.flush()
        os.fsync(written.fileno())


def fsync(path: Path) -> None:
    """Wait until a file or a folder's entries are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
