"""Are the prices fit for a report? Factors worst first, each fault, and what a report does with it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, Tile, empty, facts, table, tiles
from riskkit.charts.numbers import day, days, move, number, percent, signed, true_minus
from riskkit.charts.view import View
from riskkit.quality import FactorQuality, Fault, MarketDataQuality
from riskkit.wording import some

#: Rows of a table; what is left out is counted, and in the downloads.
MOST_FACTORS = 100
MOST_FAULTS = 100
_MOST_NAMES = 2
_STATES = {
    "refused": ("rk-bad", "✕"),
    "blocked": ("rk-bad", "✕"),
    "warned": ("rk-warn", "▲"),
    "odd": ("rk-calm", "●"),
    "no fault": ("rk-ok", "✓"),
}
_KINDS = {
    "missing": "missing",
    "unchanged": "unchanged",
    "outlier": "outlier",
    "split": "like a split",
    "impossible": "impossible level",
    "repeated": "repeated",
}

_FACTOR_KINDS = {"fx": "exchange rate"}


def quality_headline(result: MarketDataQuality) -> View:
    """How many factors have a fault, what keeps a report from being made, how old and how whole the prices are."""
    stopped = result.count("refused") + result.count("blocked")
    ages = [one for one in result.factors if one.age is not None]
    oldest = max(ages, key=lambda one: one.age or 0, default=None)
    least = min(result.factors, key=lambda one: one.coverage, default=None)
    items = [
        Tile("factors_faulty", "With a fault", number(len(result.faulty)), f"of {number(len(result.factors))}",
             _names(result.faulty) or "no fault found", float(len(result.faulty))),
        Tile("factors_stopped", "Stop a report", number(stopped), "",
             _names(tuple(one for one in result.factors if one.state in ("refused", "blocked"))) or "none",
             float(stopped)),
        Tile("oldest_price", "Oldest price", "–" if oldest is None else days(oldest.age or 0), "",
             f"of trading, {oldest.name}" if oldest and oldest.age else "every price is of the last day",
             None if oldest is None else float(oldest.age or 0)),
        Tile("least_coverage", "Least covered", "–" if least is None else percent(least.coverage, 1), "",
             "" if least is None or least.coverage == 1.0 else least.name, None if least is None else least.coverage),
    ]  # fmt: skip
    window = result.calendar
    span = f"{days(len(window))} of trading, {day(window[0].item())} to {day(window[-1].item())}" if len(window) else ""
    of = "factors of the team" if result.spec.factors == "team" else "factors of the portfolio"
    return View("quality_headline", html=tiles(items) + facts([of, span]), width="tiles")


def quality_factors(result: MarketDataQuality) -> View:
    """Each factor with its days, its last price and what a report does with it; the worst first."""
    title = "Factors, the worst first"
    question = (
        "Each strip is the window: blue is a price, a gap is missing, amber unchanged, red far out or impossible."
    )
    if not result.factors:
        said = "The portfolio holds nothing on this day whose value depends on a price."
        return View("quality_factors", title, question, html=empty(said))
    columns = [Column("Factor"), Column("State"), Column("Days"), Column("Covered", numeric=True), Column("Last price"),
               Column("What a report does with it")]  # fmt: skip
    shown = table(columns, [_factor(one) for one in result.factors[:MOST_FACTORS]], caption="Factors by quality")
    return View(
        "quality_factors", title, question, html=shown + _left_out(len(result.factors) - MOST_FACTORS, "factors")
    )


def quality_faults(result: MarketDataQuality) -> View:
    """Every fault with its days, its size and where the price comes from."""
    title = "Every fault"
    question = "Days are of the calendar; σ are robust standard deviations from the median change of the window."
    found = [(one, fault) for one in result.factors for fault in _worst_first(one)]
    if not found:
        return View("quality_faults", title, question, html=empty("No fault found."))
    numbers = [Column(label, numeric=True) for label in ("Change", "σ")]
    columns = [Column("Factor"), Column("Fault"), Column("When"), *numbers, Column("Source")]
    shown = table(columns, [_fault(one, fault) for one, fault in found[:MOST_FAULTS]], caption="Faults of prices")
    return View("quality_faults", title, question, html=shown + _left_out(len(found) - MOST_FAULTS, "faults"))


def _factor(one: FactorQuality) -> Row:
    look, sign = _STATES[one.state]
    badge = Markup('<span class="rk-badge {}"><span aria-hidden="true">{}</span> {}</span>').format(
        look, sign, one.state
    )
    kind = _FACTOR_KINDS.get(one.factor.kind, one.factor.kind) if one.factor else "not known"
    needs = f", for {some(one.needed_by, _MOST_NAMES)}" if one.needed_by and one.needed_by != (one.name,) else ""
    last = "never" if one.last is None else day(one.last)
    age = "" if one.age is None else "current" if one.age == 0 else f"{days(one.age)} of trading old"
    does = [
        *(said.removeprefix(f"{one.name}: ") for said in one.handling.said),
        *([f"Gate: {one.handling.gate}"] if one.handling.gate else []),
    ]
    if not does:
        does = ["Used as it is; no gate looks at this." if one.faults else "Used as it is."]
    return [
        Cell(_what(one.name, kind + needs)),
        Cell(badge),
        Cell(_strip(one), look="rk-wide"),
        Cell(percent(one.coverage, 1), one.coverage),
        Cell(_whole(last, age)),
        Cell(true_minus(" ".join(does)), look="rk-small rk-said"),
    ]


def _fault(one: FactorQuality, fault: Fault) -> Row:
    when = day(fault.first) if fault.first == fault.last else f"{day(fault.first)} to {day(fault.last)}"
    count = days(fault.days) if fault.days > 1 else ""
    size = fault.size if fault.kind in ("outlier", "split") else None
    return [
        Cell(_what(fault.factor, "")),
        Cell(_whole(_KINDS[fault.kind], fault.note)),
        Cell(_whole(when, count)),
        Cell("–" if size is None else _change(one, size), size),
        Cell("–" if fault.score is None else number(fault.score, 1), fault.score),
        Cell(one.factor.source if one.factor else "", look="rk-small rk-source"),
    ]


def _strip(one: FactorQuality) -> Markup:
    """The window day by day, equal days as one bar; a missing day is a gap with a line through it."""
    bars, begin = Markup(""), 0
    for state, group in groupby(one.days):
        count = len(list(group))
        low = state in ("missing", "before")
        bars += Markup('<rect class="rk-day-{}" x="{}" y="{}" width="{}" height="{}"/>').format(
            state, begin, 0.42 if low else 0, count, 0.16 if low else 1
        )
        begin += count
    said = ", ".join(f"{number(one.days.count(state))} {state}" for state in dict.fromkeys(one.days))
    return Markup(
        '<svg class="rk-strip rk-days" role="img" aria-label="{}" viewBox="0 0 {} 1" preserveAspectRatio="none">'
        "<title>{}</title>{}</svg>"
    ).format(f"{one.name}: days {said}", max(len(one.days), 1), f"Days: {said}", bars)


def _worst_first(one: FactorQuality) -> Iterator[Fault]:
    yield from sorted(one.faults, key=lambda fault: (-abs(fault.score or 0.0), -fault.days, fault.first))


def _change(one: FactorQuality, size: float) -> str:
    """A change in the unit in which its factor is quoted."""
    factor = one.factor
    return signed(size, 4) if factor is None else move(size, factor.kind, absolute=factor.return_type == "absolute")


def _names(factors: tuple[FactorQuality, ...]) -> str:
    return some([one.name for one in factors], _MOST_NAMES)


def _what(name: str, detail: str) -> Markup:
    return Markup('<span class="rk-what">{}</span><span class="rk-detail">{}</span>').format(name, detail)


def _whole(text: str, detail: str) -> Markup:
    """As `_what`, of words and days that stay in one piece."""
    return Markup('<span class="rk-nowrap">{}</span><span class="rk-detail">{}</span>').format(text, detail)


def _left_out(count: int, what: str) -> Markup:
    return Markup('<p class="rk-sub">and {} more {}</p>').format(number(count), what) if count > 0 else Markup("")
