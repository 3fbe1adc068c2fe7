"""What VaR does not say: other measures of the tail, the past of today's book, and the ratios of the figures."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, empty, table
from riskkit.charts.numbers import SPACE, days, decimals_of, number, percent
from riskkit.charts.view import View
from riskkit.var import VarResult

_TAIL = {
    "spectral": "Spectral measure",
    "expectile": "Expectile",
    "pareto_var": "VaR by a Pareto tail",
    "pareto_es": "Expected shortfall by a Pareto tail",
    "pareto_shape": "Shape of that tail",
}
_PAST = {
    "volatility": ("Volatility", "a year"),
    "downside_deviation": ("Downside deviation", "a year, below zero"),
    "maximum_drawdown": ("Maximum drawdown", "from a peak of the summed P&L"),
    "sharpe_ratio": ("Sharpe ratio", "a year, against no return"),
    "sortino_ratio": ("Sortino ratio", "a year, against no return"),
}
#: Title of each ratio, and whether it reads as per cent.
_RATIOS = {
    "var_to_gross_value": ("VaR / gross value", True),
    "expected_shortfall_to_gross_value": ("ES / gross value", True),
    "expected_shortfall_to_var": ("ES / VaR", False),
    "var_to_standard_deviation": ("VaR / standard deviation", False),
    "largest_component_to_var": ("Largest component / VaR", True),
}


def beyond_var(result: VarResult) -> View:
    """Spectral measure, expectile, Pareto tail, volatility, drawdown, Sharpe and Sortino, and the figures' ratios."""
    if not result.portfolio.positions:
        return View(name="beyond_var", title="Beyond VaR", html=empty("This book has no positions on this day."))
    measures = [*_tail(result), *_past(result)]
    left = [Column("Measure"), Column("Value", numeric=True)]
    right = [Column("Ratio"), Column("Value", numeric=True)]
    tables = [
        table(left, measures, caption="Other measures of the same P&L") if measures else Markup(),
        table(right, list(_ratios(result)), caption="Ratios of the figures"),
    ]
    shown = Markup('<div class="rk-columns">{}{}</div>').format(*tables) if measures else tables[1]
    return View(name="beyond_var", title="Beyond VaR", question=_question(result), html=shown)


def _question(result: VarResult) -> str:
    """What is here, and why the rest is not."""
    if result.pnl is None:
        return "Ratios of the figures; other measures need scenarios, and the parametric method has none."
    if result.scenario_weights is not None:
        return "Ratios of the figures; other measures need scenarios that count the same."
    past = f", and the past {days(result.n_scenarios)} of today's book" if _has_days(result) else ""
    return f"Other measures of the same P&L{past}; losses positive."


def _has_days(result: VarResult) -> bool:
    spec = result.spec
    return spec.method == "historical" and spec.historical.weighting == "plain" and spec.step_days == 1


def _tail(result: VarResult) -> Iterator[Row]:
    if result.pnl is None or result.scenario_weights is not None:
        return
    for row in result.beyond_var().itertuples(index=False):
        yield _row(result, _TAIL[str(row.figure)], str(row.note), row.value, str(row.unit))


def _past(result: VarResult) -> Iterator[Row]:
    if not _has_days(result):
        return
    for row in result.performance().itertuples(index=False):
        title, note = _PAST[str(row.figure)]
        yield _row(result, title, note, row.value, str(row.unit))


def _ratios(result: VarResult) -> Iterator[Row]:
    for row in result.ratios().itertuples(index=False):
        title, as_percent = _RATIOS[str(row.ratio)]
        value = _float(row.value)
        if value is None:
            yield [title, "–"]
        else:
            yield [title, Cell(percent(value) if as_percent else number(value, 2), value)]


def _row(result: VarResult, title: str, note: str, figure: object, unit: str) -> Row:
    """A figure of money or a plain number; a dash where the sample cannot give it, and the note says why."""
    currency, value = result.portfolio.base_currency, _float(figure)
    head = Cell(Markup('{}<span class="rk-detail">{}</span>').format(title, note))
    if value is None:
        return [head, "–"]
    if not unit.startswith(currency):
        return [head, Cell(number(value, 2), value)]
    decimals = decimals_of(max(result.gross_value, abs(result.var)), currency)
    return [head, Cell(number(value, decimals) + SPACE + currency, value)]


def _float(figure: object) -> float | None:
    """A figure of a table that may have gaps."""
    return float(figure) if isinstance(figure, int | float) else None
