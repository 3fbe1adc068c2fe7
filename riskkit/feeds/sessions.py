"""Which trading day a row belongs to: dates and timestamps, with and without an offset."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from riskkit.errors import InputError, InputErrors
from riskkit.feeds.cells import moment
from riskkit.feeds.table import MOST_FAULTS, Table

EARLIEST = date(1900, 1, 1)


def session_dates(table: Table, column: str, timezone: str | None, today: date, notes: list[str]) -> pd.Series:
    """The trading day of each row, by line.

    A date is a date. A timestamp without an offset counts as its own date. One with an offset is put into the
    exchange's zone; without a zone its own date counts, unless that is a weekend: then the zone has to be given,
    because midnight in Tokyo is the day before in UTC. Dates on a weekend are kept and noted: some markets trade then.

    Raises
    ------
    InputErrors
        Some rows have an offset and some have none; a day in the future; a day before 1900.
    """
    moments = {text: moment(text) for text in table.cells[column].unique()}
    stamps: dict[str, datetime] = {text: found for text, found in moments.items() if found is not None}
    _refuse_mixture(table, column, stamps)
    zone = exchange_zone(timezone) if timezone else None
    days = {text: _day(stamp, zone) for text, stamp in stamps.items()}
    shifted = [text for text, stamp in stamps.items() if days[text] != stamp.date()]
    if shifted:
        notes.append(f"Timestamps were put into {timezone}: {len(shifted)} of {len(stamps)} fall on another day there.")
    dates = table.cells[column].map(days)
    _refuse_days(table, column, dates, today)
    weekend = dates[[day.weekday() >= 5 for day in dates]]
    if len(weekend):
        first = weekend.iloc[0]
        if zone is None and stamps[table.cells[column].loc[weekend.index[0]]].tzinfo is not None:
            expected = "a trading day; give the exchange's time zone, in which the timestamps fall on one"
            raise table.error(weekend.index[0], column, expected)
        notes.append(f"{weekend.nunique()} of the days are on a weekend, the first {first}; they were kept.")
    return pd.Series(pd.to_datetime(dates).to_numpy("datetime64[D]"), index=dates.index)


def exchange_zone(name: str) -> ZoneInfo:
    """The time zone of that name, or an InputError."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise InputError("timezone", name, "a time zone such as America/New_York") from error


def _day(stamp: datetime, zone: ZoneInfo | None) -> date:
    return stamp.astimezone(zone).date() if zone is not None and stamp.tzinfo is not None else stamp.date()


def _refuse_mixture(table: Table, column: str, stamps: dict[str, datetime]) -> None:
    aware = table.cells[column].map({text: stamp.tzinfo is not None for text, stamp in stamps.items()})
    other = aware[aware != aware.iloc[0]]
    if len(other):
        expected = "an offset from UTC on every date or on none"
        raise table.error(other.index[0], column, expected)


def _refuse_days(table: Table, column: str, dates: pd.Series, today: date) -> None:
    bad = dates[[not EARLIEST <= day <= today for day in dates]]
    if len(bad):
        expected = f"a day from {EARLIEST} to today, {today}"
        raise InputErrors([table.error(line, column, expected) for line in bad.index[:MOST_FAULTS]])
