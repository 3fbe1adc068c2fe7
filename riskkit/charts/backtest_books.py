"""The backtest of today's book beside that of the book as it was."""

from __future__ import annotations

import numpy as np

from riskkit.backtest import BacktestResult, BookComparison
from riskkit.charts.markup import Cell, Column, Row, empty, table
from riskkit.charts.numbers import day, decimals_of, number, percent, signed
from riskkit.charts.view import View

_NAMES = {"today": "Today's book, held fixed", "as_held": "The book as it was"}


def backtest_books(result: BookComparison) -> View:
    """Exceptions, zone and worst day of both books; a sentence where the book did not change."""
    title = "Today's book, or the book as it was?"
    if result.today is result.as_held:
        said = "The book did not change over the days tested: both are the same."
        return View("backtest_books", title, html=empty(said))
    currency = result.today.portfolio.base_currency
    columns = [
        Column("Book"),
        Column("Exceptions", numeric=True),
        Column("Expected", numeric=True),
        Column("Basel zone"),
        Column("Chance", numeric=True),
        Column(f"Worst day, {currency}", numeric=True),
        Column("On"),
        Column("Mean VaR", numeric=True),
    ]
    rows = [_row(name, one) for name, one in result.results]
    return View(
        name="backtest_books",
        title=title,
        question=f"{result.n_books} books were held over the days tested. Today's book says whether the VaR of today "
        "can be trusted; the book as it was says whether the VaR of each day could.",
        html=table(columns, rows, caption="Backtest by book"),
    )


def _row(name: str, one: BacktestResult) -> Row:
    worst = int(np.argmin(one.pnl))
    decimals = decimals_of(max(float(np.abs(one.pnl).max()), float(one.var.max())), one.portfolio.base_currency)
    return [
        _NAMES[name],
        Cell(number(one.n_exceptions), one.n_exceptions),
        Cell(number(one.expected_exceptions, 1), one.expected_exceptions),
        one.zone.capitalize(),
        Cell(percent(one.light.type_one_error, 1), note="of this many exceptions or more, were the VaR right"),
        Cell(signed(float(one.pnl[worst]), decimals), float(one.pnl[worst]), look="rk-loss"),
        day(one.dates[worst].item()),
        Cell(number(float(one.var.mean()), decimals), float(one.var.mean())),
    ]
