"""What a notebook's processes left, taken into a folder that they do not know: plain files only, no link followed.

A notebook is code, and writes into its work folder what it likes: a link to somebody else's file, a pipe that never
ends, inputs other than those it was given. Everything after the execution reads the copies made here.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from riskkit.errors import InputError
from riskkit.runs.frozen import FOLDER, sha256

#: The folder of the copies, below the work folder.
TAKEN = "taken"
#: Of a table: it becomes the name of an artifact.
_TABLE = re.compile(r"[a-z0-9][a-z0-9_]{0,119}\.csv")
_MOST_TABLES = 500
_NO_FILE = (errno.ELOOP, errno.ENXIO, errno.ENOTDIR, errno.EISDIR)


def take(work: Path, hashes: Mapping[str, str]) -> Path:
    """Copy the executed notebook, the metrics, the tables and the frozen inputs.

    Parameters
    ----------
    work : Path
        The work folder of a run whose processes have ended.
    hashes : mapping
        sha256 of the notebook and of each frozen input.

    Returns
    -------
    Path
        Holds `executed.ipynb`, `notebook.ipynb`, `outputs/` and `inputs/`.

    Raises
    ------
    InputError
        Something is no plain file, or an input is no longer what was frozen.
    """
    taken = work / TAKEN
    for folder in (FOLDER, "outputs/tables"):
        (taken / folder).mkdir(parents=True)
    sources = {"executed.ipynb": "executed.ipynb", "outputs/metrics.json": "run/outputs/metrics.json"}
    sources |= {f"outputs/tables/{name}": f"run/outputs/tables/{name}" for name in _tables(work)}
    for name, source in sources.items():
        with contextlib.suppress(FileNotFoundError):  # whoever needs it says what it was for
            copy_plain(work, source, taken / name)
    for name, digest in hashes.items():
        own = name == "notebook.ipynb"
        target = taken / name if own else taken / FOLDER / name
        copy_plain(work, name if own else f"run/{FOLDER}/{name}", target)
        if sha256(target) != digest:
            raise InputError(f"inputs.{name}", "changed while the notebook ran", "the bytes that were frozen")
    return taken


def copy_plain(folder: Path, name: str, target: Path, last: int | None = None) -> None:
    """Copy a plain file below a folder, or only its last bytes.

    Raises
    ------
    InputError
        A component of the name is a link, or it is no plain file, or a file of several names.
    """
    with _open_plain(folder, name) as source, target.open("wb") as written:
        if last is not None:
            source.seek(max(0, os.fstat(source.fileno()).st_size - last))
        shutil.copyfileobj(source, written, 2**20)


def _tables(work: Path) -> tuple[str, ...]:
    try:
        with _opened(work, "run/outputs/tables", os.O_DIRECTORY) as folder:
            names = sorted(os.listdir(folder))  # noqa: PTH208 (of a descriptor)
    except FileNotFoundError:
        return ()
    names = [name for name in names if name.endswith(".csv")]
    odd = [name for name in names if not _TABLE.fullmatch(name)]
    if odd:
        raise InputError("table", odd[0], "a name of lower-case letters, digits and _, at most 120 long")
    if len(names) > _MOST_TABLES:
        raise InputError("tables", len(names), f"at most {_MOST_TABLES}")
    return tuple(names)


def _open_plain(folder: Path, name: str) -> BinaryIO:
    with _opened(folder, name, os.O_NONBLOCK) as file:
        found = os.fstat(file)
        # a second name is a hard link: to somebody else's file, or one under which it can still be written
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            raise _no_plain_file(name)
        return os.fdopen(os.dup(file), "rb")


@contextlib.contextmanager
def _opened(folder: Path, name: str, flags: int) -> Iterator[int]:
    """A descriptor of `folder/name`; no component of the name may be a link."""
    *parents, last = PurePosixPath(name).parts
    here = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part, own in [*((one, os.O_DIRECTORY) for one in parents), (last, flags)]:
            below = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | own, dir_fd=here)
            os.close(here)
            here = below
        yield here
    except OSError as error:
        if error.errno in _NO_FILE:
            raise _no_plain_file(name) from error
        raise
    finally:
        os.close(here)


def _no_plain_file(name: str) -> InputError:
    expected = "a plain file in a plain folder, of one name only, no link, pipe or device"
    return InputError("output", PurePosixPath(name).name, expected)
