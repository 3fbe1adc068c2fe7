"""The slots of a past range, for a backfill: each with its own valuation date, whenever it is made up for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from riskkit.errors import InputError
from riskkit.schedules import Slot, Timetable, slots

#: Slots that one backfill may have.
MOST = 1000


def past_slots(timetable: Timetable, first: date, last: date, now: datetime) -> tuple[Slot, ...]:
    """The slots on the days `first` to `last` by the timetable's clock that have come and take place.

    Parameters
    ----------
    timetable : Timetable
    first, last : date
        Both included.
    now : datetime
        What is later has not come.

    Raises
    ------
    InputError
        The range is empty or holds more than a thousand slots.

    Examples
    --------
    >>> daily = Timetable("15 18 * * *", "America/New_York", "XNYS")
    >>> christmas = past_slots(daily, date(2022, 12, 22), date(2022, 12, 28), datetime(2023, 1, 1, tzinfo=UTC))
    >>> [str(slot.as_of) for slot in christmas]
    ['2022-12-22', '2022-12-23', '2022-12-27', '2022-12-28']
    """
    if last < first:
        raise InputError("to", last.isoformat(), f"a day not before {first}")
    start = datetime.combine(first, datetime.min.time(), timetable.zone).astimezone(UTC)
    end = datetime.combine(last + timedelta(days=1), datetime.min.time(), timetable.zone).astimezone(UTC)
    tick = timedelta(microseconds=1)
    found = tuple(slot for slot in slots(timetable, start - tick, min(end - tick, now)) if slot.takes_place)
    if len(found) > MOST:
        raise InputError("to", last.isoformat(), f"a range of at most {MOST:,} slots; this one has {len(found):,}")
    return found
