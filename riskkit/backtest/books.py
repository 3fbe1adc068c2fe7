"""Which book a day's forecast is of: today's, held fixed, or the one that was held then."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError
from riskkit.portfolio import DatedBook, Portfolio


def factors_of(books: Portfolio | Sequence[DatedBook]) -> tuple[str, ...]:
    """Every factor any of the books needs, sorted."""
    if isinstance(books, Portfolio):
        return books.factors
    return tuple(sorted({name for book in books for name in book.portfolio.factors}))


def book_by_day(books: Portfolio | Sequence[DatedBook], days: NDArray[np.datetime64]) -> list[tuple[Portfolio, slice]]:
    """The runs of days on which the same book was held, in order.

    Parameters
    ----------
    books : Portfolio or sequence of DatedBook
        A single portfolio is held on every day; of dated ones the last on or before a day.
    days : array (n,) of datetime64[D]
        Forecast dates, increasing.

    Raises
    ------
    InputError
        No book on the first day, two of one date, another base currency.

    Examples
    --------
    >>> from datetime import date
    >>> old, new = Portfolio("b", "USD", ()), Portfolio("b", "USD", ())
    >>> dated = [DatedBook(date(2020, 1, 1), old), DatedBook(date(2020, 1, 3), new)]
    >>> days = np.datetime64("2020-01-01") + np.arange(4)
    >>> [(which is new, run) for which, run in book_by_day(dated, days)]
    [(False, slice(0, 2, None)), (True, slice(2, 4, None))]
    """
    if isinstance(books, Portfolio):
        return [(books, slice(0, len(days)))]
    ordered = sorted(books, key=lambda book: book.held_from)
    dates = [book.held_from for book in ordered]
    if not ordered or len(set(dates)) != len(dates):
        raise InputError("portfolio", [str(day) for day in dates], "at least one book, each from a date of its own")
    currencies = {book.portfolio.base_currency for book in ordered}
    if len(currencies) > 1:
        raise InputError("base_currency", ", ".join(sorted(currencies)), "one base currency for every dated book")
    which = np.searchsorted(np.array(dates, "datetime64[D]"), days, side="right") - 1
    if which[0] < 0:
        expected = f"a book held on {days[0]}, the first forecast; the first given is held from {dates[0]}"
        raise InputError("portfolio", str(dates[0]), expected)
    starts = np.flatnonzero(np.diff(which, prepend=-1))
    ends = [*starts[1:].tolist(), len(days)]
    return [
        (ordered[which[start]].portfolio, slice(int(start), int(end))) for start, end in zip(starts, ends, strict=True)
    ]
