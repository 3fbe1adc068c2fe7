"""Whether the database has the migrations that a project's code was written for."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from riskkit.wording import some

_VERSION = re.compile(r"(\d{8,20})_[a-z0-9_]+\.sql")
_APPLY = "Apply the migrations (`riskkit local start`, or `supabase db push` for a hosted project)."
_MOST_VERSIONS = 3


def migrations(project: Path) -> frozenset[str]:
    """Versions of the project's migrations; none where it has no `supabase/migrations`."""
    found = (_VERSION.fullmatch(path.name) for path in (project / "supabase" / "migrations").glob("*.sql"))
    return frozenset(match[1] for match in found if match)


def misfit(project: Collection[str], database: Collection[str], reader: str = "worker") -> str:
    """What is wrong between a project's migrations and those a database has, and what to do; empty where they fit.

    Parameters
    ----------
    project, database : collection of str
        Versions.
    reader : str
        What the database does not fit, as the sentence names it.

    Examples
    --------
    >>> misfit({"20260101000000"}, {"20260101000000"})
    ''
    >>> misfit({"20260101000000", "20260102000000"}, {"20260101000000"})  # doctest: +ELLIPSIS
    'the database is older than this worker: it has 20260101000000, needed is 20260102000000: it lacks 2026010200...
    >>> misfit({"20260101000000"}, {"20260101000000", "20260102000000"})
    'the database is newer than this worker: it has 20260102000000. Bring this project and its riskkit up to date.'
    """
    lacking, unknown = sorted({*project} - {*database}), sorted({*database} - {*project})
    if not project or not (lacking or unknown):
        return ""
    if lacking and unknown:
        return (
            f"the database is of another history than this {reader}: it lacks {some(lacking, _MOST_VERSIONS)} and has"
            f" {some(unknown, _MOST_VERSIONS)}. Use the project that the database was made from."
        )
    if lacking:
        has = max(database) if database else "no migration that it tells of"
        return (
            f"the database is older than this {reader}: it has {has}, needed is {max(project)}:"
            f" it lacks {some(lacking, _MOST_VERSIONS)}. {_APPLY}"
        )
    return (
        f"the database is newer than this {reader}: it has {some(unknown, _MOST_VERSIONS)}."
        " Bring this project and its riskkit up to date."
    )
