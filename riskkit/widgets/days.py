"""Which days there are data for: a sentence, a step to the one before and after, and the month of the day shown."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from calendar import Calendar as Month
from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from riskkit.charts.numbers import day

_SPAN = Markup("Data from {} to {}; a day without any, such as a holiday, shows the last day before it.")
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def days_line(days: Sequence[date], shown: date | None, parameter: str) -> Markup:
    """What the calendar beside it cannot mark: the days with data, each a link that shows it in place.

    Parameters
    ----------
    days : sequence of date
        With data, ascending; for none there is nothing to say.
    shown : date or None
        The day that the page shows.
    parameter : str
        What a link moves.
    """
    if not days:
        return Markup("")
    span = _SPAN.format(day(days[0]), day(days[-1]))
    if shown is None:
        return Markup('<p class="rk-sub">{}</p>').format(span)
    before, after = bisect_left(days, shown) - 1, bisect_right(days, shown)
    steps = Markup(" ").join(
        _link(days[i], parameter, sign.format(day(days[i])))
        for i, sign in ((before, "← {}"), (after, "{} →"))
        if 0 <= i < len(days)
    )
    return Markup(
        '<p class="rk-sub">{} <span class="rk-steps-of-days">{}</span></p>'
        '<details class="rk-days-of"><summary>Days with data in {}</summary>{}</details>'
    ).format(span, steps, _month_name(shown), _month(days, shown, parameter))


def _month(days: Sequence[date], shown: date, parameter: str) -> Markup:
    """The month of the day shown, a week a row; the months before and after begin where they have data."""
    first = shown.replace(day=1)
    i, j = bisect_left(days, first), bisect_left(days, (first + timedelta(days=32)).replace(day=1))
    there = set(days[i:j])
    weeks = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(_cell(one, shown, there, parameter) for one in week))
        for week in Month().monthdatescalendar(shown.year, shown.month)
    )
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(one) for one in _WEEKDAYS)
    around = Markup(" ").join(_link(days[k], parameter, _month_name(days[k])) for k in (i - 1, j) if 0 <= k < len(days))
    return Markup(
        '<table class="rk-calendar"><caption class="rk-hidden">Days with data in {}</caption><thead><tr>{}</tr></thead>'
        '<tbody>{}</tbody></table><p class="rk-sub">A day in a frame has data. {}</p>'
    ).format(_month_name(shown), head, weeks, around)


def _cell(one: date, shown: date, there: set[date], parameter: str) -> Markup:
    if one.month != shown.month:
        return Markup("<td></td>")
    if one not in there:
        return Markup('<td><span class="rk-day" title="no data">{}</span></td>').format(one.day)
    return Markup('<td><span class="rk-day">{}</span></td>').format(
        _link(one, parameter, str(one.day), now=one == shown)
    )


def _link(to: date, parameter: str, text: str, *, now: bool = False) -> Markup:
    """Moves the page in place on a dashboard; elsewhere it is text."""
    mark = Markup(' aria-current="true"') if now else Markup("")
    made = Markup('<a class="rk-go" data-go="{}={}" title="{}"{}>{}</a>')
    return made.format(parameter, to.isoformat(), day(to), mark, text)


def _month_name(one: date) -> str:
    return f"{one:%B %Y}"
