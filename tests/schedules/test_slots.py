"""Each trading day has its slot once, as of the session it belongs to."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.schedules import Exchange, Timetable, slots

HOMES = {"XNYS": "America/New_York", "XLON": "Europe/London", "XTKS": "Asia/Tokyo", "XASX": "Australia/Sydney"}
START, END = datetime(2007, 1, 1, tzinfo=UTC), datetime(2030, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize("exchange", HOMES)
def test_a_daily_report_2007_to_2030(exchange):
    """Against plain arithmetic on the sessions: 18:15 by the wall clock of each trading day, and no other time."""
    zone, calendar = ZoneInfo(HOMES[exchange]), Exchange(exchange)
    found = [one for one in slots(Timetable("15 18 * * *", str(zone), exchange), START, END) if one.takes_place]
    days = [START.date() + timedelta(days=n) for n in range(-1, (END - START).days + 2)]
    wall = {day: datetime.combine(day, time(18, 15), zone).astimezone(UTC) for day in days if calendar.session(day)}
    expected = [(at, day) for day, at in wall.items() if START < at <= END]
    assert [(one.at, one.as_of) for one in found] == expected
    assert len(found) > 5800


def test_new_york_in_figures():
    """NYSE's published calendar: 252 sessions in 2024, 250 in 2025; early closes in July, November, December."""
    daily = Timetable("15 18 * * MON-FRI", "America/New_York", "XNYS")
    for year, sessions in ((2024, 252), (2025, 250)):
        found = list(slots(daily, datetime(year, 1, 1, tzinfo=UTC), datetime(year + 1, 1, 1, tzinfo=UTC)))
        taking_place = [one for one in found if one.takes_place]
        assert len(taking_place) == sessions
        assert [one.as_of for one in taking_place if one.note == "early close"] == [
            date(year, 7, 3), date(year, 11, 29 if year == 2024 else 28), date(year, 12, 24)]  # fmt: skip
        assert {one.local.hour for one in taking_place} == {18}
        assert {one.at.hour for one in taking_place} == {22, 23}


def row(timetable, first, last):
    zone = timetable.zone
    found = slots(timetable, datetime.combine(first, time(), zone), datetime.combine(last, time(23, 59), zone))
    return [(f"{one.local:%Y-%m-%d %H:%M}", one.as_of and f"{one.as_of}", one.note) for one in found]


@pytest.mark.parametrize(
    ("roll", "expected"),
    [
        ("skip", [("2026-04-03 18:15", None, "Good Friday")]),
        ("previous", [("2026-04-02 18:15", "2026-04-02", "moved from 2026-04-03: Good Friday")]),
        ("next", [("2026-04-06 18:15", "2026-04-06", "moved from 2026-04-03: Good Friday")]),
    ],
)
def test_a_weekly_slot_on_a_holiday(roll, expected):
    weekly = Timetable("15 18 * * FRI", "America/New_York", "XNYS", roll)
    assert row(weekly, date(2026, 3, 28), date(2026, 4, 9)) == expected


def test_rolling_a_daily_slot_onto_a_session_makes_no_second_one():
    daily = Timetable("15 18 * * *", "America/New_York", "XNYS", "next")
    found = row(daily, date(2026, 4, 1), date(2026, 4, 7))
    assert [one[0][:10] for one in found] == ["2026-04-01", "2026-04-02", "2026-04-06", "2026-04-07"]
    assert [one[2] for one in found] == [""] * 4


@pytest.mark.parametrize("cron", ["0 19 L * *", "0 19 * * *", "0 19 1 * *"])
def test_month_end_is_the_last_session_of_the_month(cron):
    monthly = Timetable(cron, "America/New_York", "XNYS", "month_end")
    found = row(monthly, date(2026, 4, 1), date(2026, 6, 30))
    assert [one[1] for one in found] == ["2026-04-30", "2026-05-29", "2026-06-30"]


def test_as_of_rules():
    morning = ("0 7 * * MON-FRI", "America/New_York", "XNYS")
    assert row(Timetable(*morning), date(2026, 7, 6), date(2026, 7, 6)) == [
        ("2026-07-06 07:00", "2026-07-02", "before the close of 2026-07-06")
    ]
    assert row(Timetable(*morning, as_of="previous_close"), date(2026, 7, 6), date(2026, 7, 6)) == [
        ("2026-07-06 07:00", "2026-07-02", "")
    ]
    half_day = Timetable("30 13 * * *", "America/New_York", "XNYS")
    assert row(half_day, date(2026, 11, 27), date(2026, 11, 27)) == [("2026-11-27 13:30", "2026-11-27", "early close")]


def test_without_a_calendar_every_day_counts_as_of_the_day_before():
    daily = Timetable("0 1 * * *", "Europe/London")
    assert row(daily, date(2026, 7, 4), date(2026, 7, 5)) == [
        ("2026-07-04 01:00", "2026-07-03", ""), ("2026-07-05 01:00", "2026-07-04", "")
    ]  # fmt: skip


@given(
    cron=st.sampled_from(["15 18 * * *", "30 1 * * *", "0 9 L * *", "0 9 15 * *", "45 23 * * FRI", "0 6,18 * * MON"]),
    exchange=st.sampled_from(sorted(HOMES)),
    roll=st.sampled_from(["skip", "previous", "next", "month_end"]),
    start=st.datetimes(datetime(2007, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC)),
    cut=st.integers(1, 60),
)
@settings(max_examples=60, deadline=None)
def test_looking_twice_finds_what_looking_once_does(cron, exchange, roll, start, cut):
    timetable = Timetable(cron, HOMES[exchange], exchange, roll)
    middle, end = start + timedelta(days=cut), start + timedelta(days=70)
    whole = list(slots(timetable, start, end))
    assert list(slots(timetable, start, middle)) + list(slots(timetable, middle, end)) == whole
    moments = [one.at for one in whole]
    assert moments == sorted(set(moments))
    assert all(one.as_of is None or Exchange(exchange).session(one.as_of) for one in whole)


@pytest.mark.parametrize(
    ("field", "changed"),
    [
        ("cron", {"cron": "15 18 * *"}), ("timezone", {"timezone": "Mars/X"}), ("timezone", {"timezone": "EST5"}),
        ("timezone", {"timezone": "../etc/passwd"}), ("calendar", {"calendar": "MOON"}), ("roll", {"roll": "back"}),
        ("as_of", {"as_of": "now"}), ("roll", {"calendar": None, "roll": "next"}),
    ],
)  # fmt: skip
def test_bad_timetables_name_their_field(field, changed):
    good = {"cron": "15 18 * * *", "timezone": "America/New_York", "calendar": "XNYS"}
    with pytest.raises(InputError) as refused:
        Timetable(**good | changed)
    assert refused.value.field == field
