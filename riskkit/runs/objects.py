"""Artifacts by content: each file once, under the sha256 of its bytes."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import math
import os
import re
import shutil
import time
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
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
        with self._locked(fcntl.LOCK_SH):
            if self.has(artifact):
                os.utime(target)  # as good as new: it is not collected before its run is on record
            else:
                part = path.with_name(path.name + ".part")
                copy(path, part)
                _place(part, target)
        return artifact

    def add(self, artifact: Artifact, content: bytes) -> None:
        """Keep bytes that were brought from elsewhere.

        Raises
        ------
        ObjectDamaged
            They are not what the run wrote.
        """
        if hashlib.sha256(content).hexdigest() != artifact.sha256:
            raise ObjectDamaged(f"{artifact.name}: what was brought is not {artifact.sha256}")
        with self._locked(fcntl.LOCK_SH):
            part = self.folder / f"{artifact.sha256}-{uuid.uuid4().hex}.part"
            part.write_bytes(content)
            fsync(part)
            _place(part, self.path(artifact))

    def collect(self, doomed: Callable[[Sequence[str]], Collection[str]], age: float) -> tuple[int, int]:
        """Remove what nobody has put in for so many seconds and nobody needs; how many objects, how many bytes.

        Parameters
        ----------
        doomed : callable
            Of these hashes those that no run names.
        age : float
            A run that is being made has put its artifacts in more lately than that.
        """
        count = size = 0
        old = [path for path in self.folder.glob("??/*") if _idle(path) >= age]
        chosen = frozenset(doomed([path.name for path in old])) if old else frozenset()
        if not chosen and not any(self.folder.glob("*.part")):
            return 0, 0
        with self._locked(fcntl.LOCK_EX):
            for path in [one for one in old if one.name in chosen] + list(self.folder.glob("*.part")):
                if _idle(path) >= age:
                    count, size = count + 1, size + path.stat().st_size
                    path.unlink()
        return count, size

    @contextlib.contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        """Shared while something is put in, alone while something is taken away."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(lock, kind)
            yield
        finally:
            os.close(lock)

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


def _place(part: Path, target: Path) -> None:
    """Make a whole file an object, read-only, by one rename."""
    part.chmod(0o444)
    target.parent.mkdir(parents=True, exist_ok=True)
    part.rename(target)
    fsync(target.parent)


def _idle(path: Path) -> float:
    """Seconds since it was last put in; below zero where it is gone."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return -math.inf


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
