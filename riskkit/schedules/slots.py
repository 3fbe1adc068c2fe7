"""The slots of a timetable: each moment a report is due, and the day it is made as of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import takewhile

from riskkit.schedules.cron import Cron
from riskkit.schedules.exchange import Exchange
from riskkit.schedules.timetable import Timetable

#: Exchanges have closed for ten days on end; a rolled slot may lie that far from the cron's own time, or a month.
_REACH = timedelta(days=40)


@dataclass(frozen=True, order=True)
class Slot:
    """One moment of a timetable.

    Attributes
    ----------
    at : datetime
        UTC; what names the slot: a schedule has one slot at a moment.
    local : datetime
        The same by the timetable's clock.
    as_of : date or None
        Valuation date; None for a slot that does not take place.
    note : str
        What is remarkable: the holiday, an early close, that it was moved; empty otherwise.
    """

    at: datetime
    local: datetime
    as_of: date | None
    note: str = ""

    @property
    def takes_place(self) -> bool:
        """Whether a report is due, or the day was a holiday."""
        return self.as_of is not None


def slots(timetable: Timetable, after: datetime, until: datetime) -> Iterator[Slot]:
    """Slots in `(after, until]`, in order, each moment once; days without a session are among them, with the cause.

    Parameters
    ----------
    timetable : Timetable
    after, until : datetime
        With time zones.

    Raises
    ------
    InputError
        The calendar does not reach that far.

    Examples
    --------
    >>> daily = Timetable("15 18 * * MON-FRI", "America/New_York", "XNYS")
    >>> start = datetime(2026, 7, 2, tzinfo=UTC)
    >>> for one in slots(daily, start, start + timedelta(days=5)):
    ...     print(one.local.isoformat(), one.as_of, one.note or "-")
    2026-07-02T18:15:00-04:00 2026-07-02 -
    2026-07-03T18:15:00-04:00 None July 4th
    2026-07-06T18:15:00-04:00 2026-07-06 -
    """
    exchange = timetable.exchange
    reach = timedelta(0) if exchange is None or timetable.roll == "skip" else _REACH
    times = Cron(timetable.cron).after(after - reach, timetable.zone)
    placed: dict[datetime, Slot] = {}
    horizon = (until + reach).astimezone(UTC)
    for nominal in takewhile(lambda one: one.astimezone(UTC) <= horizon, times):
        slot = _placed(timetable, exchange, nominal)
        if after < slot.at <= until and (
            slot.at not in placed or slot.local == nominal
        ):  # its own day explains it best
            placed[slot.at] = slot
        if not reach:
            yield from placed.values()
            placed.clear()
    yield from (placed[moment] for moment in sorted(placed))


def _placed(timetable: Timetable, exchange: Exchange | None, nominal: datetime) -> Slot:
    if exchange is None:
        days = 1 if timetable.as_of == "session_close" else 2
        return _slot(nominal, nominal.date() - timedelta(days=days), "")
    day = nominal.date()
    session = exchange.session(day)
    target = _rolled(timetable, exchange, day)
    if target is None:
        return _slot(nominal, None, exchange.closed_for(day))
    notes = []
    if target != day:
        cause = exchange.closed_for(day) if session is None else "not the month's last session"
        notes.append(f"moved from {day}: {cause}")
        nominal = _moved(nominal, target)
        session = exchange.session(target)
    if session is not None and session.early:
        notes.append("early close")
    moment = nominal.astimezone(UTC)
    as_of = exchange.previous(target) if timetable.as_of == "previous_close" else exchange.last_closed(moment)
    if timetable.as_of == "session_close" and as_of != target:
        notes.append(f"before the close of {target}")
    return _slot(nominal, as_of, "; ".join(notes))


def _rolled(timetable: Timetable, exchange: Exchange, day: date) -> date | None:
    if timetable.roll == "month_end":
        return exchange.last_of_month(day)
    if exchange.session(day) is not None:
        return day
    if timetable.roll == "skip":
        return None
    return exchange.previous(day) if timetable.roll == "previous" else exchange.following(day)


def _moved(nominal: datetime, target: date) -> datetime:
    """The same time of day on another day; a time that daylight saving skips there is the first one after the gap."""
    naive = datetime.combine(target, time(nominal.hour, nominal.minute))
    moved = naive.replace(tzinfo=nominal.tzinfo)
    back = moved.astimezone(UTC).astimezone(nominal.tzinfo)
    if back.replace(tzinfo=None) == naive:
        return moved
    return back.replace(minute=0, second=0)


def _slot(nominal: datetime, as_of: date | None, note: str) -> Slot:
    return Slot(nominal.astimezone(UTC), nominal, as_of, note)
