"""What the book would lose in each scenario, and which positions would lose it."""

from __future__ import annotations

import math
from statistics import median
from typing import NamedTuple

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from riskkit.charts.markup import Cell, Column, Row, Tile, bar, empty, facts, name, table, tiles
from riskkit.charts.numbers import SPACE, day, decimals_of, number, percent, scale_of, shortened, signed, true_minus
from riskkit.charts.view import View
from riskkit.scenarios import Shock, StressScenario
from riskkit.stress import StressResult, StressRow

#: Rows of the heat map; the smallest positions of a larger book are summed in one.
MOST_ROWS = 25
#: Shades of look.css from a loss (`rk-heat0`) over nothing to a gain (`rk-heat8`).
HEAT_STEPS = 9
_NONE = "None of the chosen scenarios could be computed for this book on this day."
_EVIDENCE = "rk-muted rk-small rk-source"
_STATUS = {"no_data": "no data", "not_applicable": "not applicable", "ok": ""}
_KINDS = {"kind:equity": "equities", "kind:volatility": "volatilities", "kind:yield": "yields"}


def stress_headline(result: StressResult) -> View:
    """The worst and the median scenario, how many were computed, and the book's value."""
    rows = valued(result)
    items = [*_extremes(result, rows), _coverage(result, rows), _value(result)]
    revaluation = {"full": "full revaluation", "delta_gamma": "delta-gamma approximation"}
    stated = [revaluation.get(result.spec.revaluation, result.spec.revaluation), f"book as of {day(result.as_of)}"]
    return View(
        name="stress_headline",
        html=tiles(items) + facts(["Stress test", *stated]),
        width="tiles",
    )


class Valued(NamedTuple):
    """A scenario that has figures: P&L, its share of gross value, and each position's P&L."""

    scenario: StressScenario
    pnl: float
    fraction: float
    by_position: NDArray[np.float64]
    note: str


def valued(result: StressResult) -> list[Valued]:
    """The scenarios that have figures, the worst first."""
    rows = [
        Valued(row.scenario, row.pnl, row.fraction, row.by_position, row.note)
        for row in result.rows
        if row.pnl is not None and row.fraction is not None and row.by_position is not None
    ]
    return sorted(rows, key=lambda row: row.pnl)


def _extremes(result: StressResult, rows: list[Valued]) -> list[Tile]:
    currency = result.portfolio.base_currency
    if not rows:
        return [Tile("worst_pnl", "Worst scenario, P&L", "–", "", _NONE)]
    decimals, worst = _decimals(result), rows[0]
    middle = float(median(row.pnl for row in rows))
    return [
        Tile(
            "worst_pnl",
            "Worst scenario",
            signed(worst.pnl, decimals),
            currency,
            f"{percent(worst.fraction)} of gross · {shortened(true_minus(worst.scenario.title), 60)}",
            worst.pnl,
        ),
        Tile(
            "median_pnl",
            "Median of the scenarios",
            signed(middle, decimals),
            currency,
            f"{sum(row.pnl < 0 for row in rows)} of {len(rows)} scenarios lose",
            middle,
        ),
    ]


def _coverage(result: StressResult, rows: list[Valued]) -> Tile:
    missing = len(result.rows) - len(rows)
    note = f"{missing} not computed, see the table" if missing else "every chosen scenario"
    return Tile("n_scenarios", "Scenarios computed", number(len(rows)), f"of {len(result.rows)}", note, len(rows))


def _value(result: StressResult) -> Tile:
    decimals = _decimals(result)
    count = len(result.portfolio.positions)
    note = f"net, {number(count)} position{'' if count == 1 else 's'}"
    currency = result.portfolio.base_currency
    return Tile("value", "Portfolio value", number(result.value, decimals), currency, note, result.value)


def stress_scenarios(result: StressResult) -> View:
    """Every scenario's P&L with a bar, what it is and where it comes from; those without a figure say why."""
    rows = valued(result)
    low = min([0.0, *(row.pnl for row in rows)])
    high = max([0.0, *(row.pnl for row in rows)])
    missing = [row for row in result.rows if row.status != "ok"]
    currency = result.portfolio.base_currency
    columns = [
        Column("Scenario"),
        Column(f"P&L, {currency}", numeric=True),
        Column("of gross", numeric=True),
        Column("Loss or gain"),
        Column("Source"),
    ]
    body = [_valued_row(row, low, high, _decimals(result)) for row in rows] + [_missing_row(row) for row in missing]
    return View(
        name="stress_scenarios",
        title="P&L by scenario",
        question=f"P&L of today's book if the scenario happened at once, {currency}; the worst first.",
        html=table(columns, body, caption="P&L by scenario") if body else empty("No scenario was chosen."),
    )


def _valued_row(row: Valued, low: float, high: float, decimals: int) -> Row:
    width = (high - low) or 1.0
    look = "rk-loss" if row.pnl < 0 else "rk-gain"
    return [
        Cell(_title(row.scenario)),
        Cell(signed(row.pnl, decimals), row.pnl, look=look),
        Cell(signed(100 * row.fraction, 2) + SPACE + "%"),
        Cell(bar(row.pnl / width, zero=-low / width, look=look), look="rk-wide"),
        Cell(true_minus(row.scenario.source), look=_EVIDENCE),
    ]


def _missing_row(row: StressRow) -> Row:
    badge = Markup('<span class="rk-badge">{}</span> {}').format(_STATUS[row.status], row.note)
    return [
        Cell(_title(row.scenario)),
        Cell(badge, look="rk-small", span=3),
        Cell(true_minus(row.scenario.source), look=_EVIDENCE),
    ]


def _title(scenario: StressScenario) -> Markup:
    what = Markup('<span class="rk-detail">{}</span>').format(how_made(scenario))
    return (
        Markup('<span title="{}">{}</span>').format(true_minus(scenario.description), true_minus(scenario.title)) + what
    )


def how_made(scenario: StressScenario) -> str:
    """How the scenario is made: replayed days, or shocks."""
    if scenario.window is not None:
        return f"replayed: {day(scenario.window[0])} to {day(scenario.window[1])}"
    shown = ", ".join(f"{shock_target(shock.target)} {shock_size(shock)}" for shock in scenario.shocks[:4])
    return "shocks: " + shown + (", …" if len(scenario.shocks) > 4 else "")


def shock_target(target: str) -> str:
    """Whom a shock meets, as people say it.

    >>> shock_target("kind:equity"), shock_target("currency:USD"), shock_target("SP500")
    ('equities', 'USD', 'SP500')
    """
    return {"kind:fx": "currencies", **_KINDS}.get(target, target.removeprefix("currency:"))


def shock_size(shock: Shock) -> str:
    """A size as people say it: per cent, basis points of a yield, points of a volatility.

    >>> shock_size(Shock("kind:equity", -0.2, "relative")), shock_size(Shock("kind:yield", 0.02, "absolute"))
    ('−20\xa0%', '+200\xa0bp')
    """
    if shock.kind == "relative":
        return (
            signed(100 * shock.size, 0 if math.isclose(100 * shock.size, round(100 * shock.size)) else 1) + SPACE + "%"
        )
    if "yield" in shock.target:
        return signed(10_000 * shock.size) + SPACE + "bp"
    if "vol" in shock.target:
        return signed(100 * shock.size, 0) + SPACE + "points"
    return signed(shock.size, 4)


def stress_by_position(result: StressResult) -> View:
    """Each position's P&L in each scenario: vermilion loses, blue gains, the figure stands in the cell."""
    rows = valued(result)
    currency = result.portfolio.base_currency
    largest = max((float(np.abs(row.by_position).max(initial=0.0)) for row in rows), default=0.0)
    unit, word, _ = scale_of(largest / 10)
    title, question = "P&L by position and scenario", f"{currency} {word}".rstrip()
    if not rows or not len(result.portfolio.positions):
        return View("stress_by_position", title, question + ".", empty(_NONE))
    names, matrix = _largest(result, rows)
    decimals = 0 if unit > 1 and largest / unit >= 100 else 1
    body: list[Row] = [
        [name(label, 28), *(heat_cell(value, unit, largest, decimals) for value in values)]
        for label, values in zip(names, matrix, strict=True)
    ]
    total: Row = [Cell("Portfolio"), *(Cell(signed(row.pnl / unit, decimals), row.pnl) for row in rows)]
    columns = [Column("Position"), *(Column(true_minus(row.scenario.title), numeric=True) for row in rows)]
    return View(
        name="stress_by_position",
        title=title,
        question=question + "; the worst scenario first. Red loses, blue gains; the deeper, the more.",
        html=Markup('<div class="rk-heat">{}</div>').format(
            table(columns, body, total=total, caption="P&L by position and scenario")
        ),
    )


def _largest(result: StressResult, rows: list[Valued]) -> tuple[list[str], NDArray[np.float64]]:
    """Positions (P) x scenarios (S), the largest mover first; what does not fit is summed."""
    matrix = np.stack([np.asarray(row.by_position, float) for row in rows], axis=1)
    names = [position.instrument.symbol for position in result.portfolio.positions]
    order = np.argsort(-np.abs(matrix).max(axis=1), kind="stable")
    if len(order) <= MOST_ROWS:
        return [names[i] for i in order], matrix[order]
    kept, rest = order[: MOST_ROWS - 1], order[MOST_ROWS - 1 :]
    return [*(names[i] for i in kept), f"{len(rest)} others"], np.vstack([matrix[kept], matrix[rest].sum(axis=0)])


def heat_cell(value: float, unit: float, largest: float, decimals: int) -> Cell:
    """A cell coloured in nine steps; the steps are of the square root, so that middling losses show."""
    middle = HEAT_STEPS // 2
    depth = np.sqrt(abs(value) / largest) if largest else 0.0
    step = middle + round(float(np.sign(value) * depth * middle))
    text = signed(value / unit, decimals)
    return Cell(text, value, look=f"rk-heat{step}")


def _decimals(result: StressResult) -> int:
    largest = max((abs(row.pnl) for row in valued(result)), default=0.0)
    return decimals_of(max(abs(result.value), largest), result.portfolio.base_currency)
