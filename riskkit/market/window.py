"""The window of a history that an analysis asks for: its days, its length, and no stale data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from riskkit.errors import MarketDataError
from riskkit.market.alignment import FactorSeries, align
from riskkit.market.history import FactorHistory


@dataclass(frozen=True, eq=False)
class Prices:
    """The factors that are looked at, as they came.

    Attributes
    ----------
    names : tuple of str
        Those that are asked for, also where there is no level.
    as_of : date
    series : tuple of FactorSeries
        Levels up to `as_of`.
    """

    names: tuple[str, ...]
    as_of: date
    series: tuple[FactorSeries, ...]


def history_of(series: Sequence[FactorSeries], as_of: date, n_dates: int | None) -> FactorHistory:
    """Align series that may reach further back than is asked for, and cut them to `n_dates` ending on `as_of`.

    Parameters
    ----------
    series : sequence of FactorSeries
        Levels up to `as_of`, ascending.
    as_of : date
    n_dates : int or None
        None for all.

    Returns
    -------
    FactorHistory
        Of shape (T, F), its last date `as_of`.

    Raises
    ------
    MarketDataError
        There is no level on `as_of`, or a gap is too long.

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> days = np.array(["2020-03-12", "2020-03-13", "2020-03-16"], "datetime64[D]")
    >>> prices = FactorSeries(RiskFactor("ABC", "equity", "USD"), days, np.array([50.0, 49.0, 45.0]))
    >>> history_of([prices], date(2020, 3, 16), 2).levels.tolist()
    [[49.0], [45.0]]
    """
    late = max(series, key=lambda one: one.dates[-1])
    if late.dates[-1] < np.datetime64(as_of, "D"):
        raise MarketDataError(
            ", ".join(sorted(one.factor.name for one in series)), f"no level after {late.dates[-1]}", f"one on {as_of}"
        )
    leading = [one.dates for one in series if one.factor.kind == "equity"] or [one.dates for one in series]
    dates = np.unique(np.concatenate(leading))
    dates = dates[dates >= max(one.dates[0] for one in series)]
    cut = len(dates) if n_dates is None else min(n_dates, len(dates))
    if cut < len(dates):
        start = dates[-cut]
        # How old a level carried into the part asked for is, only the days before it tell: this pass may raise.
        align([_from(one, min(_from(any_, start).dates[0] for any_ in series)) for one in series])
        series = [_from(one, start) for one in series]
    history = align(series)
    if history.last != as_of:
        raise MarketDataError("as_of", str(as_of), f"a day with prices; the last one is {history.last}")
    if cut == len(dates):
        return history
    # The request, not the data, decides where this history begins.
    notes = tuple(note for note in history.notes if not note.startswith("The history begins"))
    return replace(history.tail(n_dates or 1), notes=notes)


def _from(one: FactorSeries, start: np.datetime64) -> FactorSeries:
    """From the last level on or before `start` on."""
    first = max(int(np.searchsorted(one.dates, start, side="right")) - 1, 0)
    return FactorSeries(one.factor, one.dates[first:], one.levels[first:])
