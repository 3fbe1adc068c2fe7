"""Positions through time: what was held on a day, and what was known of it."""

from datetime import date

import pytest

from riskkit.portfolio import Cash, DatedBook, Portfolio, Position, PositionVersion, held_since
from riskkit.portfolio.dated import changes, known_on

EUR = Position(Cash("EUR"), 100.0)
HELD = PositionVersion(EUR, date(2020, 1, 2), date(2020, 1, 5))


@pytest.mark.parametrize(("day", "valid"), [(1, False), (2, True), (4, True), (5, False)])
def test_a_version_is_valid_from_its_first_day_until_its_end(day, valid):
    assert HELD.valid(date(2020, 1, day)) is valid


def test_what_came_later_is_not_known():
    ended = PositionVersion(EUR, date(2020, 1, 3), date(2020, 1, 3))
    later = PositionVersion(EUR, date(2020, 1, 9))
    known = known_on([HELD, ended, later], date(2020, 1, 4))
    assert known == (PositionVersion(EUR, date(2020, 1, 2)),)
    assert known_on([HELD], date(2020, 1, 5)) == (HELD,)
    assert changes([HELD, later]) == (date(2020, 1, 2), date(2020, 1, 5), date(2020, 1, 9))


@pytest.mark.parametrize(("day", "names"), [(1, "b c"), (2, "b c"), (3, "c"), (9, "c")])
def test_the_book_held_on_a_day_and_those_after_it(day, names):
    books = [DatedBook(date(2020, 1, n), Portfolio(name, "USD", ())) for n, name in ((3, "c"), (2, "b"))]
    assert " ".join(book.portfolio.name for book in held_since(books, date(2020, 1, day))) == names
