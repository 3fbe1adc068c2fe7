"""Books through time: positions from a day to a day, and the portfolios they make."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from riskkit.portfolio.book import Portfolio, Position


@dataclass(frozen=True)
class PositionVersion:
    """A position as it was held from a day on, until (not on) another; None is until further notice.

    Examples
    --------
    >>> from riskkit.portfolio.instruments import Cash
    >>> held = PositionVersion(Position(Cash("EUR"), 100.0), date(2020, 1, 2), date(2020, 1, 5))
    >>> [held.valid(date(2020, 1, day)) for day in (1, 2, 4, 5)]
    [False, True, True, False]
    """

    position: Position
    valid_from: date
    valid_to: date | None = None

    def valid(self, day: date) -> bool:
        """Whether it was held on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True)
class DatedBook:
    """A portfolio as it was held from a date on, until the next one's date."""

    held_from: date
    portfolio: Portfolio


def known_on(versions: Iterable[PositionVersion], as_of: date) -> tuple[PositionVersion, ...]:
    """What was known of a book on a day: no version that begins later, and no end that came later.

    Examples
    --------
    >>> from riskkit.portfolio.instruments import Cash
    >>> held = PositionVersion(Position(Cash("EUR"), 100.0), date(2020, 1, 2), date(2020, 1, 5))
    >>> known_on([held], date(2020, 1, 3))[0].valid_to is None, known_on([held], date(2020, 1, 1))
    (True, ())
    """
    began = (one for one in versions if one.valid_from <= as_of and one.valid_to != one.valid_from)
    return tuple(replace(one, valid_to=None) if one.valid_to and one.valid_to > as_of else one for one in began)


def changes(versions: Iterable[PositionVersion]) -> tuple[date, ...]:
    """The days on which a position began or ended, ascending."""
    return tuple(sorted({day for one in versions for day in (one.valid_from, one.valid_to) if day is not None}))


def held_since(books: Sequence[DatedBook], day: date) -> tuple[DatedBook, ...]:
    """The book held on a day, if any, and those that came after it.

    Parameters
    ----------
    books : sequence of DatedBook
        In any order.
    day : date

    Returns
    -------
    tuple of DatedBook
        Oldest first.

    Examples
    --------
    >>> books = [DatedBook(date(2020, 1, day), Portfolio(str(day), "USD", ())) for day in (1, 3, 6)]
    >>> [book.portfolio.name for book in held_since(books, date(2020, 1, 4))]
    ['3', '6']
    """
    ordered = sorted(books, key=lambda book: book.held_from)
    before = [book for book in ordered if book.held_from <= day]
    return (*before[-1:], *ordered[len(before) :])
