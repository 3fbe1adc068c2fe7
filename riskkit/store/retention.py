"""What retention asks of the database, with the service's key: which runs go, and which files no run names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from riskkit.store.rest import PAGE, Rest

#: Files that are collected at once: their names go into one request, and are removed within the minute.
_FILES = 100


class RetentionStore(Rest):
    """Retention of all teams. `close` it, or use it in a `with` statement.

    Parameters
    ----------
    url, service_key : str
    """

    def __init__(self, url: str, service_key: str) -> None:
        super().__init__(url, service_key, lambda: service_key)

    def prune(self) -> list[str]:
        """Remove the rows of runs that are no longer kept, up to 1000 in one transaction; their ids."""
        return [row["run_id"] for row in self._call("prune_runs", p_limit=PAGE)]

    def pruned(self, run_ids: Sequence[str]) -> frozenset[str]:
        """Which of these runs were removed: a row that is missing for another reason proves nothing."""
        return frozenset(run for part in _parts(run_ids) for run in self._call("pruned_among", p_runs=part))

    def collect(self, age: float) -> list[str]:
        """Names of files in the bucket that no run names and nobody wrote for so many seconds, at most a hundred.

        From now on no run that names one of them is committed, unless it is put there again: remove them at once.
        """
        found: list[str] = self._call("collect_objects", p_age=f"{age} s", p_limit=_FILES)
        return found

    def unnamed(self, digests: Sequence[str]) -> frozenset[str]:
        """Which of these contents no run of any team names."""
        return frozenset(one for part in _parts(digests) for one in self._call("unnamed_objects", p_sha256=part))


def _parts(values: Sequence[str]) -> Iterator[list[str]]:
    for first in range(0, len(values), PAGE):
        yield list(values[first : first + PAGE])
