"""What trades would do to a book: its figures before and after, and what each trade adds."""

from __future__ import annotations

import pandas as pd
from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, name, notes, table
from riskkit.charts.numbers import days, decimals_of, level, number, percent, signed
from riskkit.charts.view import View
from riskkit.var import IncrementalResult, VarResult

#: Positions whose components are shown; those that change least are left to the download.
MOST_POSITIONS = 10
#: Of VaR: less is rounding.
_NOTHING = 1e-9


def what_if(result: IncrementalResult, shown: VarResult | None = None) -> View:
    """Value, VaR, expected shortfall and components before and after, and the incremental VaR of each trade.

    `shown` is the result of the page, whose book is the one before.
    """
    after = result.after
    spec, currency = after.spec, after.portfolio.base_currency
    chance, horizon = level(spec.confidence_level), days(spec.horizon_days)
    heads = [Column("Figure"), *(Column(one, numeric=True) for one in ("Before", "After", "Change", "Change, %"))]
    figures = table(heads, _figures(result), caption=f"Before and after, {currency}")
    parts = Markup('<div class="rk-columns">{}{}</div>').format(_trades(result), _components(result))
    return View(
        name="what_if",
        title=f"Before and after, {currency}",
        question=f"VaR and expected shortfall at {chance} over {horizon}, from the same scenarios as the page. "
        "Trades are not paid for: cash stays as it is.",
        html=figures + parts + notes(_notes(result, shown)),
        data=lambda: {"what_if": summary(result), "trades": result.trades, "components": component_changes(result)},
    )


def summary(result: IncrementalResult) -> pd.DataFrame:
    """Figures before and after: figure, before, after, change."""
    before, after = result.before, result.after
    rows = [(key, float(getattr(before, key)), float(getattr(after, key))) for key in _FIGURES]
    frame = pd.DataFrame(rows, columns=["figure", "before", "after"])
    return frame.assign(change=frame["after"] - frame["before"])


def component_changes(result: IncrementalResult) -> pd.DataFrame:
    """Components before and after, those that change most first: position, before, after, change (VaR and ES)."""
    keys = ["component_var", "component_es"]
    before = result.before.components.set_index("position")[keys].add_suffix("_before")
    after = result.after.components.set_index("position")
    frame = after[["quantity", "value", *keys]].join(before)
    for key in keys:
        frame[f"{key}_change"] = frame[key] - frame[f"{key}_before"]
    order = frame["component_var_change"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index()


_FIGURES = {"value": "Value", "gross_value": "Gross value", "var": "VaR", "expected_shortfall": "Expected shortfall"}


def _figures(result: IncrementalResult) -> list[Row]:
    decimals = _decimals(result)
    rows: list[Row] = []
    for row in summary(result).to_dict("records"):
        before, after, change = row["before"], row["after"], row["change"]
        rows.append(
            [
                Cell(_FIGURES[row["figure"]]),
                Cell(number(before, decimals), before),
                Cell(number(after, decimals), after),
                Cell(signed(change, decimals), change),
                Cell(_share(change, before)),
            ]
        )
    return rows


def _trades(result: IncrementalResult) -> Markup:
    decimals = _decimals(result)
    heads = [Column("Trade"), *(Column(one, numeric=True) for one in ("Quantity", "Incremental VaR", "Incremental ES"))]
    rows: list[Row] = [
        [
            name(str(row["trade"]), 24),
            Cell(signed(row["quantity"], _places(row["quantity"])), row["quantity"]),
            Cell(signed(row["incremental_var"], decimals), row["incremental_var"]),
            Cell(signed(row["incremental_es"], decimals), row["incremental_es"]),
        ]
        for row in result.trades.to_dict("records")
    ]
    total: Row = [
        Cell("All at once"),
        "",
        Cell(signed(result.incremental_var, decimals), result.incremental_var),
        Cell(signed(result.incremental_es, decimals), result.incremental_es),
    ]
    said = Markup(
        '<div><h4 class="rk-title">What each trade adds</h4><p class="rk-sub">Incremental VaR: VaR of the book with '
        "this trade alone minus VaR of the book without any. The rows do not sum to the last one, because trades "
        "hedge or deepen each other.</p>{}</div>"
    )
    return said.format(table(heads, rows, total=total, caption="Incremental VaR by trade"))


def _components(result: IncrementalResult) -> Markup:
    decimals, changes = _decimals(result), component_changes(result)
    heads = [Column("Position"), *(Column(one, numeric=True) for one in ("Before", "After", "Change"))]
    rows: list[Row] = [
        [
            name(str(row["position"]), 20),
            Cell(number(row["component_var_before"], decimals), row["component_var_before"]),
            Cell(number(row["component_var"], decimals), row["component_var"]),
            Cell(signed(row["component_var_change"], decimals), row["component_var_change"]),
        ]
        for row in changes.head(MOST_POSITIONS).to_dict("records")
    ]
    rest = changes.iloc[MOST_POSITIONS:][["component_var_before", "component_var", "component_var_change"]].sum()
    if len(changes) > MOST_POSITIONS:
        rows.append([Cell(f"{len(changes) - MOST_POSITIONS} others"), *(_money(one, decimals) for one in rest[:2]),
                     Cell(signed(rest.iloc[2], decimals), rest.iloc[2])])  # fmt: skip
    var = (result.before.var, result.after.var)
    total: Row = [
        Cell("Portfolio"),
        *(_money(one, decimals) for one in var),
        Cell(signed(var[1] - var[0], decimals), var[1] - var[0]),
    ]
    said = Markup(
        '<div><h4 class="rk-title">Which components move</h4><p class="rk-sub">Component VaR by position, the largest '
        "changes first; the shares sum to VaR. They jump where another scenario becomes the one at VaR.</p>{}</div>"
    )
    return said.format(table(heads, rows, total=total, caption="Component VaR before and after"))


def _notes(result: IncrementalResult, shown: VarResult | None) -> list[str]:
    """What sets the figures apart from the page's, and what the calculation of the book after says beyond that."""
    found = []
    before = result.before
    if shown is not None and abs(before.var - shown.var) > _NOTHING * max(abs(shown.var), 1.0):
        decimals = _decimals(result)
        found.append(
            f"Before is {number(before.var, decimals)} here and {number(shown.var, decimals)} above: so that only the "
            "trades differ, both books are computed on the days and random numbers that they share."
        )
    known = () if shown is None else shown.notes
    return [*found, *(note for note in result.after.notes if note not in known)]


def _money(value: float, decimals: int) -> Cell:
    return Cell(number(value, decimals), float(value))


def _share(change: float, before: float) -> str:
    return (("+" if change > 0 else "") + percent(change / abs(before), 1)) if before else "–"


def _places(quantity: float) -> int:
    return 0 if quantity == round(quantity) else 2


def _decimals(result: IncrementalResult) -> int:
    largest = max(result.before.gross_value, result.after.gross_value, abs(result.after.var))
    return decimals_of(largest, result.after.portfolio.base_currency)
