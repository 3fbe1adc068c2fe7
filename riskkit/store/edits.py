"""Edits of a book: some of its positions, from a day on, against the revision that was read; who changed what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from riskkit.portfolio import Instrument

if TYPE_CHECKING:
    from riskkit.store.contract import PortfolioRef

#: By symbol: the quantity to hold, None for none.
Quantities = Mapping[str, float | None]


@dataclass(frozen=True)
class Move:
    """What a change did to one version of a position.

    Attributes
    ----------
    symbol : str
    quantity : float
    begins : date
    until : date or None
        The first day on which it is no longer held; None: it is.
    moved : bool
        It was there before, and its end has moved; False: it began.
    until_before : date or None
        Of one that moved.
    """

    symbol: str
    quantity: float
    begins: date
    until: date | None
    moved: bool = False
    until_before: date | None = None

    @property
    def day(self) -> date:
        """The first day on which this makes a difference."""
        if not self.moved:
            return self.begins
        return min(_end(self.until), _end(self.until_before))

    def held_before(self, day: date) -> bool:
        """Whether it was held on a day before the change."""
        return self.moved and self.begins <= day < _end(self.until_before)

    def held_after(self, day: date) -> bool:
        """Whether it is held on a day after the change."""
        return self.begins <= day < _end(self.until)


@dataclass(frozen=True)
class Line:
    """What a change did to an instrument: so much before and after, from a day on; None is none."""

    symbol: str
    day: date
    before: float | None
    after: float | None


@dataclass(frozen=True)
class PositionChange:
    """One numbered change of a book.

    Attributes
    ----------
    revision : int
        Counts from 1.
    kind : {"edit", "import", "undo", "other"}
    undoes : int or None
        The revision that an undo took back.
    valid_from : date
        First day on which something is held otherwise.
    by : str
        E-mail address; empty where nobody was noted.
    at : datetime
        When it was made, UTC.
    moves : tuple of Move
        The first of them.
    count : int
        How many moves there are.
    """

    revision: int
    kind: str
    undoes: int | None
    valid_from: date
    by: str
    at: datetime
    moves: tuple[Move, ...]
    count: int

    @property
    def lines(self) -> tuple[Line, ...]:
        """What it did, by symbol.

        Examples
        --------
        >>> march, moves = date(2020, 3, 2), []
        >>> moves.append(Move("AAPL", 10.0, date(2020, 1, 2), march, moved=True))
        >>> moves.append(Move("AAPL", 20.0, march, None))
        >>> change = PositionChange(2, "edit", None, march, "a@b.example", datetime(2020, 3, 2), tuple(moves), 2)
        >>> [(line.symbol, line.before, line.after) for line in change.lines]
        [('AAPL', 10.0, 20.0)]
        """
        return tuple(_line(symbol, self.moves) for symbol in sorted({move.symbol for move in self.moves}))


class BookEdits(Protocol):
    """The part of a store that edits books."""

    def revision(self, ref: PortfolioRef) -> int:
        """How often the book was changed; what is read afterwards is at least as new."""
        ...

    def changes(self, ref: PortfolioRef, since: int = 0, limit: int = 50) -> tuple[PositionChange, ...]:
        """The book's own changes after a revision, the last one first."""
        ...

    def change_positions(
        self,
        ref: PortfolioRef,
        revision: int,
        valid_from: date,
        quantities: Quantities,
        instruments: Sequence[Instrument] = (),
    ) -> int:
        """Hold these quantities from a day on, all or nothing; the revision it makes.

        Later versions of the same symbols never come to count; other positions stay as they are. `instruments` are
        those among them that the team does not know as they are: they become its own.

        Raises
        ------
        Conflict
            The book is no longer at that revision; nothing was written.
        InputError
            An unknown symbol, a quantity that cannot be kept; nothing was written.
        Forbidden
            It takes the role analyst.
        """
        ...

    def undo_positions(self, ref: PortfolioRef, revision: int) -> int:
        """Take back the last change, which is this one, by a change of its own; the revision it makes.

        Raises
        ------
        Conflict
            It is not the last one any more; nothing was written.
        """
        ...


def _line(symbol: str, moves: Sequence[Move]) -> Line:
    own = [move for move in moves if move.symbol == symbol]
    day = min(move.day for move in own)
    before = next((move.quantity for move in own if move.held_before(day)), None)
    after = next((move.quantity for move in own if move.held_after(day)), None)
    return Line(symbol, day, before, after)


def _end(day: date | None) -> date:
    return date.max if day is None else day
