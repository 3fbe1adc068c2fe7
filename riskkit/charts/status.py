"""The state of a team's reports: what became of each, how far limits are used, what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, Tile, empty, facts, table, tiles
from riskkit.charts.numbers import SPACE, day, number, percent
from riskkit.charts.use_bar import amount, unit_beside, use_bar
from riskkit.charts.view import View
from riskkit.status import Item, LimitUse, ReportStatus
from riskkit.wording import heading, some

#: Rows of a table; what is left out is counted.
MOST_ROWS = 200
MOST_LIMITS = 40
_MOST_NAMES = 2
_NO_SCHEDULE = (
    "No report is scheduled yet. A file in parameters/ with a schedule defines one, "
    "and `riskkit schedule sync` writes it to the database."
)
_LOOKS = {"done": "rk-ok", "failed": "rk-bad", "running": "rk-calm", "queued": "rk-calm", "due": "rk-calm"}
_VERDICTS = {"PASS": "rk-ok", "WARN": "rk-warn", "BLOCK": "rk-bad"}


def status_headline(result: ReportStatus) -> View:
    """How many reports are there, failed and late, and the limit that is used most."""
    counts, due = result.counts, sum(one.state != "skipped" for one in result.items)
    done, failed, late = (counts.get(name, 0) for name in ("done", "failed", "late"))
    items = [
        Tile("done", "Reports there", number(done), f"of {number(due)}", _blocked(result), float(done)),
        Tile("failed", "Failed", number(failed), "", _named(result.failed) or "none", float(failed)),
        Tile("late", "Late", number(late), "", _named(result.late) or "none", float(late)),
        _fullest(result),
    ]
    under_way = [f"{counts[name]} {name}" for name in ("running", "queued", "due", "skipped") if counts.get(name)]
    span = f"slots of {_span(result)}"
    return View("status_headline", html=tiles(items) + facts([span, *under_way, _seen(result)]), width="tiles")


def status_reports(result: ReportStatus) -> View:
    """One row for each slot and portfolio, what is wrong first."""
    rows = sorted(result.items, key=lambda one: (not one.late, one.state != "failed"))
    title, question = "Reports", f"Slots of {_span(result)}, late and failed ones first."
    if not rows:
        return View("status_reports", title, question, html=empty(_nothing_due(result)))
    columns = [Column(label) for label in ("Report", "State", "Slot", "As of")]
    shown = table(columns, [_report(one) for one in rows[:MOST_ROWS]], caption="Reports and their state")
    return View("status_reports", title, question, html=shown + _left_out(len(rows) - MOST_ROWS, "reports"))


def status_limits(result: ReportStatus) -> View:
    """Each limit with its use as a bar, its soft and its hard bound marked on it; the fullest first."""
    title = "Limits in use"
    question = "Of the latest run of each report and portfolio; the marks on a bar are the soft and the hard limit."
    if not result.limits:
        said = "No run of these days was judged against a limit of one of its figures."
        return View("status_limits", title, question, html=empty(said))
    figures = [Column(label, numeric=True) for label in ("Used", "Figure", "Soft", "Hard")]
    columns = [Column("Limit"), Column(""), *figures, Column("Unit")]
    shown = table(columns, [_limit(one) for one in result.limits[:MOST_LIMITS]], caption="Limits and their use")
    return View("status_limits", title, question, html=shown + _left_out(len(result.limits) - MOST_LIMITS, "limits"))


def status_coming(result: ReportStatus) -> View:
    """The next slots of every schedule."""
    title, question = "Coming slots", "The next of each schedule, by its own clock, with its valuation date."
    if not result.coming:
        return View("status_coming", title, question, html=empty(_NO_SCHEDULE))
    columns = [Column(label) for label in ("Schedule", "Next", "As of", "Then")]
    return View("status_coming", title, question, html=table(columns, _coming(result), caption="Coming slots"))


def _report(one: Item) -> Row:
    what = Markup('{}<span class="rk-detail">{}</span>').format(heading(one.report), one.portfolio)
    asked = Markup('<span class="rk-detail">asked for</span>') if not one.schedule else Markup("")
    slot = Markup('<span class="rk-nowrap">{}</span>{}').format(_moment(one.local), asked)
    return [what, _state(one), Cell(slot, note=f"{one.at:%Y-%m-%d %H:%M} UTC"), _whole(_day(one.as_of))]


def _state(one: Item) -> Cell:
    """A badge in words, and below it what a reader wants to know next."""
    badges = [_badge("late", "rk-warn")] if one.late else []
    badges.append(_badge(one.state, _LOOKS.get(one.state, "rk-calm")))
    if one.verdict is not None:
        badges.append(_badge(one.verdict, _VERDICTS[one.verdict]))
    detail = Markup('<span class="rk-detail">{}</span>').format(" · ".join(_details(one)))
    return Cell(Markup(" ").join(badges) + detail)


def _details(one: Item) -> Iterator[str]:
    if one.state == "running":
        yield f"{one.percent or 0}{SPACE}%" + (f", cell {one.cell}" if one.cell is not None else "")
    if one.late and one.due_by is not None:
        yield f"expected by {one.due_by.astimezone(one.local.tzinfo):%H:%M %Z}"
    if one.failed_cell is not None:
        yield f"cell {one.failed_cell}"
    if one.reason and one.state != "done":
        yield one.reason[:300]
    if one.state == "done" and one.seconds is not None:
        yield f"{one.seconds:.1f}{SPACE}s" + (f", attempt {one.attempt}" if one.attempt > 1 else "")
    elif one.attempt > 1:
        yield f"attempt {one.attempt} of {one.max_attempts}"


def _whole(text: str) -> Markup:
    """Text that does not break."""
    return Markup('<span class="rk-nowrap">{}</span>').format(text)


def _badge(word: str, look: str) -> Markup:
    return Markup('<span class="rk-badge {}">{}</span>').format(look, word)


def _limit(one: LimitUse) -> Row:
    of = Markup('{}<span class="rk-detail">{}/{} · {}, {}</span>').format(
        one.of, one.team, one.book, heading(one.report), day(one.as_of)
    )
    used = "–" if one.utilisation is None else percent(one.utilisation, 0)
    return [
        Cell(of, note=one.sentence),
        Cell(use_bar(one.figure, one.soft, one.hard, one.unit, _VERDICTS.get(one.verdict, "")), look="rk-wide"),
        Cell(used, one.utilisation),
        Cell(amount(one.figure, one.unit), one.figure),
        Cell(amount(one.soft, one.unit), one.soft),
        Cell(amount(one.hard, one.unit), one.hard),
        unit_beside(one.unit),
    ]


def _coming(result: ReportStatus) -> Iterator[Row]:
    for schedule, slots in result.coming:
        said = [] if schedule.enabled else ["paused"]
        said += [slots[0].note] if slots and slots[0].note else []
        name = Markup('{}<span class="rk-detail">{}</span>').format(heading(schedule.name), ", ".join(said))
        if slots:
            first, *rest = slots
            then = ", ".join(f"{slot.local:%d} {slot.local:%b}".lstrip("0") for slot in rest)
            yield [name, _whole(_moment(first.local)), _whole(_day(first.as_of)), _whole(then)]
        else:
            yield [name, "none in 100 days", "", ""]


def _fullest(result: ReportStatus) -> Tile:
    used = next((one for one in result.limits if one.utilisation is not None), None)
    if used is None or used.utilisation is None:
        return Tile("largest_limit_use", "Fullest limit", "–", "", "no run was judged against one")
    note = f"{used.of}, {used.team}/{used.book}"
    return Tile("largest_limit_use", "Fullest limit", percent(used.utilisation, 0), "", note, used.utilisation)


def _blocked(result: ReportStatus) -> str:
    """What their gates said."""
    verdicts = [one.verdict for one in result.items if one.verdict is not None]
    said = [f"{verdicts.count(word)} {word}" for word in ("PASS", "WARN", "BLOCK") if word in verdicts]
    return " · ".join(said) or ("gates were not asked" if result.items else "nothing was due")


def _named(items: tuple[Item, ...]) -> str:
    """The first few, by report and portfolio."""
    return some(list(dict.fromkeys(f"{heading(one.report)} {one.portfolio}" for one in items)), _MOST_NAMES)


def _nothing_due(result: ReportStatus) -> str:
    if not result.coming:
        return _NO_SCHEDULE
    return f"No slot of a schedule lies on {_span(result)}, and nobody asked for a report."


def _span(result: ReportStatus) -> str:
    first, last = result.seen.first, min(result.seen.last, max(result.now.date(), result.seen.first))
    return day(first) if first == last else f"{day(first)} to {day(last)}"


def _seen(result: ReportStatus) -> str:
    return f"seen {day(result.now.date())}, {result.now:%H:%M} UTC"


def _left_out(count: int, what: str) -> Markup:
    return Markup('<p class="rk-sub">and {} more {}</p>').format(number(count), what) if count > 0 else Markup("")


def _moment(local: datetime) -> str:
    return f"{local:%a} {day(local.date())} {local:%H:%M %Z}"


def _day(value: date | None) -> str:
    return "latest" if value is None else day(value)
