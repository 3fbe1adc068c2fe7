"""Parameter values as somebody gave them: not yet typed, and each with the place it came from."""

from __future__ import annotations

from typing import NamedTuple


class Plain(str):
    """Text whose type nobody has said: an unquoted YAML scalar, a command-line argument, part of an address.

    The declaration types it; YAML never guesses. A quoted YAML scalar is an ordinary `str`, and stays one.
    """

    __slots__ = ()


class Place(NamedTuple):
    """Where a value stands; lines and columns count from 1."""

    source: str | None = None
    line: int | None = None
    column: int | None = None


class Given(dict[str, object]):
    """Values by parameter name, and where each was given."""

    def __init__(self, values: dict[str, object] | None = None, places: dict[str, Place] | None = None) -> None:
        super().__init__(values or {})
        self.places: dict[str, Place] = dict(places or {})

    def replace_by(self, later: Given) -> None:
        """Take the later values where both have one."""
        self.update(later)
        self.places.update(later.places)
