"""Edits of books in memory: the same numbered changes, and the same undo, as the database's."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from riskkit.errors import Conflict, InputError
from riskkit.portfolio import Instrument, Position, PositionVersion
from riskkit.store.contract import PortfolioRef
from riskkit.store.edits import Move, PositionChange, Quantities


@dataclass
class BookLog:
    """The versions of a book's positions, in the order in which they were written, and its changes.

    Attributes
    ----------
    versions : list of PositionVersion
    changes : list of PositionChange
        Oldest first.
    places : list
        Of each change's moves: which version.
    """

    versions: list[PositionVersion] = field(default_factory=list)
    changes: list[PositionChange] = field(default_factory=list)
    places: list[tuple[int, ...]] = field(default_factory=list)

    @property
    def revision(self) -> int:
        """How often it was changed."""
        return len(self.changes)

    def write(self, after: Sequence[PositionVersion], kind: str, by: str, undoes: int | None = None) -> int:
        """Make these the versions: the known ones in their order, perhaps with another end, and then new ones."""
        found = [
            (place, Move(new.position.symbol, new.position.quantity, new.valid_from, new.valid_to, True, old.valid_to))
            for place, (old, new) in enumerate(zip(self.versions, after, strict=False))
            if old.valid_to != new.valid_to
        ]
        found += [
            (place, Move(new.position.symbol, new.position.quantity, new.valid_from, new.valid_to))
            for place, new in enumerate(after)
            if place >= len(self.versions)
        ]
        if found:
            moves = tuple(move for _, move in found)
            day, now = min(move.day for move in moves), datetime.now(UTC)
            made = PositionChange(self.revision + 1, kind, undoes, day, by, now, moves, len(moves))
            self.changes.append(made)
            self.places.append(tuple(place for place, _ in found))
            self.versions = list(after)
        return self.revision

    def undone(self) -> list[PositionVersion]:
        """The versions without the last change."""
        kept = list(self.versions)
        again = []
        for place, move in zip(self.places[-1], self.changes[-1].moves, strict=True):
            version = kept[place]
            if not move.moved:
                kept[place] = replace(version, valid_to=version.valid_from)
            elif (move.until or date.max) > (move.until_before or date.max):
                kept[place] = replace(version, valid_to=move.until_before)
            elif move.until is not None:
                again.append(PositionVersion(version.position, move.until, move.until_before))
        return kept + again


def edited(
    versions: Sequence[PositionVersion],
    quantities: Quantities,
    day: date,
    instrument_of: Callable[[str], Instrument | None],
    new: Container[str] = (),
) -> list[PositionVersion]:
    """The versions after these quantities are held from a day on; those of `new` not of the instrument held before."""
    kept, standing = list(versions), set()
    held: dict[str, Instrument] = {}
    for place, version in enumerate(versions):
        symbol = version.position.symbol
        counts = version.valid_to is None or version.valid_to > max(day, version.valid_from)
        if symbol not in quantities or not counts:
            continue
        held.setdefault(symbol, version.position.instrument)
        same = version.position.quantity == quantities[symbol] and version.valid_to is None
        changed = symbol in new and version.position.instrument != instrument_of(symbol)
        if same and version.valid_from <= day and not changed:
            standing.add(symbol)
        else:
            kept[place] = replace(version, valid_to=max(day, version.valid_from))
    for symbol, quantity in quantities.items():
        instrument = instrument_of(symbol) if symbol in new else held.get(symbol) or instrument_of(symbol)
        if instrument is None:
            raise InputError("symbol", symbol, "an instrument that is shared or the team's own")
        if quantity is not None and symbol not in standing:
            kept.append(PositionVersion(Position(instrument, quantity), day))
    return kept


def check_revision(ref: PortfolioRef, log: BookLog, revision: int) -> None:
    """Refuse an edit of a book that was changed since it was read."""
    if revision != log.revision:
        at = f"{ref.slug} is at revision {log.revision}, what you read was {revision}"
        raise Conflict(f"Somebody else changed the same thing, nothing was written ({at}).")
