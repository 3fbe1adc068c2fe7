"""Scenarios of factor moves: what follows from a shock, what loses a given amount, and the worst of the past."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, bar, empty, facts, name, table
from riskkit.charts.numbers import SPACE, day, decimals_of, number, percent, short, signed
from riskkit.charts.stress import valued
from riskkit.charts.view import View
from riskkit.stress import FactorStressResult, StressResult

#: Rows of each table: the largest moves, the largest losses.
MOST_ROWS = 8


def conditional_stress(result: FactorStressResult) -> View:
    """A shock to some factors, and what the rest is expected to do then."""
    given, all_given = int(result.factors["given"].sum()), bool(result.factors["given"].all())
    open_ = None if all_given else result.standard_deviation
    # Many factors are as likely to be far out as one is to be nearer: the reader must know how many they are.
    together = f", for {given} factors together" if given > 1 else ""
    left = "" if open_ is None else f"±{SPACE}{short(open_)} left open by the rest"
    shocked = f"{given} factor{' is' if given == 1 else 's are'} shocked"
    rest = "no other is in this book" if all_given else "the others take the moves that past comovement implies"
    return View(
        name="conditional_stress",
        title="If that happened, what would move with it?",
        question=f"{shocked}; {rest}.",
        html=facts(_facts(result, left, together)) + _tables(result),
    )


def reverse_stress(result: FactorStressResult) -> View:
    """The most plausible way to lose a given amount."""
    return View(
        name="reverse_stress",
        title="What would have to happen to lose that much?",
        question="Of all factor moves that lose the amount, those nearest to what past moves make plausible.",
        html=facts(_facts(result)) + _tables(result),
    )


def worst_windows(result: StressResult) -> View:
    """The windows of the past that would hurt today's book most; no two share a day."""
    rows, currency = valued(result), result.portfolio.base_currency
    decimals = decimals_of(max([abs(result.gross_value), *(abs(row.pnl) for row in rows)]), currency)
    low, high = min([0.0, *(row.pnl for row in rows)]), max([0.0, *(row.pnl for row in rows)])
    columns = [
        Column("Window"),
        Column(f"P&L, {currency}", numeric=True),
        Column("of gross", numeric=True),
        Column("Loss or gain"),
    ]
    body: list[Row] = []
    for row in rows:
        look, width = "rk-loss" if row.pnl < 0 else "rk-gain", (high - low) or 1.0
        first, last = row.scenario.window or (result.as_of, result.as_of)
        body.append(
            [
                f"{day(first)} to {day(last)}",
                Cell(signed(row.pnl, decimals), row.pnl, look=look),
                Cell(signed(100 * row.fraction, 2) + SPACE + "%"),
                Cell(bar(row.pnl / width, zero=-low / width, look=look), look="rk-wide"),
            ]
        )
    sources = dict.fromkeys(row.scenario.source for row in result.rows)
    return View(
        name="worst_windows",
        title="The worst of history",
        question="Every window of this book's factor history, replayed on today's book; the worst that share no day.",
        html=table(columns, body, caption="The worst windows") + facts(sources) if body else empty("No window."),
    )


def _facts(result: FactorStressResult, more: str = "", together: str = "") -> list[str]:
    currency = result.portfolio.base_currency
    return [
        f"P&L {signed(result.pnl, _decimals(result))} {currency}, {percent(result.fraction)} of gross",
        f"of it to first order {signed(result.linear_pnl, _decimals(result))}",
        more,
        f"{number(result.distance, 1)} deviations from nothing happening{together}",
        f"{odds(result.probability)}, were moves {result.law}",
    ]


def odds(probability: float) -> str:
    """A probability as people say it.

    >>> odds(0.05), odds(1e-12)
    ('one in 20', 'less than one in a billion')
    """
    if probability < 1e-9:
        return "less than one in a billion"
    digits = 0 if probability < 0.1 else 1
    rounded = 1 / probability
    if rounded >= 1000:
        power = 10 ** (math.floor(math.log10(rounded)) - 1)
        rounded = round(rounded / power) * power
    return f"one in {number(rounded, digits)}"


def _tables(result: FactorStressResult) -> Markup:
    return Markup('<div class="rk-columns">{}{}</div>').format(factor_moves(result), _positions(result))


def factor_moves(result: FactorStressResult) -> Markup:
    """The largest moves of factors, and which of them were given."""
    columns = [
        Column("Factor"),
        Column("Level", numeric=True),
        Column("Then", numeric=True),
        Column("Move", numeric=True),
        Column("Deviations", numeric=True),
        Column("Why"),
    ]
    mixed = bool(result.factors["given"].any()) and not bool(result.factors["given"].all())
    order = result.factors["deviations"].abs().sort_values(ascending=False, kind="stable").index
    ranked = result.factors.loc[order]
    if mixed:  # some of those that follow must be seen beside those shocked
        half = MOST_ROWS // 2
        ranked = pd.concat([ranked[ranked["given"]].head(half), ranked[~ranked["given"]].head(half)])
    why = {True: "shocked", False: "follows"}
    rows: list[Row] = [
        [
            name(str(row["factor"]), 24),
            Cell(_level(row["level"]), row["level"]),
            Cell(_level(row["stressed_level"]), row["stressed_level"]),
            Cell(_move(row), row["move"], look="rk-loss" if row["move"] < 0 else ""),
            Cell(signed(row["deviations"], 1), row["deviations"]),
            Cell(why[bool(row["given"])], look="rk-muted"),
        ]
        for row in ranked.head(MOST_ROWS).to_dict("records")
    ]
    if not mixed:
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    return table(columns, rows, caption="Factor moves")


def _level(value: float) -> str:
    return number(value, 2 if abs(value) >= 10 else 4)


def _move(row: Mapping[Hashable, Any]) -> str:
    move, kind = float(row["move"]), row["kind"]
    if kind == "volatility":
        return signed(100 * move, 1) + SPACE + "points"
    if kind == "yield":
        return signed(10_000 * move) + SPACE + "bp"
    return signed(100 * move, 1) + SPACE + "%"


def _positions(result: FactorStressResult) -> Markup:
    pnl = pd.Series(result.by_position, index=list(result.portfolio.symbols)).sort_values(kind="stable")
    decimals, currency = _decimals(result), result.portfolio.base_currency
    columns = [Column("Position"), Column(f"P&L, {currency}", numeric=True)]
    shown = pnl if len(pnl) <= MOST_ROWS else pnl.iloc[: MOST_ROWS - 1]
    rows: list[Row] = [
        [name(str(label)), Cell(signed(value, decimals), value, look="rk-loss" if value < 0 else "rk-gain")]
        for label, value in shown.items()
    ]
    if len(shown) < len(pnl):
        rest = float(pnl.iloc[len(shown) :].sum())
        rows.append([f"{len(pnl) - len(shown)} others", Cell(signed(rest, decimals), rest)])
    total: Row = ["Portfolio", Cell(signed(result.pnl, decimals), result.pnl)]
    return table(columns, rows, total=total, caption="P&L by position")


def _decimals(result: FactorStressResult) -> int:
    return decimals_of(max(abs(result.gross_value), abs(result.pnl)), result.portfolio.base_currency)
