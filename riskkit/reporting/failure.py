"""What is kept of a run that failed: enough to explain it, and nothing that looks like a report."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path

from riskkit.errors import InputError, RunFailed
from riskkit.reporting.execute import CellFailed
from riskkit.reporting.places import Places
from riskkit.reporting.taking import copy_plain

#: How many logs of failed runs are kept.
KEPT_FAILURES = 20
#: The end of what papermill and the kernel wrote to their standard error.
KEPT_LOG_BYTES = 200_000


def reason(error: Exception) -> str:
    """What went wrong, in words, without a path of this machine."""
    if isinstance(error, OSError):
        return (
            f"{error.strerror or type(error).__name__} ({Path(error.filename).name if error.filename else 'no file'})"
        )
    return str(error)


def keep_failure(places: Places, work: Path, failure: RunFailed, error: Exception) -> None:
    """Keep what explains a failure, away from the reports; that this itself fails must hide nothing."""
    folder = places.failed / failure.run_id
    traceback = error.traceback if isinstance(error, CellFailed) else ""
    try:
        folder.mkdir(parents=True)
        (folder / "failure.txt").write_text(f"{failure}\n\n{traceback}\n", encoding="utf-8")
        for name, last in (("log.txt", KEPT_LOG_BYTES), ("executed.ipynb", None)):
            with contextlib.suppress(FileNotFoundError, InputError):
                copy_plain(work, name, folder / name, last)
        for old in sorted(places.failed.iterdir())[:-KEPT_FAILURES]:
            shutil.rmtree(old)
    except OSError as second:
        failure.add_note(f"its log could not be kept: {second}")
