"""What a scheduler does about each slot since it last looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from riskkit.schedules.slots import Slot, slots
from riskkit.schedules.timetable import Timetable

Outcome = Literal["enqueued", "skipped_holiday", "skipped_misfire", "coalesced"]


@dataclass(frozen=True)
class Decision:
    """One slot and what becomes of it.

    Attributes
    ----------
    slot : Slot
    outcome : {'enqueued', 'skipped_holiday', 'skipped_misfire', 'coalesced'}
        A report is due; there was no session; it was missed and is dropped; a later missed one stands for it.
    """

    slot: Slot
    outcome: Outcome


def due(timetable: Timetable, cursor: datetime, now: datetime) -> tuple[Decision, ...]:
    """Every slot in `(cursor, now]` and its outcome, in order; the same for whoever asks.

    Parameters
    ----------
    timetable : Timetable
    cursor : datetime
        The last slot that was decided.
    now : datetime
        The database's clock.

    Examples
    --------
    >>> from datetime import UTC
    >>> from riskkit.schedules.timetable import Misfire
    >>> daily = Timetable("15 18 * * *", "America/New_York", "XNYS", misfire=Misfire("coalesce"))
    >>> back = datetime(2026, 3, 10, 12, tzinfo=UTC)  # down since Thursday; summer time began on Sunday
    >>> for one in due(daily, back - timedelta(days=5), back):
    ...     print(one.slot.local.isoformat(), one.outcome)
    2026-03-05T18:15:00-05:00 coalesced
    2026-03-06T18:15:00-05:00 coalesced
    2026-03-07T18:15:00-05:00 skipped_holiday
    2026-03-08T18:15:00-04:00 skipped_holiday
    2026-03-09T18:15:00-04:00 enqueued
    """
    found = tuple(slots(timetable, cursor, now))
    missed = [one.at for one in found if one.takes_place and now - one.at > _grace(timetable)]
    dropped = set(missed) - set(_kept(timetable, missed))
    return tuple(Decision(one, _outcome(timetable, one, dropped)) for one in found)


def _outcome(timetable: Timetable, slot: Slot, dropped: set[datetime]) -> Outcome:
    if not slot.takes_place:
        return "skipped_holiday"
    if slot.at not in dropped:
        return "enqueued"
    return "skipped_misfire" if timetable.misfire.policy == "skip" else "coalesced"


def _kept(timetable: Timetable, missed: list[datetime]) -> list[datetime]:
    rule = timetable.misfire
    if rule.policy == "skip":
        return []
    return missed[-1:] if rule.policy == "coalesce" else missed[-rule.cap :]


def _grace(timetable: Timetable) -> timedelta:
    return timedelta(minutes=timetable.misfire.grace_minutes)
