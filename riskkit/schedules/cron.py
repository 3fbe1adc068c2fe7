"""A cron expression of five fields, read in a time zone as Debian's cron reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from riskkit.errors import InputError

#: A report is no ticker: more slots than this on one day are refused, and a team may have no more in all.
MOST_A_DAY = 60
_LONGEST = 200
_FIVE_FIELDS = re.compile(r"[0-9A-Za-z*/,#-]+( [0-9A-Za-z*/,#-]+){4}")
_EXPECTED = "five fields: minute hour day-of-month month day-of-week, such as 15 18 * * MON-FRI"


@dataclass(frozen=True)
class Cron:
    """Times of day and days, without a time zone of their own.

    A time that daylight saving skips comes at the first moment after the gap, and one that it repeats comes once:
    the first time. That holds for jobs at fixed hours; `*` in minute or hour means each real one.

    Attributes
    ----------
    expression : str
        Exactly five fields with a space between; names (MON, JAN), ranges, steps, `L` for the last day of a month,
        `FRI#2`.

    Raises
    ------
    InputError
        Field `cron`: another number of fields, a value out of range, days that never come, or more than 60 times a day.

    References
    ----------
    crontab(5) of Debian; the library cronsim follows it.

    Examples
    --------
    >>> daily = Cron("15 18 * * MON-FRI")
    >>> first = next(daily.after(datetime(2026, 3, 6, 20, tzinfo=UTC), ZoneInfo("America/New_York")))
    >>> first.isoformat()
    '2026-03-06T18:15:00-05:00'
    """

    expression: str

    def __post_init__(self) -> None:
        if not _FIVE_FIELDS.fullmatch(self.expression) or len(self.expression) > _LONGEST:
            raise InputError("cron", self.expression, _EXPECTED)
        try:
            first = next(self.after(datetime(2024, 1, 1, tzinfo=UTC), ZoneInfo("UTC")), None)
        except CronSimError as error:
            raise InputError("cron", self.expression, f"{_EXPECTED} ({str(error).lower()})") from error
        if first is None:
            raise InputError("cron", self.expression, "days that exist")
        if self.times_a_day > MOST_A_DAY:
            raise InputError("cron", self.expression, f"at most {MOST_A_DAY} times a day, not {self.times_a_day:,}")

    @property
    def times_a_day(self) -> int:
        """How often it comes on a day on which it comes."""
        parsed = CronSim(self.expression, datetime(2024, 1, 1, tzinfo=UTC))
        return len(parsed.minutes) * len(parsed.hours)

    def after(self, moment: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Every time after `moment`, in order, each once.

        Parameters
        ----------
        moment : datetime
            With a time zone.
        zone : ZoneInfo
            Whose clock the expression is read by.

        Yields
        ------
        datetime
            In `zone`.
        """
        last = moment
        try:
            for time in CronSim(self.expression, moment.astimezone(zone)):
                if time.astimezone(UTC) > last.astimezone(UTC):
                    last = time
                    yield time
        except (StopIteration, OverflowError):
            return
