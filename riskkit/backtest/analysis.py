"""Rolling backtest: every day's value at risk from what was known then, against the next P&L."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from riskkit.backtest.books import book_by_day, factors_of
from riskkit.backtest.forecasts import Forecasts, Progress, forecast_each
from riskkit.backtest.result import BacktestResult
from riskkit.backtest.rolling_history import applies, rolling_history
from riskkit.backtest.spec import BacktestSpec
from riskkit.backtest.verdicts import Days, verdicts
from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory
from riskkit.measures.coverage import traffic_light
from riskkit.portfolio import DatedBook, Portfolio


def rolling_backtest(
    portfolio: Portfolio | Sequence[DatedBook],
    history: FactorHistory,
    spec: BacktestSpec | None = None,
    *,
    books: Sequence[DatedBook] = (),
    progress: Callable[[int, int], None] | None = None,
    workers: int | None = None,
) -> BacktestResult:
    """Forecast value at risk on every past day from the data up to that day, and compare it with the P&L that came.

    Parameters
    ----------
    portfolio : Portfolio or sequence of DatedBook
        Today's book, its quantities held fixed over the whole test; or the books as they were.
    history : FactorHistory
        Every factor of every book; the last `spec.backtest_days` dates are tested.
    spec : BacktestSpec, optional
        Plain historical simulation at 99 % over 250 days by default.
    books : sequence of DatedBook
        The books as they were, for a spec with `book="as_held"`; they take the portfolio's place.
    progress : callable, optional
        Called with the number of days done and of all days; possibly from another thread.
    workers : int, optional
        Threads. The figures do not depend on it.

    Returns
    -------
    BacktestResult
        A day's VaR equals `portfolio_var` of the history up to that day.

    Raises
    ------
    InputError
        No book on the first day; fewer than one worker.
    MarketDataError
        The history is too short, or lacks a factor.

    References
    ----------
    Basel Committee, MAR32 and MAR99. The P&L is hypothetical: the book is held and time stands still, as in the VaR
    (MAR32 asks for the same treatment of time in both).

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> days = np.datetime64("2020-01-01") + np.arange(16)
    >>> levels = 100 * np.cumprod([1, *[0.99, 1.01] * 5, 0.97, 1.0, 1.0, 1.0, 1.0])
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> book = Portfolio("book", "USD", (Position(Equity("ABC", "USD"), 10),))
    >>> result = rolling_backtest(book, history, BacktestSpec("historical", 0.8, lookback_days=5, backtest_days=10))
    >>> result.n_exceptions, str(result.dates[result.exceptions][0])
    (1, '2020-01-12')
    """
    spec = BacktestSpec() if spec is None else spec
    if workers is not None and (isinstance(workers, bool) or workers < 1):
        raise InputError("workers", workers, "at least one")
    portfolio = _tested(portfolio, books, spec)
    history = history.select(factors_of(portfolio))
    rows = _rows(history, spec)
    runs = book_by_day(portfolio, history.dates[rows])
    tick = _counter(len(rows), progress)
    found = Forecasts.join([_forecast(book, history, rows[run], spec, workers, tick) for book, run in runs])
    days = Days(
        -found.pnl, found.var, found.expected_shortfall, found.known_transforms, spec.family, spec.confidence_level
    )
    return BacktestResult(
        spec=spec,
        portfolio=runs[-1][0],
        as_of=history.last,
        forecast_dates=history.dates[rows],
        dates=history.dates[rows + spec.horizon_days],
        pnl=found.pnl,
        var=found.var,
        expected_shortfall=found.expected_shortfall,
        transforms=days.transforms,
        light=traffic_light(int(days.exceptions.sum()), len(rows), spec.confidence_level),
        verdicts=verdicts(days, spec.seed),
        notes=(*_notes(spec, runs), *history.notes),
    )


def _tested(
    portfolio: Portfolio | Sequence[DatedBook], books: Sequence[DatedBook], spec: BacktestSpec
) -> Portfolio | Sequence[DatedBook]:
    if spec.book == "today" or not isinstance(portfolio, Portfolio):
        return portfolio
    if not books:
        raise InputError("book", spec.book, "today, where it is not known what was held before")
    return books


def _rows(history: FactorHistory, spec: BacktestSpec) -> NDArray[np.intp]:
    have, need = len(history.dates) - 1, spec.history_returns
    if have < need:
        expected = (
            f"at least {need}: {spec.lookback_days} (lookback_days) before the first forecast and "
            f"{spec.backtest_days} to test (backtest_days); the data begin on {history.first}"
        )
        raise MarketDataError("history", f"{have} returns up to {history.last}", expected)
    return have - spec.horizon_days * np.arange(spec.n_forecasts, 0, -1, dtype=np.intp)


def _forecast(
    book: Portfolio,
    history: FactorHistory,
    rows: NDArray[np.intp],
    spec: BacktestSpec,
    workers: int | None,
    tick: Progress,
) -> Forecasts:
    if applies(spec):
        return rolling_history(book, history, rows, spec, tick)
    return forecast_each(book, history, rows, spec, workers or os.cpu_count() or 1, tick)


def _counter(total: int, progress: Callable[[int, int], None] | None) -> Progress:
    done, lock = 0, Lock()

    def tick(days: int) -> None:
        nonlocal done
        with lock:  # threads finish days in any order; the count only rises
            done += days
            if progress is not None:
                progress(done, total)

    return tick


def _notes(spec: BacktestSpec, runs: list[tuple[Portfolio, slice]]) -> tuple[str, ...]:
    if len(runs) == 1:
        held = "The quantities of one book are held fixed over the whole test."
    else:
        held = f"Each day's forecast is of the book held on that day: {len(runs)} books."
    known = f"Every forecast reads {spec.lookback_days} returns up to its own date, and none after it."
    clean = "P&L is by full revaluation at the next levels, with time to expiry and accrual held as on the forecast."
    if spec.horizon_days == 1:
        return (held, known, clean)
    return (held, known, clean, f"A forecast every {spec.horizon_days} days, so that no outcome overlaps another.")
