"""The slots of past days, by the timetable's own clock."""

from datetime import UTC, date, datetime

import pytest

from riskkit.errors import InputError
from riskkit.schedules import Timetable
from riskkit.scheduling.backfill import past_slots
from riskkit.scheduling.coming import next_slot

DAILY = Timetable("15 18 * * *", "America/New_York", "XNYS")
NOW = datetime(2026, 3, 9, 12, tzinfo=UTC)


def test_both_days_count_whatever_utc_calls_them():
    late = Timetable("30 23 * * *", "America/New_York", "XNYS")
    found = past_slots(late, date(2026, 3, 5), date(2026, 3, 6), NOW)
    assert [f"{one.at:%m-%d %H:%M} {one.as_of}" for one in found] == [
        "03-06 04:30 2026-03-05",
        "03-07 04:30 2026-03-06",
    ]


def test_days_without_a_session_and_slots_to_come_are_left_out():
    found = past_slots(DAILY, date(2026, 3, 6), date(2026, 3, 20), NOW)
    assert [str(one.as_of) for one in found] == ["2026-03-06"]
    midnight = Timetable("0 0 * * *", "Europe/London")
    assert [str(one.local.date()) for one in past_slots(midnight, date(2026, 3, 1), date(2026, 3, 1), NOW)] == [
        "2026-03-01"
    ]


@pytest.mark.parametrize(
    ("first", "last"), [(date(2026, 3, 6), date(2026, 3, 5)), (date(2015, 1, 1), date(2026, 1, 1))]
)
def test_an_empty_range_and_one_too_long(first, last):
    with pytest.raises(InputError) as refused:
        past_slots(DAILY, first, last, NOW)
    assert refused.value.field == "to"


def test_the_next_slot_is_the_next_that_makes_a_report():
    assert str(next_slot(DAILY, datetime(2026, 4, 2, 23, tzinfo=UTC)).as_of) == "2026-04-06"
    yearly = Timetable("0 9 29 2 *", "UTC")
    assert next_slot(yearly, NOW).at == datetime(2028, 2, 29, 9, tzinfo=UTC)
    assert next_slot(DAILY, datetime(2031, 12, 29, 23, 30, tzinfo=UTC)) is not None
    assert next_slot(DAILY, datetime(2031, 12, 31, 23, 30, tzinfo=UTC)) is None, "the calendar ends"
