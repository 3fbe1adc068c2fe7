"""The methods side by side: how much the answer depends on how the tail is seen."""

from __future__ import annotations

from markupsafe import Markup

from riskkit.charts.distribution import tail_count
from riskkit.charts.headline import method_name
from riskkit.charts.markup import Cell, Column, Row, table
from riskkit.charts.numbers import SPACE, days, decimals_of, level, number, ordinal, percent
from riskkit.charts.view import View
from riskkit.var import VarResult
from riskkit.var.comparison import MethodComparison

#: U+2011: the name of a method does not break at it.
_HYPHEN = "\u2011"


def methods(result: MethodComparison) -> View:
    """VaR and expected shortfall by each method, their ratio and their error by chance."""
    spec, currency = result.spec, result.portfolio.base_currency
    columns = [
        Column("Method"),
        Column(f"VaR, {currency}", numeric=True),
        Column("Standard error", numeric=True),
        Column(f"Expected shortfall, {currency}", numeric=True),
        Column("Standard error", numeric=True),
        Column("ES / VaR", numeric=True),
    ]
    rows = [_row(one, chosen=one.spec.method == spec.method) for one in result.results]
    return View(
        name="methods",
        title="The methods side by side",
        question=f"{level(spec.confidence_level)}, {days(spec.horizon_days)}, {currency}. "
        "They differ most where tails are fat; a standard error is what chance alone could change.",
        html=table(columns, rows, caption="VaR and expected shortfall by method"),
        data=result.tables,
    )


def _row(one: VarResult, *, chosen: bool) -> Row:
    decimals = decimals_of(max(one.gross_value, abs(one.var)), one.portfolio.base_currency)
    title = method_name(one.spec).replace("-", _HYPHEN)
    ratio = number(one.expected_shortfall / one.var, 2) if one.var > 0 else "–"
    return [
        Cell(Markup('{}<span class="rk-detail">{}</span>').format(title, " · ".join(_notes(one, chosen=chosen)))),
        Cell(number(one.var, decimals), one.var),
        _error(one.var_standard_error, one.var),
        Cell(number(one.expected_shortfall, decimals), one.expected_shortfall),
        _error(one.es_standard_error, one.expected_shortfall),
        Cell(ratio),
    ]


def _error(error: float | None, of: float) -> Cell:
    """A standard error as a share of the figure; a dash where the method has none."""
    if error is None or of <= 0:
        return Cell("–")
    return Cell(f"±{SPACE}{percent(error / of, 1)}", error, look="rk-muted")


def _notes(one: VarResult, *, chosen: bool) -> list[str]:
    """How the method sees the tail, in few words."""
    return [*_how(one), *(["the method of this page"] if chosen else [])]


def _how(one: VarResult) -> list[str]:
    if one.spec.method == "historical":
        return [f"{ordinal(tail_count(one))} largest of {number(one.n_scenarios)} losses"]
    covariance = f"{one.spec.covariance.replace('_', ' ')} covariance"
    if one.spec.method == "parametric":
        return ["linearised book", covariance]
    said = [f"{number(one.n_scenarios)} paths", covariance]
    fitted = next((note for note in one.notes if "degrees of freedom" in note), "")
    return [*said, fitted.split(",")[0].rstrip(".")] if fitted else said
