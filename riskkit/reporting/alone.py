"""A process that holds a key lets no other of the same user look into it."""

from __future__ import annotations

import ctypes
import sys

_PR_SET_DUMPABLE = 4


def keep_to_itself() -> None:
    """Make this process not dumpable: no core file, no debugger, `/proc/<pid>` closed to its user's other processes.

    What it starts is dumpable again. Elsewhere than on Linux nothing is done.
    """
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
