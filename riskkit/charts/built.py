"""What a scenario that somebody builds does to the book, and the library it may become a part of; pieces of a panel."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

import numpy as np
from markupsafe import Markup

from riskkit.charts.factor_stress import factor_moves, odds
from riskkit.charts.markup import Cell, Column, Row, facts, name, table
from riskkit.charts.numbers import SPACE, day, decimals_of, number, percent, shortened, signed, true_minus
from riskkit.charts.stress import how_made
from riskkit.scenarios import StressScenario
from riskkit.stress import FactorStressResult, StressResult, StressRow

#: Positions shown from either end.
_ENDS = 5
_STATUS = {"no_data": "no data", "not_applicable": "does not apply"}


def built_outcome(result: StressResult, plausible: FactorStressResult | None, follow: Collection[str]) -> Markup:
    """P&L of the one scenario of a result, its share of gross, how plausible it is; positions; what follows."""
    row = result.rows[0]
    if row.pnl is None or row.by_position is None or row.fraction is None:
        return Markup('<p class="rk-nothing">{}</p>').format(row.note)
    currency, decimals = result.portfolio.base_currency, _decimals(result, row.pnl)
    look = "rk-loss" if row.pnl < 0 else "rk-gain" if row.pnl > 0 else ""
    head = Markup(
        '<p class="rk-figure-line" role="status"><span class="rk-label">P&amp;L</span> '
        '<b class="{}" data-built="{}">{}</b> <span class="rk-unit">{}</span> '
        '<span class="rk-note">{} of gross value</span></p>'
    ).format(look, repr(row.pnl), signed(row.pnl, decimals), currency, signed(100 * row.fraction, 2) + SPACE + "%")
    parts = [_positions(result, row, decimals)]
    if plausible is not None and follow:
        parts.append(factor_moves(plausible))
    said = [] if plausible is None else _plausibility(plausible, len(follow))
    notes = [row.note] if row.note else []
    return (
        head
        + facts([*said, *notes])
        + Markup('<div class="rk-columns rk-even">{}</div>').format(Markup("").join(parts))
    )


def reverse_outcome(result: FactorStressResult, asked: float) -> Markup:
    """The most plausible way to lose an amount."""
    currency, decimals = result.portfolio.base_currency, _decimals(result, asked)
    said = [
        f"P&L {signed(result.pnl, decimals)} {currency}, {percent(result.fraction)} of gross value",
        *_plausibility(result, 0),
    ]
    return facts(said) + factor_moves(result)


def scenario_library(
    rows: Sequence[StressRow], chosen: Collection[str], currency: str, as_of: date, gross: float
) -> Markup:
    """Every scenario there is: how it is made, whose it is, what it does to this book, and where it comes from."""
    columns = [
        Column("Scenario"),
        Column("Kind"),
        Column("Whose"),
        Column(f"This book on {day(as_of)}, {currency}", numeric=True),
        Column("Source"),
    ]
    body = [_library_row(row, row.scenario.name in chosen, decimals_of(gross, currency)) for row in rows]
    return table(columns, body, caption="Scenario library")


def _library_row(row: StressRow, chosen: bool, decimals: int) -> Row:
    scenario = row.scenario
    title = Markup('<span title="{}">{}</span><span class="rk-detail">{}</span>').format(
        true_minus(scenario.description), shortened(true_minus(scenario.title), 90), how_made(scenario)
    )
    kind = "History" if scenario.window is not None else "Shocks"
    badge = Markup('<span class="rk-badge {}">{}</span>')
    whose = badge.format("rk-ok", "Team’s own") if scenario.own else badge.format("rk-calm", "Shared")
    left_out = Markup("") if chosen else Markup('<span class="rk-detail">not chosen above</span>')
    if row.pnl is None:
        shown = badge.format("", _STATUS.get(row.status, row.status))
        figure = Cell(shown + Markup('<span class="rk-detail rk-wrap">{}</span>').format(row.note) + left_out)
    else:
        look = "rk-loss" if row.pnl < 0 else "rk-gain"
        figure = Cell(Markup("{}").format(signed(row.pnl, decimals)) + left_out, row.pnl, look=look)
    source = Cell(true_minus(scenario.source), look="rk-muted rk-small rk-source")
    return [Cell(title), Cell(kind), Cell(whose), figure, source]


def library_name(scenario: StressScenario) -> str:
    """A scenario in a list to choose from."""
    return shortened(true_minus(scenario.title), 70) + (" (team’s own)" if scenario.own else "")


def _plausibility(result: FactorStressResult, follow: int) -> list[str]:
    given = int(result.factors["given"].sum())
    together = f" of {given} factors together" if given > 1 else ""
    likely = odds(result.probability) if result.probability < 0.5 else "nothing unusual"
    said = [f"{number(result.distance, 1)} deviations{together} over 10 days: {likely}, were moves {result.law}"]
    if follow:
        left = result.standard_deviation or 0.0
        currency = result.portfolio.base_currency
        spread = f"; they leave ±{number(left, decimals_of(result.gross_value, currency))} {currency} open"
        said.append(f"{follow} other factor{'' if follow == 1 else 's'} follow{'s' if follow == 1 else ''}{spread}")
    return said


def _positions(result: StressResult, row: StressRow, decimals: int) -> Markup:
    """The worst and the best positions."""
    pnl = np.asarray(row.by_position, np.float64)
    symbols, order = result.portfolio.symbols, np.argsort(pnl, kind="stable")
    ends = order if len(order) <= 2 * _ENDS else np.concatenate([order[:_ENDS], order[-_ENDS:]])
    columns = [Column("Position, worst first"), Column(f"P&L, {result.portfolio.base_currency}", numeric=True)]
    body: list[Row] = [
        [name(symbols[at], 28), Cell(signed(pnl[at], decimals), float(pnl[at]), look=_look(float(pnl[at])))]
        for at in ends
    ]
    if len(ends) < len(order):
        rest = float(pnl[order[_ENDS:-_ENDS]].sum())
        body.insert(_ENDS, [f"{len(order) - len(ends)} between", Cell(signed(rest, decimals), rest, look="rk-muted")])
    return table(columns, body, caption="P&L by position in the scenario that is being built")


def _look(value: float) -> str:
    return "rk-loss" if value < 0 else "rk-gain" if value > 0 else "rk-muted"


def _decimals(result: StressResult | FactorStressResult, pnl: float) -> int:
    return decimals_of(max(abs(result.gross_value), abs(pnl)), result.portfolio.base_currency)
