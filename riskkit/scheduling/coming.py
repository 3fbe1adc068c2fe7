"""The next slot of a timetable that makes a report."""

from __future__ import annotations

from datetime import datetime, timedelta

from riskkit.errors import InputError
from riskkit.schedules import Slot, Timetable, slots

#: How far is looked, in steps: near first, for most reports are daily.
_STEPS = (timedelta(days=7), timedelta(days=100), timedelta(days=4 * 366))


def next_slot(timetable: Timetable, after: datetime) -> Slot | None:
    """The first slot after a moment that takes place; None if there is none in four years or as far as is known.

    Examples
    --------
    >>> from datetime import UTC
    >>> friday = Timetable("15 18 * * *", "America/New_York", "XNYS")
    >>> next_slot(friday, datetime(2026, 4, 2, 23, tzinfo=UTC)).local.isoformat()
    '2026-04-06T18:15:00-04:00'
    """
    for reach in _STEPS:
        try:
            found = next((one for one in slots(timetable, after, after + reach) if one.takes_place), None)
        except InputError:  # the calendar ends before that
            return None
        if found is not None:
            return found
    return None
