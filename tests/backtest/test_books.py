"""Dated books: the last on or before a day is the one that was held."""

from datetime import date

import numpy as np
import pytest

from riskkit.backtest.books import DatedBook, book_by_day, factors_of
from riskkit.errors import InputError
from riskkit.portfolio import Equity, Portfolio, Position

A, B = (Portfolio(name, "USD", (Position(Equity(name, "USD"), 1),)) for name in "AB")
DAYS = np.datetime64("2020-01-01") + np.arange(5)


def test_runs_in_any_order() -> None:
    dated = [DatedBook(date(2020, 1, 4), B), DatedBook(date(2019, 6, 1), A)]
    assert book_by_day(dated, DAYS) == [(A, slice(0, 3)), (B, slice(3, 5))]
    assert book_by_day(A, DAYS) == [(A, slice(0, 5))]
    assert factors_of(dated) == ("A", "B")
    assert factors_of(B) == ("B",)


@pytest.mark.parametrize(
    ("dated", "said"),
    [
        ([], "at least one book"),
        ([DatedBook(date(2020, 1, 1), A), DatedBook(date(2020, 1, 1), B)], "a date of its own"),
        ([DatedBook(date(2020, 1, 2), A)], "held on 2020-01-01"),
        ([DatedBook(date(2019, 1, 1), A), DatedBook(date(2020, 1, 3), Portfolio("E", "EUR", ()))], "base currency"),
    ],
)
def test_refuses(dated, said) -> None:
    with pytest.raises(InputError, match=said):
        book_by_day(dated, DAYS)
