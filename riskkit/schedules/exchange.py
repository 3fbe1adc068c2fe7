"""An exchange's sessions: which days it trades, when it closes, and why it does not."""

from __future__ import annotations

import re
import warnings
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

import pandas as pd

from riskkit.errors import InputError

if TYPE_CHECKING:
    from exchange_calendars import ExchangeCalendar

_NAME = re.compile(r"[A-Z0-9_/]{1,32}")
#: Days that are known: holidays further off have not been announced.
FIRST, LAST = date(2000, 1, 3), date(2031, 12, 31)


@dataclass(frozen=True)
class Session:
    """One trading day.

    Attributes
    ----------
    day : date
        As the exchange names it.
    close : datetime
        UTC.
    early : bool
        Whether it closes before its usual time.
    """

    day: date
    close: datetime
    early: bool


class Exchange:
    """The calendar of one exchange, 2000 to 2031.

    Parameters
    ----------
    name : str
        Its ISO 10383 market identifier: `XNYS`, `XLON`, `XTKS`, `XASX`.

    Raises
    ------
    InputError
        Field `calendar`.

    References
    ----------
    The package exchange_calendars (Apache 2.0), kept by hand from the exchanges' own notices.

    Examples
    --------
    >>> new_york = Exchange("XNYS")
    >>> new_york.session(date(2026, 7, 3)), new_york.closed_for(date(2026, 7, 3))
    (None, 'July 4th')
    >>> new_york.session(date(2026, 11, 27)).early
    True
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._sessions = _sessions(name)
        self._days = tuple(self._sessions)

    def session(self, day: date) -> Session | None:
        """The session of that day, if the exchange trades."""
        self._within(day)
        return self._sessions.get(day)

    def closed_for(self, day: date) -> str:
        """Why there is no session: a holiday's name, `weekend`, or `closed` where the calendar names no cause."""
        if "1" not in _calendar(self.name).weekmask[day.weekday()]:
            return "weekend"
        return _holidays(self.name).get(day, "closed")

    def previous(self, day: date) -> date:
        """The last session before that day."""
        self._within(day - timedelta(days=20))
        return self._days[bisect_left(self._days, day) - 1]

    def following(self, day: date) -> date:
        """The first session after that day."""
        self._within(day + timedelta(days=20))
        return self._days[bisect_right(self._days, day)]

    def last_of_month(self, day: date) -> date:
        """The last session of the month that the day lies in."""
        return self.previous((day.replace(day=28) + timedelta(days=4)).replace(day=1))

    def last_closed(self, moment: datetime) -> date:
        """The last session whose close is not after that moment."""
        day = (moment + timedelta(days=1)).date()
        while (session := self.session(day)) is None or session.close > moment:
            day = self.previous(day)
        return day

    def _within(self, day: date) -> None:
        if not FIRST <= day <= LAST:
            raise InputError("date", day.isoformat(), f"a day that {self.name}'s calendar knows: {FIRST} to {LAST}")


@lru_cache(maxsize=8)
def _calendar(name: str) -> ExchangeCalendar:
    expected = "an exchange's identifier such as XNYS, XLON, XTKS or XASX"
    if not _NAME.fullmatch(name):
        raise InputError("calendar", name, expected)
    import exchange_calendars  # 0.2 s, and only a schedule asks for it
    from exchange_calendars.errors import InvalidCalendarName

    try:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # its use of pandas
            return exchange_calendars.get_calendar(name, start=FIRST.isoformat(), end=LAST.isoformat())
    except InvalidCalendarName as error:
        raise InputError("calendar", name, expected) from error


@lru_cache(maxsize=8)
def _sessions(name: str) -> dict[date, Session]:
    calendar = _calendar(name)
    early = set(calendar.early_closes)
    return {
        stamp.date(): Session(stamp.date(), close.to_pydatetime(), stamp in early)
        for stamp, close in calendar.closes.items()
    }


@lru_cache(maxsize=8)
def _holidays(name: str) -> dict[date, str]:
    calendar, (first, last) = _calendar(name), (pd.Timestamp(FIRST), pd.Timestamp(LAST))
    with warnings.catch_warnings(action="ignore", category=pd.errors.PerformanceWarning):  # its rules, day by day
        ordinary = calendar.regular_holidays.holidays(first, last, return_name=True)
    named = ((stamp.date(), str(cause)) for stamp, cause in ordinary.items())
    special = ((pd.Timestamp(stamp).date(), "closed by special notice") for stamp in calendar.adhoc_holidays)
    return dict(chain(special, named))
