"""From single series to the history an analysis asks for: its days, its length, and no stale data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorSeries, history_of
from riskkit.portfolio import Portfolio

__all__ = ["calendar", "cash_only", "history_of", "missing_factor"]

DateArray = NDArray[np.datetime64]


def calendar(series: Sequence[FactorSeries]) -> DateArray:
    """The equities' days (every factor's, if none is an equity) while all factors have data."""
    if not series or any(len(one.dates) == 0 for one in series):
        return np.array([], "datetime64[D]")
    leading = [one.dates for one in series if one.factor.kind == "equity"] or [one.dates for one in series]
    union: DateArray = np.unique(np.concatenate(leading).astype("datetime64[D]"))
    first, last = max(one.dates.min() for one in series), min(one.dates.max() for one in series)
    shared: DateArray = union[(union >= first) & (union <= last)]
    return shared


def missing_factor(name: str, book: Portfolio | None = None) -> MarketDataError:
    """The error for a factor without data, naming the position that needs it."""
    needs = ""
    if book is not None:
        symbols = [p.symbol for p in book.positions if name in replace(book, positions=(p,)).factors]
        needs = f" (needed by {', '.join(symbols[:3])}{' and others' if len(symbols) > 3 else ''})" if symbols else ""
    return MarketDataError("factor", name, f"a risk factor with market data; there is none for it{needs}")


def cash_only(book: Portfolio) -> InputError:
    """The error for a book whose value nothing can change."""
    expected = (
        f"a position whose value depends on the market; it holds only {book.base_currency} cash, its own currency"
    )
    return InputError("portfolio", book.name, expected)
