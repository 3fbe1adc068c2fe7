"""Today's book and the book as it was, side by side: whether the test depends on which is tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from riskkit.backtest.analysis import rolling_backtest
from riskkit.backtest.result import BacktestResult
from riskkit.backtest.spec import BacktestSpec
from riskkit.market import FactorHistory
from riskkit.metric import Metric
from riskkit.portfolio import DatedBook, Portfolio


@dataclass(frozen=True)
class ComparisonSpec(BacktestSpec):
    """A `BacktestSpec` of both books; its own `book` is left aside."""

    @property
    def reads_past(self) -> bool:
        """Always."""
        return True


@dataclass(frozen=True, eq=False)
class BookComparison:
    """The same backtest of two books; losses positive, base currency.

    Attributes
    ----------
    today, as_held : BacktestResult
        Of today's quantities held fixed, and of what was held on each day; the same where nothing was traded.
    n_books : int
        Different books that were held on the days tested.
    notes : tuple of str
    """

    today: BacktestResult
    as_held: BacktestResult
    n_books: int
    notes: tuple[str, ...]

    @property
    def results(self) -> tuple[tuple[str, BacktestResult], ...]:
        """Both with the names of a `BacktestSpec.book`."""
        return ("today", self.today), ("as_held", self.as_held)

    def metrics(self) -> tuple[Metric, ...]:
        """Exceptions, last VaR and worst P&L of both (label `book`), and how many books were held."""
        found = [
            Metric(one.name, one.value, one.unit, {"book": book})
            for book, result in self.results
            for one in result.metrics()
            if one.name in ("exceptions", "expected_exceptions", "var", "worst_pnl") and not one.labels
        ]
        return (*found, Metric("books_held", float(self.n_books), "count"))

    def tables(self) -> dict[str, pd.DataFrame]:
        """`days`: outcome by outcome, P&L and VaR of both."""
        columns = {f"{name}_{book}": getattr(result, name) for book, result in self.results for name in ("pnl", "var")}
        return {"days": pd.DataFrame({"date": pd.Series([str(d) for d in self.today.dates], dtype="str")} | columns)}


def compare_books(
    portfolio: Portfolio, history: FactorHistory, books: Sequence[DatedBook], spec: BacktestSpec | None = None
) -> BookComparison:
    """Backtest today's book, held fixed, and the book as it was, losses positive.

    Parameters
    ----------
    portfolio : Portfolio
        Today's.
    history : FactorHistory
        Every factor of every book.
    books : sequence of DatedBook
        The last of them is today's.
    spec : BacktestSpec, optional

    Returns
    -------
    BookComparison

    Raises
    ------
    InputError, MarketDataError
        As `rolling_backtest`.

    References
    ----------
    Basel Committee, MAR32: hypothetical P&L is of the positions of the day before, so the book as it was.

    Examples
    --------
    >>> from datetime import date
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.datetime64("2020-01-01") + np.arange(16)
    >>> levels = 100 * np.cumprod([1, *[0.99, 1.01] * 5, 0.97, 1.0, 1.0, 1.0, 1.0])
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> old, new = (Portfolio("book", "USD", (Position(Equity("ABC", "USD"), n),)) for n in (-10, 10))
    >>> dated = [DatedBook(date(2019, 1, 1), old), DatedBook(date(2020, 1, 13), new)]
    >>> both = compare_books(new, history, dated, BacktestSpec("historical", 0.8, lookback_days=5, backtest_days=10))
    >>> both.n_books, bool(both.today.pnl.min() < both.as_held.pnl.min())
    (2, True)
    """
    spec = BacktestSpec() if spec is None else spec
    today = rolling_backtest(portfolio, history, replace(spec, book="today"))
    held = _held_on(books, today)
    if len(held) == 1 and held[0].portfolio == portfolio:
        as_held = today
        note = "The book did not change over the days tested."
    else:
        as_held = rolling_backtest(portfolio, history, replace(spec, book="as_held"), books=books)
        note = f"{len(held)} books were held over the days tested; each day's VaR and P&L are of the book of that day."
    return BookComparison(today, as_held, len(held), (note,))


def _held_on(books: Sequence[DatedBook], tested: BacktestResult) -> list[DatedBook]:
    """The books that were held on a day of a forecast."""
    ordered = sorted(books, key=lambda book: book.held_from)
    starts = np.array([book.held_from for book in ordered], "datetime64[D]")
    which = np.unique(np.searchsorted(starts, tested.forecast_dates, side="right") - 1)
    return [ordered[place] for place in which if place >= 0]
