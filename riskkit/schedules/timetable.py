"""What a schedule says about time."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from riskkit.errors import InputError
from riskkit.schedules.cron import Cron
from riskkit.schedules.exchange import Exchange

Roll = Literal["skip", "previous", "next", "month_end"]
AsOf = Literal["session_close", "previous_close"]
MisfirePolicy = Literal["skip", "coalesce", "all"]


@dataclass(frozen=True)
class Misfire:
    """What becomes of slots that nobody fired in time.

    Attributes
    ----------
    policy : {'skip', 'coalesce', 'all'}
        None of them; the last one, for all; each, up to `cap`.
    cap : int
        With `all`: at most so many, the latest, which stand for the others.
    grace_minutes : int
        A slot that is not older than this has not been missed.
    """

    policy: MisfirePolicy = "coalesce"
    cap: int = 10
    grace_minutes: int = 60

    def __post_init__(self) -> None:
        _one_of("misfire", self.policy, get_args(MisfirePolicy))
        for name, most in (("cap", 1000), ("grace_minutes", 7 * 24 * 60)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
                raise InputError(name, value, f"a whole number from 1 to {most:,}")


@dataclass(frozen=True)
class Timetable:
    """When a report is due, and as of which day.

    Attributes
    ----------
    cron : str
        Five fields.
    timezone : str
        IANA name: the clock that the cron is read by.
    calendar : str or None
        ISO 10383 identifier of an exchange; None: every day counts, and `as_of` is the day before the slot's.
    roll : {'skip', 'previous', 'next', 'month_end'}
        What becomes of a slot on a day without a session: none; the session before or after, at the same time of day;
        `month_end`: only the last session of each month that the cron names a day of.
    as_of : {'session_close', 'previous_close'}
        The last session that has closed at the slot; or the session before the slot's own day.
    misfire : Misfire

    Raises
    ------
    InputError
        Naming the field.
    """

    cron: str
    timezone: str
    calendar: str | None = None
    roll: Roll = "skip"
    as_of: AsOf = "session_close"
    misfire: Misfire = field(default_factory=Misfire)

    def __post_init__(self) -> None:
        _one_of("roll", self.roll, get_args(Roll))
        _one_of("as_of", self.as_of, get_args(AsOf))
        if self.timezone not in _zones():
            raise InputError("timezone", self.timezone, "an IANA time zone such as America/New_York")
        Cron(self.cron)
        if self.calendar is not None:
            Exchange(self.calendar)
        elif self.roll != "skip":
            raise InputError("roll", self.roll, "skip, or a calendar to roll by")

    @property
    def zone(self) -> ZoneInfo:
        """The time zone."""
        return ZoneInfo(self.timezone)

    @property
    def exchange(self) -> Exchange | None:
        """The exchange, where there is one."""
        return Exchange(self.calendar) if self.calendar else None


@cache
def _zones() -> frozenset[str]:
    """UTC and the zones of places; the rest of the database is fixed offsets and other people's names for those."""
    apart = ("Etc/", "posix", "right", "SystemV/")
    return frozenset(one for one in available_timezones() if "/" in one and not one.startswith(apart)) | {"UTC"}


def _one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise InputError(name, value, "one of " + ", ".join(allowed))
