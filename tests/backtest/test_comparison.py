"""Two books beside each other: each is what a backtest of it alone gives."""

from dataclasses import replace

import pytest

from riskkit.backtest import BacktestSpec, ComparisonSpec, compare_books, rolling_backtest
from riskkit.errors import InputError
from riskkit.portfolio import DatedBook, Position

SPEC = BacktestSpec("historical", 0.95, lookback_days=100, backtest_days=60)


@pytest.fixture(scope="module")
def books(book, history):
    old = replace(book, positions=tuple(Position(p.instrument, 2 * p.quantity) for p in book.positions))
    return [DatedBook(history.first, old), DatedBook(history.dates[-30].item(), book)]


def test_both_are_what_a_backtest_of_each_gives(book, history, books):
    both = compare_books(book, history, books, SPEC)
    assert both.n_books == 2
    assert both.today.pnl.tolist() == rolling_backtest(book, history, SPEC).pnl.tolist()
    assert both.as_held.pnl.tolist() == rolling_backtest(books, history, SPEC).pnl.tolist()
    assert both.as_held.pnl[:10].tolist() == pytest.approx((2 * both.today.pnl[:10]).tolist())
    assert {metric.labels.get("book") for metric in both.metrics()} == {"today", "as_held", None}
    assert len(both.tables()["days"]) == 60


def test_a_book_that_did_not_change_is_tested_once(book, history):
    both = compare_books(book, history, [DatedBook(history.first, book)], SPEC)
    assert both.as_held is both.today
    assert both.notes == ("The book did not change over the days tested.",)


def test_the_spec_says_which_book_is_tested(book, history, books):
    as_held = rolling_backtest(book, history, replace(SPEC, book="as_held"), books=books)
    assert as_held.pnl.tolist() == rolling_backtest(books, history, SPEC).pnl.tolist()
    assert as_held.portfolio == book
    with pytest.raises(InputError, match="book: got 'as_held'"):
        rolling_backtest(book, history, replace(SPEC, book="as_held"))
    with pytest.raises(InputError, match="book"):
        BacktestSpec(book="tomorrow")
    assert [ComparisonSpec().reads_past, SPEC.reads_past, replace(SPEC, book="as_held").reads_past] == [
        True, False, True,
    ]  # fmt: skip
