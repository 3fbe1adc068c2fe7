"""The state of reports as the caller may see it: one look at schedules, slots, jobs and limits."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from riskkit.status import Observed
from riskkit.store.contract import Store

#: Clocks of the earth are so far from UTC at most.
_EAST, _WEST = timedelta(hours=14), timedelta(hours=12)


def observe(store: Store, team_id: str | None, day: date | None, days: int) -> Observed:
    """What the store tells of the slots of some days, by each schedule's clock.

    Parameters
    ----------
    store : Store
    team_id : str or None
        None: every team that the user is in.
    day : date or None
        The last day; None: up to now, or where every schedule is paused the day of the last slot.
    days : int
        How many.
    """
    if day is not None:
        return store.report_status(team_id, day - timedelta(days=days - 1), day)
    today = (datetime.now(UTC) + _EAST).date()
    seen = store.report_status(team_id, today - timedelta(days=days), today)
    latest = seen.latest_day
    if latest >= seen.first:
        return seen
    return store.report_status(team_id, latest - timedelta(days=days - 1), latest)


def bounds(first: date, last: date) -> dict[str, str]:
    """The moments between which slots of these days lie, whatever the clock, as the rpc takes them."""
    begin = datetime.combine(first, time(), UTC) - _EAST
    end = datetime.combine(last + timedelta(days=1), time(), UTC) + _WEST
    return {"p_from": begin.isoformat(), "p_until": end.isoformat()}


def observed(told: dict[str, Any], first: date, last: date) -> Observed:
    """What the rpc told of these days."""
    return Observed.of({**told, "first": first.isoformat(), "last": last.isoformat()})
