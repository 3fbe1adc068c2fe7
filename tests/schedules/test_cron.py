"""Five fields, read by a clock that daylight saving moves."""

from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from riskkit.errors import InputError
from riskkit.schedules import Cron

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    "expression",
    ["", "* * * *", "61 * * * *", "@every 1s", "@daily", "a b c d e", "1-99 * * * *", "*/0 * * * *", "* * * * * *",
     "0 0 30 2 *", "* * 31 2 *", "１５ 18 * * *", "0 24 * * *", "0 0 0 * *", "* * * * *", "*/5 * * * *",
     "0,30,45 * * * *"],
)  # fmt: skip
def test_what_is_no_cron_of_five_fields_is_refused(expression):
    with pytest.raises(InputError) as refused:
        Cron(expression)
    assert (refused.value.field, refused.value.value) == ("cron", expression)


@pytest.mark.parametrize(
    ("expression", "start", "expected"),
    [
        ("30 2 * * *", datetime(2026, 3, 7, 12, tzinfo=UTC), ["2026-03-08T03:00-04:00", "2026-03-09T02:30-04:00"]),
        ("30 1 * * *", datetime(2026, 10, 31, 12, tzinfo=UTC), ["2026-11-01T01:30-04:00", "2026-11-02T01:30-05:00"]),
        ("0 18 L * *", datetime(2026, 2, 1, tzinfo=UTC), ["2026-02-28T18:00-05:00", "2026-03-31T18:00-04:00"]),
        ("0 7 * * MON#1", datetime(2026, 3, 1, tzinfo=UTC), ["2026-03-02T07:00-05:00", "2026-04-06T07:00-04:00"]),
    ],
)
def test_gaps_folds_and_month_ends(expression, start, expected):
    found = islice(Cron(expression).after(start, NEW_YORK), len(expected))
    assert [one.isoformat(timespec="minutes") for one in found] == expected


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/London", "Australia/Sydney", "Asia/Tokyo"])
@pytest.mark.parametrize("expression", ["30 1 * * *", "30 2 * * *", "0 3 * * *", "15 18 * * *"])
def test_once_a_day_for_24_years(zone, expression):
    clock, last = ZoneInfo(zone), datetime(2031, 1, 1, tzinfo=UTC)
    days = []
    for time in Cron(expression).after(datetime(2007, 1, 1, 14, tzinfo=UTC), clock):
        if time > last:
            break
        days.append(time.date())
    assert len(days) == len(set(days)) == (days[-1] - days[0]).days + 1
    assert len(days) > 8760


def test_a_leap_day_comes():
    found = next(Cron("0 0 29 2 *").after(datetime(2026, 1, 1, tzinfo=UTC), NEW_YORK))
    assert found.date().isoformat() == "2028-02-29"


@pytest.mark.parametrize(
    ("expression", "times"), [("15 18 * * MON-FRI", 1), ("*/30 * * * *", 48), ("0 */4 1 * *", 6), ("* 9 * * *", 60)]
)
def test_up_to_sixty_times_a_day(expression, times):
    assert Cron(expression).times_a_day == times
