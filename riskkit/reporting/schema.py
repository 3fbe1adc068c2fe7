"""Whether the database fits a worker, asked now and then."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

from riskkit.store.schema import migrations, misfit

_log = logging.getLogger("riskkit.worker")

#: Seconds for which an answer of the database is good.
_GOOD_FOR = 15.0


class SchemaCheck:
    """Asks the database now and then, for all lanes of a worker.

    Parameters
    ----------
    project : Path
    applied : callable
        Versions of the migrations that the database has.

    Attributes
    ----------
    misfit : str
        What is wrong; empty while they fit.
    """

    def __init__(self, project: Path, applied: Callable[[], Collection[str]]) -> None:
        self._project, self._applied = project, applied
        self._lock, self._asked = threading.Lock(), -_GOOD_FOR
        self.misfit = ""

    def fits(self) -> bool:
        """Whether they fit, by an answer that is at most a quarter of a minute old; said once when that changes.

        Raises
        ------
        RiskkitError
            The database does not answer.
        """
        with self._lock:
            if self.misfit or time.monotonic() - self._asked > _GOOD_FOR:
                found = misfit(migrations(self._project), self._applied())
                self._asked = time.monotonic()
                if found and found != self.misfit:
                    _log.error("no job is claimed: %s", found)
                elif self.misfit and not found:
                    _log.info("the database's schema fits again: jobs are claimed")
                self.misfit = found
            return not self.misfit
