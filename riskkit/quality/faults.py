"""What can be wrong with the prices of one factor: gaps, runs without a change, outliers, levels that cannot be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from riskkit.market import FactorSeries, like_a_split

DateArray = NDArray[np.datetime64]
FaultKind = Literal["missing", "unchanged", "outlier", "split", "impossible", "repeated"]
DayState = Literal["ok", "before", "missing", "unchanged", "outlier", "impossible"]
#: A normal law's standard deviation in median absolute deviations.
_MAD = 1.4826


@dataclass(frozen=True)
class Fault:
    """Something odd in a factor's prices.

    Attributes
    ----------
    factor : str
    kind : str
        `missing` (days of the calendar without a level), `unchanged` (the same level day after day), `outlier` (a
        change far from the others), `split` (one like a split nobody adjusted for), `impossible` (zero or negative
        where returns need more, or infinite), `repeated` (two levels of one day).
    first, last : date
    days : int
        Of the calendar, both ends included.
    size : float or None
        Of an outlier or a split the change [fraction, or the factor's unit], else None.
    score : float or None
        Of an outlier: robust standard deviations from the median change.
    note : str
    """

    factor: str
    kind: FaultKind
    first: date
    last: date
    days: int
    size: float | None = None
    score: float | None = None
    note: str = ""


def faults(one: FactorSeries, calendar: DateArray, unchanged_days: int, outlier_z: float) -> tuple[Fault, ...]:
    """Every fault within a window of the calendar, by first day.

    Parameters
    ----------
    one : FactorSeries
        Ascending; levels may be missing, zero, repeated.
    calendar : array of datetime64[D]
        The days on which a level is expected.
    unchanged_days : int
        So many days without a change are a fault.
    outlier_z : float
        So many robust standard deviations from the median change are one.
    """
    found = [
        *_missing(one, calendar),
        *_repeated(one, calendar),
        *_impossible(one, calendar),
        *_unchanged(one, calendar, unchanged_days),
        *_far_out(one, calendar, outlier_z),
    ]
    return tuple(sorted(found, key=lambda fault: (fault.first, fault.kind)))


def timeline(one: FactorSeries, calendar: DateArray, found: tuple[Fault, ...]) -> tuple[DayState, ...]:
    """What each day of the calendar is; the worst of several."""
    states: list[DayState] = ["ok"] * len(calendar)
    for kind in ("unchanged", "outlier", "split", "impossible", "missing"):
        for fault in found:
            if fault.kind == kind:
                begin, end = np.searchsorted(calendar, [np.datetime64(fault.first), np.datetime64(fault.last)])
                state: DayState = "outlier" if kind == "split" else kind
                for at in range(int(begin), min(int(end) + 1, len(calendar))):
                    states[at] = state
    begins = int(np.searchsorted(calendar, one.dates.min())) if len(one.dates) else len(calendar)
    return tuple("before" if at < begins else state for at, state in enumerate(states))


def _missing(one: FactorSeries, calendar: DateArray) -> Iterator[Fault]:
    """Runs of days without a level, after the first level."""
    expected = calendar[calendar > one.dates[0]]
    gone = ~np.isin(expected, one.dates)
    for begin, end in _runs(gone):
        count = end - begin
        ends = " up to the end" if end == len(expected) else ""
        yield Fault(
            one.factor.name, "missing", expected[begin].item(), expected[end - 1].item(), count, note=ends.strip()
        )


def _repeated(one: FactorSeries, calendar: DateArray) -> Iterator[Fault]:
    again = one.dates[1:][one.dates[1:] == one.dates[:-1]]
    for day in np.unique(again[again >= calendar[0]]):
        yield Fault(one.factor.name, "repeated", day.item(), day.item(), 1, note="more than one level")


def _impossible(one: FactorSeries, calendar: DateArray) -> Iterator[Fault]:
    bad = ~np.isfinite(one.levels)
    if one.factor.return_type != "absolute":
        bad |= one.levels <= 0.0
    elif one.factor.kind == "volatility":
        bad |= one.levels < 0.0
    for at in np.flatnonzero(bad & (one.dates >= calendar[0])):
        day = one.dates[at].item()
        yield Fault(
            one.factor.name, "impossible", day, day, 1, float(one.levels[at]), note=f"a level of {one.levels[at]:g}"
        )


def _unchanged(one: FactorSeries, calendar: DateArray, least: int) -> Iterator[Fault]:
    same = (one.levels[1:] == one.levels[:-1]) & (one.dates[1:] != one.dates[:-1]) & (one.dates[1:] >= calendar[0])
    for begin, end in _runs(same):
        if end - begin >= least:
            first, last = one.dates[begin + 1].item(), one.dates[end].item()
            yield Fault(one.factor.name, "unchanged", first, last, end - begin, note=f"at {one.levels[end]:g}")


def _far_out(one: FactorSeries, calendar: DateArray, least: float) -> Iterator[Fault]:
    """Changes from level to level: outliers by their robust score, splits by their ratio."""
    usable = np.isfinite(one.levels) & ((one.levels > 0.0) | (one.factor.return_type == "absolute"))
    dates, levels = one.dates[usable], one.levels[usable]
    first = max(int(np.searchsorted(dates, calendar[0])) - 1, 0)
    dates, levels = dates[first:], levels[first:]
    changes = np.diff(levels)
    ratios = levels[1:] / levels[:-1] if one.factor.return_type != "absolute" else np.ones(len(changes))
    moves = changes if one.factor.return_type == "absolute" else ratios - 1.0
    scores = _scores(moves)
    for at in range(len(moves)):
        day, split = dates[at + 1].item(), like_a_split(float(ratios[at])) if one.factor.kind == "equity" else ""
        if split:
            note = f"like an unadjusted {split} split"
            yield Fault(one.factor.name, "split", day, day, 1, float(moves[at]), float(scores[at]), note)
        elif abs(scores[at]) >= least:
            yield Fault(one.factor.name, "outlier", day, day, 1, float(moves[at]), float(scores[at]))


def _scores(moves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Robust standard deviations from the median; zero where more than half of the moves are the same."""
    if len(moves) == 0:
        return moves
    middle = np.median(moves)
    spread = _MAD * np.median(np.abs(moves - middle))
    return (moves - middle) / spread if spread > 0.0 else np.zeros(len(moves))


def _runs(marked: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """Begin and end (excluded) of every run of marked places."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
