"""Every session of 24 years at four exchanges, by two sources that do not know each other."""

from datetime import UTC, date, datetime, timedelta

import holidays
import pytest

from riskkit.errors import InputError
from riskkit.schedules import Exchange

#: The Tokyo exchange stood still on that day for a fault of its system: no holiday calendar has it.
OUTAGES = {("XTKS", date(2020, 10, 1))}
DAYS = [date(2007, 1, 1) + timedelta(days=n) for n in range((date(2031, 1, 1) - date(2007, 1, 1)).days)]


@pytest.mark.parametrize(
    ("exchange", "other"), [("XNYS", "XNYS"), ("XLON", "XLON"), ("XTKS", "XJPX"), ("XASX", "XASX")]
)
def test_sessions_2007_to_2030_agree_with_the_package_holidays(exchange, other):
    calendar = Exchange(exchange)
    closed = holidays.financial_holidays(other, years=range(2007, 2031))
    differing = {
        (exchange, day)
        for day in DAYS
        if (calendar.session(day) is not None) != (day.weekday() < 5 and day not in closed)
    }
    assert differing == {one for one in OUTAGES if one[0] == exchange}


@pytest.mark.parametrize("exchange", ["XNYS", "XLON"])
def test_half_days_2007_to_2030_agree_with_the_package_holidays(exchange):
    calendar = Exchange(exchange)
    half = holidays.financial_holidays(exchange, years=range(2007, 2031), categories=("half_day",))
    early = {day for day in DAYS if (session := calendar.session(day)) and session.early}
    assert early == {day for day in half if calendar.session(day)}
    assert len(early) > 40


def test_closes_are_by_the_exchange_own_clock():
    new_york = Exchange("XNYS")
    assert new_york.session(date(2026, 1, 5)).close == datetime(2026, 1, 5, 21, tzinfo=UTC)
    assert new_york.session(date(2026, 7, 6)).close == datetime(2026, 7, 6, 20, tzinfo=UTC)
    assert new_york.session(date(2026, 11, 27)).close == datetime(2026, 11, 27, 18, tzinfo=UTC)


def test_neighbours_and_month_ends():
    new_york = Exchange("XNYS")
    assert new_york.previous(date(2026, 7, 6)) == date(2026, 7, 2)
    assert new_york.following(date(2026, 7, 2)) == date(2026, 7, 6)
    assert new_york.last_of_month(date(2026, 5, 4)) == date(2026, 5, 29)  # the 30th and 31st are a weekend
    assert new_york.last_closed(datetime(2026, 7, 6, 19, 59, tzinfo=UTC)) == date(2026, 7, 2)
    assert new_york.last_closed(datetime(2026, 7, 6, 20, 0, tzinfo=UTC)) == date(2026, 7, 6)


def test_why_it_is_closed():
    new_york = Exchange("XNYS")
    assert new_york.closed_for(date(2026, 7, 4)) == "weekend"
    assert new_york.closed_for(date(2026, 4, 3)) == "Good Friday"
    assert new_york.closed_for(date(2012, 10, 29)) == "closed by special notice"  # the hurricane Sandy


def test_an_unknown_exchange_and_a_day_out_of_reach():
    with pytest.raises(InputError, match="XNYS, XLON") as refused:
        Exchange("NYSE2")
    assert (refused.value.field, refused.value.value) == ("calendar", "NYSE2")
    with pytest.raises(InputError, match="2000-01-03 to 2031-12-31"):
        Exchange("XNYS").session(date(2050, 1, 3))
