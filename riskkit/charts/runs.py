"""The runs of a book: how many stand, a calendar, and a list; on a dashboard days, runs and reports are links."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, Tile, empty, facts, name, table, tiles
from riskkit.charts.numbers import SPACE, day, number, percent
from riskkit.charts.view import View
from riskkit.metric import Metric
from riskkit.status import ReportRuns, SeenRun
from riskkit.wording import heading

#: Rows of the list; what is left out is counted.
MOST_ROWS = 200
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
           "November", "December")  # fmt: skip
_VERDICTS = {"PASS": "rk-ok", "WARN": "rk-warn", "BLOCK": "rk-bad"}
_SIGNS = {"PASS": "✓", "WARN": "!", "BLOCK": "✕"}
_DECIDED = {"approved": "rk-ok", "rejected": "rk-bad", "void": "rk-warn"}
_SHORT = {"expected_shortfall": "ES"}
#: How bad, for the sign of a day with several runs.
_WORST = ("BLOCK", "WARN", "PASS")


def runs_headline(result: ReportRuns) -> View:
    """How many runs count, what their gates said, and what is still to be decided."""
    verdicts, standing = result.verdicts, len(result.standing)
    approved = sum(one.decision is not None and one.decision.decision == "approved" for one in result.standing)
    rejected = sum(one.decision is not None and one.decision.decision == "rejected" for one in result.standing)
    gone = sum(one.standing == "superseded" for one in result.runs)
    warned = verdicts.get("WARN", 0) + verdicts.get("BLOCK", 0)
    passed = f"{verdicts.get('PASS', 0)} PASS"
    items = [
        Tile("runs", "Official runs", number(standing), "", f"{number(gone)} superseded", float(standing)),
        Tile("warned", "Warned or blocked", number(warned), "", passed, float(warned)),
        Tile(
            "approved", "Approved", number(approved), f"of {number(standing)}", f"{rejected} rejected", float(approved)
        ),
        Tile(
            "undecided",
            "To be decided",
            number(len(result.undecided)),
            "",
            _oldest(result),
            float(len(result.undecided)),
        ),
    ]
    return View("runs_headline", html=tiles(items), width="tiles")


def runs_calendar(result: ReportRuns) -> View:
    """The valuation dates, a week a row, each with the worst verdict of its official runs."""
    title, question = "Calendar", "Valuation dates; the sign is the worst verdict of the day's official runs."
    first, last = result.seen.first, result.seen.last
    monday = first - timedelta(days=first.weekday())
    weeks = range((last - monday).days // 7 + 1)
    rows = [[_day_cell(result, monday + timedelta(weeks=week, days=n)) for n in range(7)] for week in weeks]
    grid = Markup("").join(
        Markup("<tr>{}</tr>").format(Markup("").join(Markup("<td>{}</td>").format(one) for one in row)) for row in rows
    )
    head = Markup("").join(Markup('<th scope="col">{}</th>').format(one) for one in _WEEKDAYS)
    shown = Markup(
        '<div class="rk-hscroll" tabindex="0" role="region" aria-label="Calendar of runs"><table class="rk-calendar">'
        '<caption class="rk-hidden">Runs by valuation date</caption><thead><tr>{}</tr></thead><tbody>{}</tbody></table>'
        "</div>"
    ).format(head, grid)
    key = facts([f"{_SIGNS[word]} {word}" for word in _SIGNS] + ["– not judged", "a count: official runs of the day"])
    return View("runs_calendar", title, question, html=_around(result) + shown + key)


def runs_list(result: ReportRuns) -> View:
    """One row a run: what it says, whether it counts, and what was decided."""
    title = "Runs"
    question = f"Valuation dates {day(result.seen.first)} to {day(result.seen.last)}, the latest first."
    if not result.runs:
        return View("runs_list", title, question, html=_choices(result) + empty(_nothing(result)))
    columns = [Column("As of"), Column("Report"), Column("Gates"), Column("Figures", numeric=True), Column("Standing"),
               Column("Decision"), Column("Comments", numeric=True)]  # fmt: skip
    shown = table(columns, [_row(one) for one in result.runs[:MOST_ROWS]], caption="Runs")
    left = len(result.runs) - MOST_ROWS
    more = Markup('<p class="rk-sub">and {} earlier runs</p>').format(number(left)) if left > 0 else Markup("")
    return View("runs_list", title, question, html=_choices(result) + shown + more, data=result.tables)


def badge(word: str, look: str) -> Markup:
    """A word in a coloured pill."""
    return Markup('<span class="rk-badge {}">{}</span>').format(look, word)


def verdict_badge(verdict: str | None) -> Markup:
    """What the gates said."""
    return (
        badge(verdict, _VERDICTS[verdict])
        if verdict in _VERDICTS
        else Markup('<span class="rk-muted">not judged</span>')
    )


def go(move: str, text: str | Markup, label: str = "", *, here: bool = False) -> Markup:
    """A link that moves parameters of a dashboard in place: its script gives it an address. Elsewhere it is text."""
    said = Markup(' aria-label="{}"').format(label) if label else Markup("")
    now = Markup(' aria-current="true"') if here else Markup("")
    return Markup('<a class="rk-go" data-go="{}"{}{}>{}</a>').format(move, said, now, text)


def figure(metric: Metric) -> str:
    """A headline figure with its unit, as a list has room for it."""
    if metric.unit == "fraction":
        return percent(metric.value)
    unit = "" if metric.unit in ("count", "days") else SPACE + metric.unit
    return number(metric.value, 0 if abs(metric.value) >= 1000 or metric.value == int(metric.value) else 2) + unit


def figure_name(metric: str) -> str:
    """What a list calls it.

    >>> figure_name("expected_shortfall"), figure_name("worst_pnl")
    ('ES', 'Worst P&L')
    """
    return _SHORT.get(metric) or heading(metric)


def standing(one: SeenRun) -> Markup:
    """Whether it counts, in words."""
    badges = {
        "official": badge("current", "rk-ok"),
        "superseded": badge("superseded", "rk-calm"),
        "own": badge("not official", "rk-calm"),
    }
    held = badge("on hold", "rk-warn") if one.hold else Markup("")
    why = f"supersedes another: {one.reason}" if one.supersedes else ""
    detail = Markup('<span class="rk-detail">{}</span>').format(why[:160]) if why else Markup("")
    return Markup(" ").join(part for part in (badges[one.standing], held) if part) + detail


def decided(one: SeenRun) -> Markup:
    """What was decided, by whom, and when."""
    made = one.decision
    if made is None:
        return Markup('<span class="rk-muted">{}</span>').format("open" if one.standing == "official" else "–")
    word = "no longer what was decided on" if made.decision == "void" else made.decision
    return Markup('{}<span class="rk-detail">{}, {}</span>').format(
        badge(word, _DECIDED[made.decision]), made.by, day(made.at.date())
    )


def _row(one: SeenRun) -> Row:
    asked = "" if one.slot or not one.official else "asked for"
    made = f"made {day(one.run_at.date())}, {one.run_at:%H:%M} UTC"
    opened = go(
        f"run_id={one.id}", day(one.as_of), f"Open the run of {heading(one.report)} as of {day(one.as_of)}, {made}"
    )
    as_of = Markup('<span class="rk-nowrap">{}</span><span class="rk-detail">{}</span>').format(opened, made)
    report = Markup('{}<span class="rk-detail">{}</span>').format(name(heading(one.report)).text, asked)
    figures = Markup("<br>").join(
        Markup('<span class="rk-muted">{}</span> {}').format(figure_name(one_figure.name), figure(one_figure))
        for one_figure in one.metrics
    )
    exact = one.metrics[0].value if one.metrics else None
    comments = number(one.comments) if one.comments else ""
    return [as_of, Cell(report, note=one.report), verdict_badge(one.verdict), Cell(figures, exact), standing(one),
            decided(one), Cell(comments, float(one.comments))]  # fmt: skip


def _day_cell(result: ReportRuns, when: date) -> Markup:
    if not result.seen.first <= when <= result.seen.last:
        return Markup('<span class="rk-day rk-outside">{}</span>').format(when.day)
    runs = [one for one in result.on(when) if one.standing == "official"]
    number_of = Markup('<time datetime="{}">{}</time>').format(
        when.isoformat(),
        f"{when.day} {_MONTHS[when.month - 1][:3]}" if when.day == 1 or when == result.seen.first else when.day,
    )
    if not runs:
        return Markup('<span class="rk-day">{}</span>').format(number_of)
    verdicts = Counter(one.verdict for one in runs)
    worst = next((word for word in _WORST if verdicts.get(word)), None)
    sign = _SIGNS.get(worst or "", "–")
    count = f"{SPACE}{len(runs)}" if len(runs) > 1 else ""
    said = f"{day(when)}: {len(runs)} official {'run' if len(runs) == 1 else 'runs'}, {worst or 'not judged'}"
    inside = Markup('{}<span class="rk-badge {}" title="{}">{}{}</span>').format(
        number_of, _VERDICTS.get(worst or "", "rk-calm"), said, sign, count
    )
    return Markup('<span class="rk-day">{}</span>').format(go(f"run_id={runs[0].id}", inside, said))


def _around(result: ReportRuns) -> Markup:
    """Ways to the days before and after that have runs."""
    ways = []
    if result.seen.before is not None:
        ways.append(go(f"as_of={_window_end(result.seen.before)}&run_id=", f"‹ up to {_month(result.seen.before)}"))
    if result.seen.after is not None:
        ways.append(go(f"as_of={_window_end(result.seen.after)}&run_id=", f"{_month(result.seen.after)} ›"))
    return Markup('<nav class="rk-navs" aria-label="Other days">{}</nav>').format(Markup(" ").join(ways))


def _choices(result: ReportRuns) -> Markup:
    """Links to the runs of one report, or of all."""
    if len(result.reports) < 2 and not result.spec.report:
        return Markup("")
    wanted = [
        ("", "all reports"),
        *((one, heading(one)) for one in dict.fromkeys((*result.reports, result.spec.report)) if one),
    ]
    links = [go(f"report={key}", shown, here=key == result.spec.report) for key, shown in wanted]
    return Markup('<nav class="rk-navs" aria-label="Reports">{}</nav>').format(Markup(" ").join(links))


def _window_end(when: date) -> str:
    """The last day of its month."""
    return ((when.replace(day=1) + timedelta(days=32)).replace(day=1) - timedelta(days=1)).isoformat()


def _month(when: date) -> str:
    return f"{_MONTHS[when.month - 1]}{SPACE}{when.year}"


def _oldest(result: ReportRuns) -> str:
    if not result.undecided:
        return "none" if result.standing else "no official run"
    return f"the oldest as of {day(result.undecided[-1].as_of)}"


def _nothing(result: ReportRuns) -> str:
    of = f" of {heading(result.spec.report)}" if result.spec.report else ""
    said = f"No run{of} has a valuation date from {day(result.seen.first)} to {day(result.seen.last)}."
    near = [day(one) for one in (result.seen.before, result.seen.after) if one is not None]
    if near:
        return f"{said} The nearest {'are' if len(near) > 1 else 'is'} of {' and '.join(near)}."
    return f"{said} It has none on any other day either: a schedule, or “Run this report” on a dashboard, makes one."
