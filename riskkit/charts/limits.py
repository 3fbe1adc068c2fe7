"""The limits of a book: how far each is used, now and before, what was breached, and who set them."""

from __future__ import annotations

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, Tile, empty, facts, table, tiles
from riskkit.charts.numbers import day, days, number, percent
from riskkit.charts.use_bar import LOOKS, amount, state_badge, unit_beside, use_bar, use_strip
from riskkit.charts.view import View
from riskkit.gates import named
from riskkit.limits import Breach, LimitReview, LimitVersion, Use
from riskkit.wording import heading, some

#: Rows of a table; what is left out is counted, and in the downloads.
MOST_USES = 60
MOST_STRIPS = 20
MOST_BREACHES = 40
MOST_VERSIONS = 60
_MOST_NAMES = 2
_NO_LIMIT = (
    "This portfolio has no limit in force on this day. An approver of its team sets one on the live page, or with "
    "`riskkit limits set`."
)


def limit_headline(result: LimitReview) -> View:
    """How many limits are kept, how many are not, and which is used most."""
    counts, waiting = result.counts, len(result.open)
    items = [
        Tile("limits_breach", "In breach", number(counts["breach"]), f"of {number(len(result.uses))}",
             _names(result, "breach") or "no hard limit is exceeded", float(counts["breach"])),
        Tile("limits_warn", "Warned", number(counts["warn"]), "", _names(result, "warn") or "no soft limit is exceeded",
             float(counts["warn"])),
        _fullest(result),
        Tile("open_breaches", "Not acknowledged", number(waiting), "",
             "breaches that wait for an approver's word" if waiting else "no breach waits", float(waiting)),
    ]  # fmt: skip
    judged = sorted({run.as_of for run in result.facts.runs})
    span = f"{days(len(judged))} with runs, {day(judged[0])} to {day(judged[-1])}" if judged else "no run was judged"
    unknown = f"{counts['not judged']} not judged yet" if counts["not judged"] else ""
    return View("limit_headline", html=tiles(items) + facts([f"limits of {day(result.facts.as_of)}", span, unknown]),
                width="tiles")  # fmt: skip


def limit_uses(result: LimitReview) -> View:
    """Each limit in force with its latest figure, its bounds, and its use as a bar; the worst first."""
    title = "Limits in force"
    question = "The latest official figure against the bounds that hold now; the marks on a bar are soft and hard."
    if not result.uses:
        return View("limit_uses", title, question, html=empty(_NO_LIMIT))
    figures = [Column(label, numeric=True) for label in ("Figure", "Soft", "Hard")]
    columns = [Column("Limit"), Column("State"), Column("Used", numeric=True), Column(""), *figures, Column("Unit")]
    shown = table(columns, [_use(one) for one in result.uses[:MOST_USES]], caption="Limits in force and their use")
    return View("limit_uses", title, question, html=shown + _left_out(len(result.uses) - MOST_USES, "limits"))


def limit_history(result: LimitReview) -> View:
    """Each limit's use day by day: one thin bar a day, the line is the whole limit."""
    title = "Use through time"
    question = "One bar a day with an official run, by the bounds that held then; the line is the limit."
    known = [one for one in result.uses if one.before]
    if not known:
        return View(
            "limit_history", title, question, html=empty("No official run has been judged by these limits yet.")
        )
    numbers = [Column(label, numeric=True) for label in ("Highest", "Days beyond soft", "Days in breach")]
    shown = table(
        [Column("Limit"), Column("Use by day"), *numbers],
        [_strip(one) for one in known[:MOST_STRIPS]],
        caption="Use of limits by day",
    )
    return View("limit_history", title, question, html=shown + _left_out(len(known) - MOST_STRIPS, "limits"))


def limit_breaches(result: LimitReview) -> View:
    """Every bound that a run exceeded, and what an approver said of it; the latest first."""
    title = "Bounds exceeded"
    question = "By official runs, the latest first; a breach is of a hard limit, and an approver says why it stands."
    if not result.breaches:
        said = "No official run of these days exceeded a limit." if result.facts.runs else "No run has been judged yet."
        return View("limit_breaches", title, question, html=empty(said))
    numbers = [Column(label, numeric=True) for label in ("Figure", "Bound", "Used")]
    columns = [Column("Day"), Column("Limit"), Column("State"), *numbers, Column("Unit"), Column("What was said")]
    shown = table(columns, [_breach(one) for one in result.breaches[:MOST_BREACHES]], caption="Bounds exceeded")
    left = _left_out(len(result.breaches) - MOST_BREACHES, "of earlier days")
    return View("limit_breaches", title, question, html=shown + left)


def limit_versions(result: LimitReview) -> View:
    """Every version of every limit: what it was, from when to when, and who set it."""
    title, question = (
        "History of the limits",
        "Every version, the newest of each first; a change ends one and begins the next.",
    )
    versions = [one for several in result.histories for one in several]
    if not versions:
        return View("limit_versions", title, question, html=empty("This portfolio has never had a limit."))
    numbers = [Column(label, numeric=True) for label in ("Soft", "Hard")]
    columns = [
        Column("Limit"),
        Column("From"),
        Column("Until"),
        *numbers,
        Column("Unit"),
        Column("Set"),
        Column("Ended"),
    ]
    shown = table(columns, [_version(one) for one in versions[:MOST_VERSIONS]], caption="Versions of limits")
    return View("limit_versions", title, question, html=shown + _left_out(len(versions) - MOST_VERSIONS, "versions"))


def _use(one: Use) -> Row:
    limit = one.version.limit
    when = (
        f"{heading(one.report)}, {day(one.as_of)}" if one.as_of else f"since {day(one.version.valid_from)}, no run yet"
    )
    bar = use_bar(one.figure or 0.0, limit.soft, limit.hard, limit.unit, LOOKS[one.state])
    return [
        Cell(_what(one.of, when), note=one.version.note),
        Cell(state_badge(one.state)),
        Cell(_share(one.utilisation), one.utilisation),
        Cell(bar, look="rk-wide"),
        Cell(amount(one.figure, limit.unit), one.figure),
        Cell(amount(limit.soft, limit.unit), limit.soft),
        Cell(amount(limit.hard, limit.unit), limit.hard),
        unit_beside(limit.unit),
    ]


def _strip(one: Use) -> Row:
    unit = one.version.limit.unit
    points = [
        (f"{day(point.as_of)}: {amount(point.figure, unit)}, {_share(point.utilisation)}, {point.state}",
         point.utilisation, point.state)
        for point in one.before
    ]  # fmt: skip
    known = [point.utilisation for point in one.before if point.utilisation is not None]
    highest = max(known, default=None)
    beyond, breached = (
        sum(point.state in states for point in one.before) for states in (("warn", "breach"), ("breach",))
    )
    spoken = f"{one.of}: {days(len(points))}, highest use {_share(highest)}, {breached} in breach."
    return [
        Cell(_what(one.of, f"{heading(one.report)}, {days(len(points))}")),
        Cell(use_strip(points, spoken), look="rk-wide rk-through"),
        Cell(_share(highest), highest),
        Cell(number(beyond), float(beyond)),
        Cell(number(breached), float(breached)),
    ]


def _breach(one: Breach) -> Row:
    said = one.acknowledgement
    more = f", and {number(one.parts - 1)} more" if one.parts > 1 else ""
    words = Markup('<span class="rk-muted">{}</span>').format("nobody yet" if one.open else "–")
    if said is not None:
        words = Markup('{}<span class="rk-detail">{} · {:%Y-%m-%d %H:%M} UTC</span>').format(
            said.reason, said.by or "the service", said.at
        )
    return [
        Cell(Markup('<span class="rk-nowrap">{}</span>').format(day(one.run.as_of))),
        Cell(_what(one.worst.of + more, f"{heading(one.run.report)}, run {one.run.id[:8]}")),
        Cell(state_badge(one.state)),
        Cell(amount(one.worst.figure, one.worst.unit), one.worst.figure),
        Cell(amount(one.bound, one.worst.unit), one.bound),
        Cell(_share(one.utilisation), one.utilisation),
        unit_beside(one.worst.unit),
        Cell(words, look="rk-said"),
    ]


def _version(one: LimitVersion) -> Row:
    limit = one.limit
    what = named(limit) + (f" of each {limit.scope}" if limit.scope_value == "*" else "")
    ended = "" if one.valid_to is None else _signed(one.ended_by, f"{one.ended_at:%Y-%m-%d}" if one.ended_at else "")
    return [
        Cell(_what(what, one.note)),
        Cell(_whole(day(one.valid_from))),
        Cell("in force" if one.valid_to is None else _whole(day(one.valid_to))),
        Cell(amount(limit.soft, limit.unit), limit.soft),
        Cell(amount(limit.hard, limit.unit), limit.hard),
        unit_beside(limit.unit),
        Cell(_signed(one.set_by, f"{one.set_at:%Y-%m-%d}")),
        Cell(ended),
    ]


def _signed(who: str, when: str) -> Markup:
    return Markup('{}<span class="rk-detail">{}</span>').format(who or "the service", when)


def _fullest(result: LimitReview) -> Tile:
    known = [one for one in result.uses if one.utilisation is not None]
    if not known:
        return Tile("largest_limit_use", "Fullest limit", "–", "", "no figure is known")
    most = max(known, key=lambda one: one.utilisation or 0.0)
    return Tile("largest_limit_use", "Fullest limit", _share(most.utilisation), "", most.of, most.utilisation)


def _names(result: LimitReview, state: str) -> str:
    return some(list(dict.fromkeys(one.of for one in result.uses if one.state == state)), _MOST_NAMES)


def _what(name: str, detail: str) -> Markup:
    return Markup('<span class="rk-what">{}</span><span class="rk-detail">{}</span>').format(name, detail)


def _whole(text: str) -> Markup:
    return Markup('<span class="rk-nowrap">{}</span>').format(text)


def _share(used: float | None) -> str:
    return "–" if used is None else percent(used, 0)


def _left_out(count: int, what: str) -> Markup:
    return Markup('<p class="rk-sub">and {} more {}</p>').format(number(count), what) if count > 0 else Markup("")
