"""Durations as Supabase writes them."""

from __future__ import annotations

import re

_DURATION = re.compile(r"(?=\d)(?:(\d{1,7})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?", re.ASCII)


def seconds(text: object) -> int | None:
    """A duration in seconds; None for what is none.

    >>> seconds("1h30m"), seconds("tomorrow")
    (5400, None)
    """
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    return sum(int(part or 0) * unit for part, unit in zip(found.groups(), (3600, 60, 1), strict=True))
