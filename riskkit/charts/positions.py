"""What a book holds on a day, worth how much, and in which groups."""

from __future__ import annotations

import math
from typing import Any

from riskkit.charts.markup import Cell, Column, Tile, bar, empty, facts, name, table, tiles
from riskkit.charts.numbers import day, decimals_of, number, percent, signed
from riskkit.charts.view import View
from riskkit.revaluation import PositionsResult

#: Rows of a table; what is left out is counted, and the downloads have all.
MOST_ROWS = 500
_NOTHING = "This book holds nothing on this day."
_GROUPS = {"sector": "sector", "asset_class": "asset class", "currency": "currency"}


def positions_headline(result: PositionsResult) -> View:
    """Net and gross value, what is long and short, and the change since the day before."""
    currency, values = result.portfolio.base_currency, result.positions["value"]
    decimals = _decimals(result)
    long, short = float(values[values > 0].sum()), float(values[values < 0].sum())
    count = len(values)
    items = [
        Tile("value", "Value, net", number(result.value, decimals), currency, _held(count), result.value),
        Tile("gross_value", "Value, gross", number(result.gross_value, decimals), currency, "", result.gross_value),
        Tile("long", "Long", number(long, decimals), currency, f"short {number(short, decimals)}", long),
        _change(result, decimals),
    ]
    return View("positions_headline", html=tiles(items) + facts([f"as of {day(result.as_of)}"]), width="tiles")


def positions_table(result: PositionsResult) -> View:
    """Every position with its price and value, the largest first."""
    currency, frame = result.portfolio.base_currency, result.positions
    title = "Positions"
    question = f"As of {day(result.as_of)}. Price in the position's own currency, value in {currency}; share of gross."
    if not len(frame):
        return View("positions_table", title, question, html=empty(_NOTHING))
    numeric = ("Quantity", "Price", f"Value, {currency}", "Share", "Since the day before")
    columns = [Column("Position"), Column("Sector"), Column("Currency")]
    columns[3:] = [Column(label, numeric=True) for label in numeric]
    largest = frame.assign(size=frame["value"].abs()).sort_values("size", ascending=False, kind="stable")
    rows = [_row(row, result) for row in largest.head(MOST_ROWS).to_dict("records")]
    more = len(frame) - MOST_ROWS
    left = empty(f"{number(more)} smaller positions are left out here; the downloads have them.") if more > 0 else ""
    shown = table(columns, rows, total=_total(result), caption="Positions with quantity, price and value")
    return View("positions_table", title, question, html=shown + left)


def positions_by_group(result: PositionsResult) -> View:
    """Values added up by sector, asset class or currency."""
    noun, currency = _GROUPS[result.spec.grouped_by], result.portfolio.base_currency
    title, question = f"By {noun}", f"Values in {currency}, added up by {noun}; share of the gross value."
    if not len(result.positions):
        return View("positions_by_group", title, question, html=empty(_NOTHING))
    frame, decimals = result.groups, _decimals(result)
    largest = float(frame["share"].abs().max()) or 1.0
    short = bool((frame["share"] < 0).any())
    columns = [Column(noun.capitalize()), Column("")]
    columns += [Column(label, numeric=True) for label in ("Positions", f"Value, {currency}", "Share")]
    rows = [_group(row, decimals, largest, short) for row in frame.to_dict("records")]
    return View("positions_by_group", title, question, html=table(columns, rows, caption=f"Values by {noun}"))


def price_text(price: float) -> str:
    """A price with the decimals that it is quoted in: cents, and more where it is small.

    >>> price_text(1234.5), price_text(0.01234), price_text(1.0)
    ('1,234.50', '0.01234', '1.00')
    """
    size = abs(price)
    return number(price, 2 if size >= 1 or size == 0 else min(8, 3 - math.floor(math.log10(size))))


def quantity_text(quantity: float) -> str:
    """A quantity with the decimals that it has.

    >>> quantity_text(1200.0), quantity_text(-0.125)
    ('1,200', '−0.125')
    """
    text = f"{abs(quantity):.12f}".rstrip("0").rstrip(".")
    return number(quantity, len(text.partition(".")[2]))


def _row(row: dict[Any, Any], result: PositionsResult) -> list[Cell | str]:
    quantity, change = float(row["quantity"]), float(row["change"])
    decimals = _decimals(result)
    return [
        name(str(row["position"])),
        Cell(name(_words(str(row["sector"]), str(row["asset_class"])), 28).text, look="rk-muted"),
        Cell(str(row["currency"]), look="rk-muted"),
        Cell(quantity_text(quantity), quantity),
        Cell(price_text(row["price"]), row["price"]),
        Cell(number(row["value"], decimals), row["value"]),
        percent(row["share"], 1),
        "–" if math.isnan(change) else Cell(signed(change, decimals), change, look=_sign(change)),
    ]


def _group(row: dict[Any, Any], decimals: int, largest: float, short: bool) -> list[Cell | str]:
    """A group with its bar; where something is short, bars begin in the middle."""
    drawn = bar(
        row["share"] / largest * (0.5 if short else 1.0),
        zero=0.5 if short else 0.0,
        look="rk-loss" if row["share"] < 0 else "rk-gain",
    )
    return [
        _words(str(row["group"])),
        Cell(drawn, look="rk-wide"),
        number(row["count"]),
        Cell(number(row["value"], decimals), row["value"]),
        percent(row["share"], 1),
    ]


def _total(result: PositionsResult) -> list[Cell | str]:
    decimals, change = _decimals(result), result.change
    last: Cell | str = "–" if change is None else Cell(signed(change, decimals), change)
    return ["Portfolio", "", "", "", "", Cell(number(result.value, decimals), result.value), "", last]


def _change(result: PositionsResult, decimals: int) -> Tile:
    currency = result.portfolio.base_currency
    if result.previous is None or result.change is None:
        return Tile("value_change", "Since the day before", "–", "", "there is no day before it")
    note = f"P&L since {day(result.previous)} of what is held now"
    return Tile("value_change", "Since the day before", signed(result.change, decimals), currency, note, result.change)


def _decimals(result: PositionsResult) -> int:
    return decimals_of(result.gross_value, result.portfolio.base_currency)


def _held(count: int) -> str:
    return f"{number(count)} position{'' if count == 1 else 's'}"


def _sign(change: float) -> str:
    return "rk-loss" if change < 0 else ""


def _words(text: str, otherwise: str = "no sector") -> str:
    """`fixed_income` as people write it; something in place of nothing."""
    shown = text or otherwise
    return shown.replace("_", " ").capitalize() if shown.islower() else shown
