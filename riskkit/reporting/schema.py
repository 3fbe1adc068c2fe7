"""Whether the database has the migrations that this project's code was written for."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

_log = logging.getLogger("riskkit.worker")

#: Seconds for which an answer of the database is good.
_GOOD_FOR = 15.0
_VERSION = re.compile(r"(\d{8,20})_[a-z0-9_]+\.sql")


def migrations(project: Path) -> frozenset[str]:
    """Versions of the project's migrations; none where it has no `supabase/migrations`."""
    found = (_VERSION.fullmatch(path.name) for path in (project / "supabase" / "migrations").glob("*.sql"))
    return frozenset(match[1] for match in found if match)


def misfit(project: Collection[str], database: Collection[str]) -> str:
    """What is wrong between a project's migrations and those a database has, and what to do; empty where they fit.

    Examples
    --------
    >>> misfit({"20260101000000"}, {"20260101000000"})
    ''
    >>> misfit({"20260101000000", "20260102000000"}, {"20260101000000"})  # doctest: +ELLIPSIS
    'the database is older than this worker: it lacks 20260102000000. Apply the migrations...
    >>> misfit({"20260101000000"}, {"20260101000000", "20260102000000"})
    'the database is newer than this worker: it has 20260102000000. Bring this project and its riskkit up to date.'
    """
    lacking, unknown = sorted({*project} - {*database}), sorted({*database} - {*project})
    if not project or not (lacking or unknown):
        return ""
    if lacking and unknown:
        return (
            f"the database is of another history than this worker: it lacks {_some(lacking)} and has {_some(unknown)}."
            " Use the project that the database was made from."
        )
    if lacking:
        return (
            f"the database is older than this worker: it lacks {_some(lacking)}. Apply the migrations"
            " (`riskkit local start`, or `supabase db push` for a hosted project)."
        )
    return (
        f"the database is newer than this worker: it has {_some(unknown)}."
        " Bring this project and its riskkit up to date."
    )


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


def _some(versions: list[str]) -> str:
    more = f" and {len(versions) - 3} more" if len(versions) > 3 else ""
    return ", ".join(versions[:3]) + more
