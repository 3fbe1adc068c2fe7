"""What a run is known by: its id, and the code that made it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import subprocess
import time
import uuid
from pathlib import Path

#: Whose versions can change a figure or a page.
PACKAGES = ("riskkit", "numpy", "scipy", "pandas", "bokeh", "papermill", "nbclient", "ipykernel", "nh3")


def new_run_id() -> str:
    """A UUID of version 7 (RFC 9562): unique, and sorted by time.

    >>> uuid.UUID(new_run_id()).version
    7
    """
    milliseconds, random = time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10), "big")
    value = (milliseconds & (1 << 48) - 1) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def code_version(project: Path) -> dict[str, object]:
    """The version of riskkit, and the commit of the project that the notebook lies in.

    Returns
    -------
    dict
        `version`; `commit`, the full hash, None where there is no git; `dirty`, whether tracked files were changed
        since, None likewise; `lock`, the sha256 of its `requirements.lock`, None where it has none.
    """
    commit = _git(project, "rev-parse", "HEAD")
    changes = _git(project, "status", "--porcelain", "--untracked-files=no") if commit else None
    return {
        "version": importlib.metadata.version("riskkit"),
        "commit": commit or None,
        "dirty": None if changes is None else changes != "",
        "lock": _lock_hash(project / "requirements.lock"),
    }


def _lock_hash(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None


def package_versions() -> dict[str, str]:
    """Python's version and those of the packages that make the figures."""
    return {"python": platform.python_version()} | {name: importlib.metadata.version(name) for name in PACKAGES}


def _git(project: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 (fixed arguments)
            ["git", "-C", str(project), *arguments],  # noqa: S607 (the user's git)
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
