"""The days with data: which are marked, what is beside the day shown, and where a link leads."""

import re
from datetime import date

from riskkit.widgets.days import days_line

DAYS = [date(2022, 11, 30), date(2022, 12, 1), date(2022, 12, 2), date(2022, 12, 27), date(2023, 1, 3)]


def moves(html):
    return re.findall(r'data-go="as_of=(\S+?)"', str(html))


def test_every_day_with_data_of_the_month_is_a_link_and_no_other():
    html = days_line(DAYS, date(2022, 12, 2), "as_of")
    month = str(html).partition("<tbody>")[2].partition("</tbody>")[0]
    assert moves(month) == ["2022-12-01", "2022-12-02", "2022-12-27"]
    assert month.count("no data") == 31 - 3
    assert re.findall(r'aria-current="true">(\d+)<', month) == ["2"]


def test_one_steps_to_the_day_before_and_after_also_from_a_day_without_data():
    assert moves(days_line(DAYS, date(2022, 12, 2), "as_of"))[:2] == ["2022-12-01", "2022-12-27"]
    assert moves(days_line(DAYS, date(2022, 12, 20), "as_of"))[:2] == ["2022-12-02", "2022-12-27"]
    assert moves(days_line(DAYS, DAYS[0], "as_of"))[0] == "2022-12-01", "there is none before the first"


def test_the_months_beside_begin_where_they_have_data():
    assert moves(days_line(DAYS, date(2022, 12, 2), "as_of"))[-2:] == ["2022-11-30", "2023-01-03"]


def test_no_days_are_nothing_to_say():
    assert days_line([], None, "as_of") == ""
    assert "Data from 30\xa0Nov\xa02022" in days_line(DAYS, None, "as_of")
