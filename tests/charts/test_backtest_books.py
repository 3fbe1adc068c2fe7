"""Two books' backtests beside each other; one sentence where they are the same."""

import re
from dataclasses import replace

from riskkit import charts
from riskkit.backtest import BacktestSpec, compare_books
from riskkit.portfolio import DatedBook, Position

SPEC = BacktestSpec("historical", 0.95, lookback_days=100, backtest_days=60)


def test_both_books_have_their_row(make_book, make_history):
    book, past = make_book(), make_history()
    old = replace(book, positions=tuple(Position(p.instrument, -p.quantity) for p in book.positions))
    both = compare_books(book, past, [DatedBook(past.first, old), DatedBook(past.dates[-20].item(), book)], SPEC)
    html = charts.backtest_books(both).html
    rows = re.findall(r"<tr>(.*?)</tr>", html.split("<tbody>")[1])
    assert ["Today's book" in rows[0].replace("&#39;", "'"), "as it was" in rows[1]] == [True, True]
    assert [float(re.search(r'data-value="([^"]+)"', row)[1]) for row in rows] == [
        both.today.n_exceptions, both.as_held.n_exceptions,
    ]  # fmt: skip


def test_an_unchanged_book_is_said(make_book, make_history):
    book, past = make_book(), make_history()
    html = charts.backtest_books(compare_books(book, past, [DatedBook(past.first, book)], SPEC)).html
    assert "did not change" in html
    assert "<table" not in html
