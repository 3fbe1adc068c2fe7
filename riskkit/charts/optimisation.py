"""What an optimisation proposes: weights before and after, the trades between them, what they do to the risk."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import BasicTickFormatter, ColumnDataSource, FixedTicker, HoverTool, Range1d

from riskkit.charts import theme
from riskkit.charts.markup import Cell, Column, Row, Tile, facts, name, table, tiles
from riskkit.charts.numbers import day, decimals_of, distinct, level, number, percent, signed
from riskkit.charts.view import View
from riskkit.optimise import OptimiseResult

#: The objectives as people call them.
OBJECTIVES = {
    "minimum_cvar": "Minimum expected shortfall (CVaR)",
    "mean_variance": "Minimum variance",
    "risk_budgeting": "Equal shares of the variance",
    "hierarchical_risk_parity": "Hierarchical risk parity",
}
#: Positions drawn; those that trade most of a larger book.
MOST_POSITIONS = 30
_NAME_LENGTH = 18


def optimisation_headline(result: OptimiseResult) -> View:
    """Expected shortfall, volatility, mean return and turnover."""
    return View(
        name="optimisation_headline", html=tiles(_tiles(result)) + facts([_objective(result), *_limits(result)]),
        width="tiles",
    )  # fmt: skip


def _tiles(result: OptimiseResult) -> list[Tile]:
    before, after, currency = result.before, result.after, result.portfolio.base_currency
    traded = result.turnover * result.capital
    return [
        Tile(
            "expected_shortfall",
            f"Expected shortfall {level(result.spec.confidence_level)}, 1 day",
            percent(after.expected_shortfall),
            "of capital",
            f"{percent(before.expected_shortfall)} before",
            after.expected_shortfall,
        ),
        Tile(
            "volatility",
            "Volatility, a year",
            percent(after.volatility, 1),
            "",
            f"{percent(before.volatility, 1)} before",
            after.volatility,
        ),
        Tile(
            "expected_return",
            "Mean past return, a year",
            percent(after.expected_return, 1),
            "",
            f"{percent(before.expected_return, 1)} before; the past is no forecast",
            after.expected_return,
        ),
        Tile(
            "turnover",
            "Turnover",
            percent(result.turnover, 1),
            "of capital",
            f"{number(traded)} {currency} sold to buy as much",
            result.turnover,
        ),
    ]


def _objective(result: OptimiseResult) -> str:
    return OBJECTIVES.get(result.spec.objective, result.spec.objective)


def _limits(result: OptimiseResult) -> list[str]:
    spec = result.spec
    by = spec.group_by.replace("_", " ")
    return [
        f"weights from {percent(spec.min_weight, 0)} to {percent(spec.max_weight, 0)}",
        "" if spec.group_by == "none" else f"at most {percent(spec.max_group_weight, 0)} for each {by}",
        f"{number(spec.lookback_days)} daily scenarios to {day(result.as_of)}",
    ]


def optimisation_weights(result: OptimiseResult) -> View:
    """Each position's weight before (ring) and after (square)."""
    return View(
        name="optimisation_weights",
        title="Weights before and after",
        question="Share of the capital that is distributed: a ring before, a square after the trades.",
        figure=_plot(result),
        alt=f"Turnover {percent(result.turnover, 1)}; the trades are in the table.",
    )


def _plot(result: OptimiseResult) -> Any:
    frame = result.trades.assign(change=result.trades["weight_after"] - result.trades["weight_before"])
    if len(frame) > MOST_POSITIONS:
        frame = frame.loc[frame["change"].abs().nlargest(MOST_POSITIONS).index]
    frame = frame.sort_values("weight_after", ascending=False, kind="stable")
    before, after = (frame[column].to_numpy(np.float64) for column in ("weight_before", "weight_after"))
    labels = distinct([str(label) for label in frame["position"]], _NAME_LENGTH)
    places = np.arange(len(labels))[::-1] + 0.5
    low, high = 100 * min(before.min(), after.min(), 0.0), 100 * max(before.max(), after.max())
    air = 0.04 * (high - low) or 1.0
    plot = theme.plain_figure(
        height=max(130, 64 + 22 * len(labels)),
        x_range=Range1d(start=low - air, end=high + air, name="x_range"),
        y_range=Range1d(start=0, end=len(labels), name="y_range"),
        label="weight, % of the capital",
    )
    source = ColumnDataSource(
        {
            "place": places,
            "name": [str(label) for label in frame["position"]],
            "before": 100 * before,
            "after": 100 * after,
            "was": [percent(value, 1) for value in before.tolist()],
            "is": [percent(value, 1) for value in after.tolist()],
        },
        name="weights",
    )
    plot.segment("before", "place", "after", "place", source=source, line_color=theme.CALM, line_width=3)
    rings = plot.scatter(
        "before", "place", source=source, size=9, fill_color="white", line_color=theme.MUTED, line_width=2
    )
    squares = plot.scatter(
        "after", "place", source=source, marker="square", size=10, fill_color=theme.ACCENT, line_color="white"
    )
    plot.xaxis.formatter = BasicTickFormatter(use_scientific=False)
    plot.ygrid.grid_line_color = None
    axis = plot.yaxis[0]
    axis.axis_line_color, axis.major_label_text_color = None, theme.INK
    axis.ticker = FixedTicker(ticks=places.tolist(), name="places")
    axis.major_label_overrides = dict(zip(places.tolist(), labels, strict=True))
    tooltips = [("", "@name"), ("before", "@was"), ("after", "@is")]
    plot.add_tools(HoverTool(renderers=[rings, squares], tooltips=tooltips))
    return plot


def optimisation_trades(result: OptimiseResult) -> View:
    """What to buy and sell; the trades sum to nothing."""
    currency = result.portfolio.base_currency
    decimals = decimals_of(result.capital, currency)
    columns = [
        Column("Position"),
        Column("Sector"),
        Column(f"Value, {currency}", numeric=True),
        Column("Weight before", numeric=True),
        Column("Weight after", numeric=True),
        Column(f"Trade, {currency}", numeric=True),
        Column("Trade, quantity", numeric=True),
    ]
    frame = result.trades.sort_values("trade_value", key=lambda values: -values.abs(), kind="stable")
    body: list[Row] = [_trade(row, decimals) for row in frame.to_dict("records")]
    return View(
        name="optimisation_trades",
        title="The trades",
        question="What takes the book there; + buys, − sells. No costs, quantities not rounded to lots.",
        html=table(columns, body, caption="Trades"),
    )


def _trade(row: dict[Any, Any], decimals: int) -> Row:
    return [
        name(str(row["position"])),
        Cell(str(row["sector"]), look="rk-muted"),
        Cell(number(row["value"], decimals), row["value"]),
        Cell(percent(row["weight_before"], 1), row["weight_before"]),
        Cell(percent(row["weight_after"], 1), row["weight_after"]),
        Cell(signed(row["trade_value"], decimals), row["trade_value"]),
        Cell(signed(row["trade_quantity"], 0 if abs(row["trade_quantity"]) >= 100 else 2), row["trade_quantity"]),
    ]


def optimisation_risk(result: OptimiseResult) -> View:
    """Risk and return before and after, and what was held out."""
    columns = [Column("Figure"), *(Column(word, numeric=True) for word in ("Before", "After", "Change"))]
    chance = level(result.spec.confidence_level)
    figures = (
        ("expected_shortfall", f"Expected shortfall {chance}, one day", 2),
        ("volatility", "Volatility, a year", 2),
        ("expected_return", "Mean past return, a year", 2),
    )
    body: list[Row] = []
    for key, label, decimals in figures:
        old, new = getattr(result.before, key), getattr(result.after, key)
        cells = [Cell(percent(value, decimals), value) for value in (old, new)]
        body.append([label, *cells, Cell(signed(100 * (new - old), decimals) + " points", look="rk-muted")])
    return View(
        name="optimisation_risk",
        title="Risk before and after",
        question="Of the capital that is distributed, over the historical scenarios.",
        html=table(columns, body, caption="Risk before and after")
        + facts(note.removesuffix(".") for note in result.notes[:2]),
    )
