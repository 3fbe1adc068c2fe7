"""Why an attempt failed: what is told of it, and whether another attempt can end otherwise."""

from __future__ import annotations

import errno
import re
from dataclasses import dataclass
from typing import Any

from riskkit.errors import Conflict, Forbidden, InputError, InputErrors, NotSignedIn, RiskkitError, RunFailed
from riskkit.reporting.execute import CellFailed
from riskkit.reporting.failure import reason

#: Ends of a notebook that say nothing of the notebook: killed, or out of the machine's memory.
_PASSING = frozenset(("DeadKernel", "ProcessDied"))
#: Errors of a machine that another one, or later, may not have.
_MACHINE = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.EAGAIN))
_LAST_LINES, _LONGEST = 6, 1500
_ERRNO = re.compile(r"\[Errno (\d+)\]")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Cause:
    """What `fail_job` is told.

    Attributes
    ----------
    type, message : str
    cell : int or None
        Number of the failing cell in the notebook, from 1.
    retryable : bool
    """

    type: str
    message: str
    cell: int | None
    retryable: bool

    @property
    def facts(self) -> dict[str, Any]:
        """As the queue keeps them."""
        return {"type": self.type, "message": self.message, "cell": self.cell}


def cause_of(error: Exception) -> Cause:
    """Read an error of an attempt: only what can pass is tried again.

    Parameters
    ----------
    error : Exception
        What making the run raised; RunFailed is looked through.
    """
    first = error.__cause__ if isinstance(error, RunFailed) and error.__cause__ is not None else error
    if isinstance(first, CellFailed):
        lines = _last_lines(first.traceback)
        message = f"{first}\n{lines}" if lines and lines not in str(first) else str(first)
        number = _ERRNO.match(first.message)
        if number and int(number[1]) in _MACHINE:
            return Cause(errno.errorcode[int(number[1])].lower(), message, first.cell, True)
        return Cause(first.name, message, first.cell, first.name in _PASSING)
    if isinstance(first, OSError):
        name = errno.errorcode.get(first.errno or 0, type(first).__name__).lower()
        return Cause(name, reason(first), None, first.errno in _MACHINE)
    final = isinstance(first, InputError | Forbidden | NotSignedIn | Conflict) or not isinstance(first, RiskkitError)
    name = type(first.errors[0] if isinstance(first, InputErrors) else first).__name__
    return Cause(name, str(error) or name, None, not final)


def _last_lines(traceback: str) -> str:
    """The end of a traceback: no place of this machine is in it but the notebook's cell."""
    lines = [line for line in _COLOUR.sub("", traceback).splitlines() if line.strip()]
    kept = [line for line in lines if not line.lstrip().startswith("File ")]
    return "\n".join(kept[-_LAST_LINES:])[-_LONGEST:]
