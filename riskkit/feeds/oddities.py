"""One factor's rows, put in order and looked at: what cannot be is refused, what is odd is noted."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import pandas as pd

from riskkit.errors import InputErrors, MarketDataError
from riskkit.feeds.table import MOST_FAULTS, Table
from riskkit.market import FactorSeries, RiskFactor, like_a_split

Jumps = Literal["refuse", "note"]

#: Longer than this without a price, in days, is noted.
GAP_DAYS = 10
#: A constant series of at least this many days is noted.
CONSTANT_DAYS = 5


def checked_series(
    table: Table, factor: RiskFactor, rows: pd.DataFrame, jumps: Jumps, notes: list[str]
) -> FactorSeries:
    """The rows as a series: dates ascending, each once.

    Parameters
    ----------
    table : Table
        Where the rows come from, for errors.
    factor : RiskFactor
    rows : DataFrame
        Columns line, column, date (datetime64) and level (no NaN); at least one row.
    jumps : {"refuse", "note"}
        What to do with a change like an unadjusted split.
    notes : list of str
        What was done or looks odd is added here.

    Raises
    ------
    MarketDataError
        With line and column.
    """
    _refuse_levels(table, factor, rows)
    rows = _in_order(table, factor, rows, notes)
    dates = rows["date"].to_numpy("datetime64[D]")
    levels = rows["level"].to_numpy(np.float64)
    if factor.kind == "equity" and factor.return_type != "absolute":
        _look_for_splits(table, factor, rows, jumps, notes)
    gaps = np.diff(dates).astype(np.int64)
    for at in np.flatnonzero(gaps > GAP_DAYS)[:5]:
        notes.append(f"{factor.name}: no price for {gaps[at]} days between {dates[at]} and {dates[at + 1]}.")
    if len(levels) >= CONSTANT_DAYS and (levels == levels[0]).all():
        notes.append(f"{factor.name}: the same price, {levels[0]:g}, on all {len(levels)} days.")
    return FactorSeries(factor, dates, levels)


def _refuse_levels(table: Table, factor: RiskFactor, rows: pd.DataFrame) -> None:
    levels = rows["level"].to_numpy(np.float64)
    if factor.return_type != "absolute":
        bad = levels <= 0
        expected = (
            f"a level above zero: the returns are {factor.return_type} (a series that can reach zero needs absolute)"
        )
    elif factor.kind == "volatility":
        bad, expected = levels < 0, "a volatility of zero or more"
    else:
        return
    faults = [_error(table, factor, row, expected) for row in rows[bad].head(MOST_FAULTS).itertuples()]
    if faults:
        raise InputErrors(list(faults))


def _in_order(table: Table, factor: RiskFactor, rows: pd.DataFrame, notes: list[str]) -> pd.DataFrame:
    if not rows["date"].is_monotonic_increasing:
        notes.append(f"{factor.name}: the dates were not in order and have been sorted.")
        rows = rows.sort_values("date", kind="stable")
    again = rows["date"].duplicated()
    if not again.any():
        return rows
    different = again & (rows["level"] != rows.groupby("date")["level"].transform("first"))
    faults = [
        _error(table, factor, row, f"one price a day; {row.date:%Y-%m-%d} has another above")
        for row in rows[different].head(MOST_FAULTS).itertuples()
    ]
    if faults:
        raise InputErrors(list(faults))
    count = int(again.sum())
    notes.append(f"{factor.name}: {count} repeated {'row' if count == 1 else 'rows'} with the same price merged.")
    return rows[~again]


def _look_for_splits(table: Table, factor: RiskFactor, rows: pd.DataFrame, jumps: Jumps, notes: list[str]) -> None:
    levels = rows["level"].to_numpy(np.float64)
    ratios = levels[1:] / levels[:-1]
    found = [(int(at) + 1, split) for at in range(len(ratios)) if (split := like_a_split(float(ratios[at])))]
    if jumps == "note":
        for at, split in found:
            day = rows["date"].iloc[at]
            notes.append(
                f"{factor.name}: {ratios[at - 1] - 1:+.1%} on {day:%Y-%m-%d}, like an unadjusted {split} split."
            )
        return
    faults = [
        _error(
            table,
            factor,
            row,
            f"prices adjusted for splits ({ratios[at - 1] - 1:+.1%} looks like {split}); --jumps note if it is real",
        )
        for at, split in found[:MOST_FAULTS]
        for row in rows.iloc[[at]].itertuples()
    ]
    if faults:
        raise InputErrors(list(faults))


def _error(table: Table, factor: RiskFactor, row: Any, expected: str) -> MarketDataError:
    """`row` is one of `itertuples`: a named tuple of the frame's columns."""
    line, column = int(row.line), int(row.column)
    return MarketDataError(factor.name, row.level, expected, line=line, column=column, source=table.source)
