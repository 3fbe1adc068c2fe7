"""A notebook's processes, started by root, as a user of their own who sees no network, no other process, no project.

Root hands the run's work folder to a user number that nobody has, and the notebook's process becomes that user before
it imports anything. Where root may make namespaces (not in an ordinary container), it also gets: no network at all,
process numbers of its own (what the notebook starts in the background ends with it), and a view of the file system in
which the project holds nothing but riskkit and the run's work folder; a closed folder on the way to python, such as a
home of mode 0700, is replaced in that view by an open one that holds nothing but python.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import stat
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NoReturn

#: User numbers that no distribution gives away (systemd's table of them: "unused"); each run has one by its id.
FIRST, COUNT = 60578, 606
#: Processes and threads that a notebook may have at once: a fork bomb ends here.
MOST_PROCESSES = 512

_NEWNS, _NEWIPC, _NEWPID, _NEWNET = 0x20000, 0x08000000, 0x20000000, 0x40000000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x1000, 0x4000, 0x40000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38


@dataclass(frozen=True)
class Fence:
    """Who a run's processes are, and what they see.

    Attributes
    ----------
    uid : int
        Their user and group.
    hidden : tuple of str
        Folders that are empty for them, but for what is kept.
    kept : tuple of str
        Folders that they need.
    """

    uid: int
    hidden: tuple[str, ...]
    kept: tuple[str, ...]

    @classmethod
    def around(cls, work: Path, runtime: Path, project: Path) -> Fence | None:
        """The fence of a run; None unless this is root on Linux: others cannot become somebody else."""
        if os.geteuid() != 0 or not sys.platform.startswith("linux"):
            return None
        python = _python()
        kept = {*python, *(path.resolve() for path in python), Path(__file__).resolve().parents[1], work, runtime}
        hidden = {project.resolve(), *filter(None, map(_closed, kept))}
        uid = FIRST + int(work.name[-8:], 16) % COUNT
        return cls(uid, tuple(map(str, _by_depth(hidden))), tuple(map(str, _by_depth(kept))))

    def hand_over(self, work: Path, own: Iterable[Path]) -> None:
        """Let the user, and nobody else, read the work folder, and write what is its own."""
        for path in (work, *work.rglob("*")):
            os.chown(path, 0, self.uid)
            path.chmod(0o750 if path.is_dir() else 0o640)
        for path in own:
            os.chown(path, self.uid, self.uid)

    def facts(self) -> dict[str, object]:
        """As an order carries it."""
        return asdict(self)


def _python() -> tuple[Path, ...]:
    """Where the interpreter and its packages are, as their paths are written and not yet resolved."""
    program = Path(sys.executable)
    named = program.parent / program.readlink() if program.is_symlink() else program
    return Path(sys.base_prefix), Path(sys.prefix), named.parents[1]


def _closed(path: Path) -> Path | None:
    """The uppermost folder above `path` that not everybody may pass."""
    above = reversed(path.parents)
    return next((folder for folder in above if not folder.stat().st_mode & stat.S_IXOTH), None)


def _by_depth(paths: Iterable[Path]) -> list[Path]:
    return sorted(paths, key=lambda path: (len(path.parts), path))


def enter(facts: dict[str, object] | None) -> None:
    """Go behind the fence, if there is one; only there does this return.

    The caller must be of one thread. Where namespaces are made, it stays outside, waits, and ends as what came back.
    """
    if facts is None:
        return
    fence = Fence(int(str(facts["uid"])), tuple(facts["hidden"]), tuple(facts["kept"]))  # type: ignore[arg-type]
    try:
        if _make_namespaces(fence):
            _descend()
        _become(fence.uid)
    except OSError as error:
        _refuse(f"user {fence.uid}, as whom the notebook must run, cannot be: {error}")
    for path in (*fence.kept, sys.executable, __file__):
        if not os.access(path, os.R_OK | (os.X_OK if path in fence.kept else 0)):
            _refuse(
                f"user {fence.uid}, as whom a notebook runs that root starts, cannot read {path}: chmod -R o+rX it "
                "and the folders above it, or start the worker as an unprivileged user who owns the project"
            )


def _refuse(message: str) -> NoReturn:
    said = {"failed": {"name": "NotFenced", "message": message}}
    os.write(1, json.dumps(said).encode() + b"\n")
    os._exit(1)


def _make_namespaces(fence: Fence) -> bool:
    """False where root may not, as in most containers."""
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        _call(libc.unshare, _NEWNS)
        _mount(b"none", "/", b"", _MS_REC | _MS_PRIVATE)
    except PermissionError:
        return False
    here = Path.cwd()
    os.umask(0o022)  # the user must pass the folders made below
    kept = [(path, os.open(path, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)) for path in fence.kept]
    for folder in fence.hidden:
        _mount(b"tmpfs", folder, b"tmpfs", _MS_NOSUID | _MS_NODEV, b"mode=755,size=1m")
        for path, descriptor in kept:
            if Path(path).is_relative_to(folder):
                Path(path).mkdir(parents=True, exist_ok=True)
                _mount(f"/proc/self/fd/{descriptor}".encode(), path, b"", _MS_BIND | _MS_REC)
    for _, descriptor in kept:
        os.close(descriptor)
    os.chdir(here)
    _call(libc.unshare, _NEWPID | _NEWNET | _NEWIPC)
    return True


def _descend() -> None:
    """Be the second process of the new numbers: the first waits for us, and all others end when it does."""
    _wait_outside(os.fork())
    _call(ctypes.CDLL(None, use_errno=True).prctl, _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _mount(b"proc", "/proc", b"proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    _wait_outside(os.fork())


def _wait_outside(inside: int) -> None:
    """Return in the process just forked; in the one that forked it, wait until it ends, and end alike."""
    if inside == 0:
        return
    ended, status = 0, 0
    while ended != inside:  # as the first of its numbers, it is also told of orphans
        ended, status = os.wait()
    code = os.waitstatus_to_exitcode(status)
    os._exit(code if code >= 0 else 128 - code)


def _become(uid: int) -> None:
    """Drop root for good: no group, no capability, and no program that would give one back."""
    resource.setrlimit(resource.RLIMIT_NPROC, (MOST_PROCESSES, MOST_PROCESSES))
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    _call(ctypes.CDLL(None, use_errno=True).prctl, _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def _mount(source: bytes, target: str, kind: bytes, flags: int, data: bytes = b"") -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    _call(libc.mount, source, target.encode(), kind, ctypes.c_ulong(flags), data, what=target)


def _call(function: object, *arguments: object, what: str = "") -> None:
    if function(*arguments) != 0:  # type: ignore[operator]
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what or function.__name__)  # type: ignore[attr-defined]
