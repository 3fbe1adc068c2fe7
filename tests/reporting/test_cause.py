"""What is tried again: what another moment or another machine can mend, and nothing else."""

from __future__ import annotations

import errno

import pytest

from riskkit.errors import Conflict, Forbidden, InputError, InputErrors, MarketDataError, RunFailed, Unavailable
from riskkit.reporting.cause import cause_of
from riskkit.reporting.execute import CellFailed

WRONG = InputError("confidence_level", 95, "0.5 < x < 1")


@pytest.mark.parametrize(
    ("first", "kind", "retryable"),
    [
        (CellFailed(3, "DeadKernel", "the kernel died"), "DeadKernel", True),
        (CellFailed(None, "ProcessDied", "papermill ended with code -9"), "ProcessDied", True),
        (CellFailed(3, "ValueError", "no price"), "ValueError", False),
        (CellFailed(3, "MemoryError", ""), "MemoryError", False),
        (CellFailed(None, "Timeout", "no end after 900 s"), "Timeout", False),
        (CellFailed(3, "OutputTooLarge", "more than 20 MB"), "OutputTooLarge", False),
        (CellFailed(3, "OSError", "[Errno 28] No space left on device: 'x'"), "enospc", True),
        (CellFailed(3, "FileNotFoundError", "[Errno 2] No such file or directory: 'x'"), "FileNotFoundError", False),
        (OSError(errno.ENOSPC, "No space left on device"), "enospc", True),
        (OSError(errno.EACCES, "Permission denied"), "eacces", False),
        (Unavailable("Storage does not answer."), "Unavailable", True),
        (WRONG, "InputError", False),
        (InputErrors([WRONG, WRONG]), "InputError", False),
        (MarketDataError("ACME", None, "a price"), "MarketDataError", False),
        (Forbidden("no"), "Forbidden", False),
        (Conflict("another run has this id"), "Conflict", False),
        (KeyError("a mistake of ours"), "KeyError", False),
    ],
    ids=lambda one: f"{type(one).__name__}-{one}"[:40],
)
def test_what_can_pass_is_tried_again(first: Exception, kind: str, retryable: bool) -> None:
    failed = RunFailed("0", "execute", str(first))
    failed.__cause__ = first
    for error in (first, failed):
        cause = cause_of(error)
        assert (cause.type, cause.retryable) == (kind, retryable)
        assert cause.message


def test_the_last_lines_are_told_without_colours_and_places() -> None:
    trace = "\x1b[31mTraceback\x1b[0m\n  File /home/someone/secret/place.py:3\n\n----> 1 raise ValueError('no price')"
    cause = cause_of(CellFailed(4, "ValueError", "no price", trace))
    assert cause.message == "ValueError: no price\nTraceback\n----> 1 raise ValueError('no price')"
    assert cause.facts == {"type": "ValueError", "message": cause.message, "cell": 4}
