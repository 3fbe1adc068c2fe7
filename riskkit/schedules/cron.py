"""A cron expression of five fields, read in a time zone as Debian's cron reads it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from riskkit.errors import InputError

_EXPECTED = "five fields: minute hour day-of-month month day-of-week, such as 15 18 * * MON-FRI"


@dataclass(frozen=True)
class Cron:
    """Times of day and days, without a time zone of their own.

    A time that daylight saving skips comes at the first moment after the gap, and one that it repeats comes once:
    the first time. That holds for jobs at fixed hours; `*` in minute or hour means each real one.

    Attributes
    ----------
    expression : str
        Exactly five fields; names (MON, JAN), ranges, steps, `L` for the last day of a month, `FRI#2`.

    Raises
    ------
    InputError
        Field `cron`: another number of fields, a value out of range, or days that never come.

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
        if len(self.expression.split()) != 5 or not self.expression.isascii():
            raise InputError("cron", self.expression, _EXPECTED)
        try:
            first = next(self.after(datetime(2024, 1, 1, tzinfo=UTC), ZoneInfo("UTC")), None)
        except CronSimError as error:
            raise InputError("cron", self.expression, f"{_EXPECTED} ({str(error).lower()})") from error
        if first is None:
            raise InputError("cron", self.expression, "days that exist")

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
