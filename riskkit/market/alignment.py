"""Series of single factors, gaps and all, to one history: what a gap means is decided here, and said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from riskkit.errors import InputError, MarketDataError
from riskkit.market.factors import DateArray, FloatArray, RiskFactor, check_factors, days, numbers
from riskkit.market.history import FactorHistory

#: A pause of the whole calendar longer than this many days is noted.
_CALENDAR_GAP_DAYS = 10
#: A price ratio from one day to the next outside these bounds is noted: it may be a split nobody adjusted for.
_JUMP_BOUNDS = (0.55, 1.8)


@dataclass(frozen=True, eq=False)
class FactorSeries:
    """The levels of one factor as they came: any order, gaps and NaN (a missing level) allowed.

    Attributes
    ----------
    factor : RiskFactor
    dates : array (N,) of datetime64[D]
    levels : array (N,)
    """

    factor: RiskFactor
    dates: DateArray
    levels: FloatArray


def align(series: Sequence[FactorSeries], max_gap_days: int = 5) -> FactorHistory:
    """Put series on one calendar; carry short gaps forward and say so.

    The calendar is the union of the dates of the equity factors (of all factors if there is no equity), from the
    first date on which every factor has a level. A factor without a level on a calendar date keeps its last one,
    for at most `max_gap_days` dates. Equal levels given twice for a date are merged.

    Parameters
    ----------
    series : sequence of FactorSeries
    max_gap_days : int
        Longest run of calendar dates over which a level is carried forward.

    Returns
    -------
    FactorHistory
        Its notes tell what was carried, merged or sorted, and what looks odd (a pause of more than ten days, a price
        that almost halves or doubles overnight).

    Raises
    ------
    MarketDataError
        A gap is longer, two levels of one date differ, a level is infinite, or a series has no level at all;
        names factor and date.

    Examples
    --------
    >>> days = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[D]")
    >>> stock = FactorSeries(RiskFactor("ABC", "equity", "USD"), days, np.array([10.0, 11.0, 12.0]))
    >>> euro = FactorSeries(RiskFactor("EURUSD", "fx", "USD"), days[[0, 2]], np.array([1.1, 1.2]))
    >>> history = align([stock, euro])
    >>> history.levels[:, 1]
    array([1.1, 1.1, 1.2])
    >>> history.notes
    ('EURUSD: 1 missing level carried forward from the last one.',)
    """
    if not series:
        raise InputError("series", 0, "at least one factor with levels")
    check_factors([one.factor for one in series])
    notes: list[str] = []
    cleaned = [_clean(one, notes) for one in series]
    leading = [c.dates for c in cleaned if c.factor.kind == "equity"] or [c.dates for c in cleaned]
    latest = max(cleaned, key=lambda one: one.dates[0])
    calendar = np.unique(np.concatenate(leading))
    dates = calendar[calendar >= latest.dates[0]]
    if len(dates) == 0:
        value = f"first level on {latest.dates[0]}"
        raise MarketDataError(latest.factor.name, value, f"levels by {calendar[-1]}, where the other factors end")
    if dates[0] > calendar[0]:
        notes.append(f"The history begins on {dates[0]}, with the first level of {latest.factor.name}.")
    columns = [_on_calendar(one, calendar, dates, max_gap_days, notes) for one in cleaned]
    _note_oddities(cleaned, dates, columns, notes)
    return FactorHistory(tuple(one.factor for one in cleaned), dates, np.column_stack(columns), tuple(notes))


def _clean(one: FactorSeries, notes: list[str]) -> FactorSeries:
    """Sort by date, drop NaN, merge equal duplicates."""
    name, dates = one.factor.name, days(one.factor.name, one.dates)
    levels = numbers(name, one.levels)
    if dates.shape != levels.shape or dates.ndim != 1:
        raise InputError(name, (dates.shape, levels.shape), "as many dates as levels")
    if np.isinf(levels).any():
        raise MarketDataError(name, f"{levels[np.isinf(levels)][0]} on {dates[np.isinf(levels)][0]}", "a finite level")
    if np.isnat(dates).any():
        raise MarketDataError(name, "a level without a date", "a date for every level")
    present = ~np.isnan(levels)
    if not present.any():
        raise MarketDataError(name, "no levels", "at least one level")
    dates, levels = dates[present], levels[present]
    order = np.argsort(dates, kind="stable")
    if (np.diff(order) < 0).any():
        notes.append(f"{name}: dates were not in order and have been sorted.")
    dates, levels = dates[order], levels[order]
    again = np.flatnonzero(dates[1:] == dates[:-1])
    differ = again[levels[again] != levels[again + 1]]
    if len(differ):
        value = f"{levels[differ[0]]} and {levels[differ[0] + 1]} on {dates[differ[0]]}"
        raise MarketDataError(name, value, "one level a date")
    if len(again):
        notes.append(f"{name}: {_count(len(again), 'repeated level')} merged.")
        dates, levels = np.delete(dates, again + 1), np.delete(levels, again + 1)
    return FactorSeries(one.factor, dates, levels)


def _on_calendar(
    one: FactorSeries, calendar: DateArray, dates: DateArray, max_gap_days: int, notes: list[str]
) -> FloatArray:
    last = np.searchsorted(one.dates, dates, side="right") - 1
    # how many calendar dates ago the level was seen: 0 on its own date
    age = np.searchsorted(calendar, dates) - np.searchsorted(calendar, one.dates[last], side="right") + 1
    stale = age > max_gap_days
    if stale.any():
        seen, until = one.dates[last[stale][0]], dates[stale & (last == last[stale][0])][-1]
        raise MarketDataError(
            one.factor.name, f"no level after {seen} up to {until}", f"a gap of at most {max_gap_days} trading days"
        )
    carried = int((one.dates[last] != dates).sum())
    if carried:
        notes.append(f"{one.factor.name}: {_count(carried, 'missing level')} carried forward from the last one.")
    return one.levels[last]


def _note_oddities(series: list[FactorSeries], dates: DateArray, columns: list[FloatArray], notes: list[str]) -> None:
    pauses = np.flatnonzero(np.diff(dates).astype(np.int64) > _CALENDAR_GAP_DAYS)
    notes.extend(f"No factor has a level between {dates[i]} and {dates[i + 1]}." for i in pauses)
    for one, levels in zip(series, columns, strict=True):
        if one.factor.kind != "equity" or (levels <= 0).any():
            continue
        ratio = levels[1:] / levels[:-1]
        for i in np.flatnonzero((ratio < _JUMP_BOUNDS[0]) | (ratio > _JUMP_BOUNDS[1])):
            notes.append(
                f"{one.factor.name}: {ratio[i] - 1:+.0%} on {dates[i + 1]}; "
                "if that was a split, the prices are not adjusted for it."
            )


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}{'' if n == 1 else 's'}"
