"""What each book below a portfolio adds to its risk, alone and together with the others."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, table
from riskkit.charts.numbers import decimals_of, number, percent, shortened
from riskkit.charts.view import View
from riskkit.explain import HierarchyResult


def books(result: HierarchyResult | None) -> View:
    """Each child's VaR alone, its share of the whole and what it is diversified by; nothing for a book without any."""
    if result is None:
        return View("books")
    currency = result.whole.portfolio.base_currency
    columns = [
        Column("Book"),
        Column(f"Value, {currency}", numeric=True),
        Column("VaR alone", numeric=True),
        Column("Component VaR", numeric=True),
        Column("Share of VaR", numeric=True),
        Column("Diversification", numeric=True),
        Column("ES alone", numeric=True),
        Column("Component ES", numeric=True),
    ]
    rows = [_row(row, result) for row in result.books.to_dict("records")]
    return View(
        name="books",
        title="Which book adds what?",
        question=f"Each book below this one in {currency}: on its own, and as a part of the whole. The components of "
        "books beside each other sum to their parent's; diversification is what a book's risk loses in company.",
        html=table(columns, rows, total=_total(result), caption="VaR and expected shortfall by book"),
        data=result.tables,
    )


def _row(row: dict[Any, Any], result: HierarchyResult) -> Row:
    decimals = _decimals(result)
    names = str(row["book"]).split("/")
    inset = Markup('<span class="rk-inset">{}</span>') if len(names) > 1 else Markup("{}")
    return [
        Cell(inset.format(shortened(names[-1], 36)), note=str(row["book"])),
        *(_money(row[column], decimals) for column in ("value", "stand_alone_var", "component_var")),
        Cell(_share(row["component_var"], result.whole.var)),
        *(_money(row[column], decimals) for column in ("diversification_var", "stand_alone_es", "component_es")),
    ]


def _total(result: HierarchyResult) -> Row:
    whole, decimals = result.whole, _decimals(result)
    return [
        Cell("All as one"),
        _money(whole.value, decimals),
        _money(whole.var, decimals),
        _money(whole.var, decimals),
        Cell(_share(whole.var, whole.var)),
        _money(result.diversification, decimals),
        _money(whole.expected_shortfall, decimals),
        _money(whole.expected_shortfall, decimals),
    ]


def _money(value: float, decimals: int) -> Cell:
    return Cell(number(value, decimals), value, look="rk-hedge" if value < 0 else "")


def _share(part: float, whole: float) -> str:
    return percent(part / whole, 1) if whole > 0 else "–"


def _decimals(result: HierarchyResult) -> int:
    return decimals_of(max(result.whole.gross_value, abs(result.whole.var)), result.whole.portfolio.base_currency)
