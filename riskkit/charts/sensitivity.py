"""What growing shocks do to the book: a ladder of one, a grid of two."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import BasicTickFormatter, ColumnDataSource, HoverTool, Range1d
from markupsafe import Markup

from riskkit.charts import theme
from riskkit.charts.markup import Cell, Column, Row, table
from riskkit.charts.numbers import decimals_of, scale_of, short, signed
from riskkit.charts.stress import heat_cell, shock_size, shock_target
from riskkit.charts.view import View
from riskkit.scenarios import Shock
from riskkit.stress import GridSpec, LadderSpec, SensitivityResult


def sensitivity_ladder(result: SensitivityResult) -> View:
    """P&L under growing shocks of one target, as a line with its points, and as a table."""
    spec = result.spec
    if not isinstance(spec, LadderSpec):
        raise TypeError("a ladder is of a LadderSpec")
    shocks, pnl = spec.shocks, result.pnl[:, 0]
    currency, decimals = result.portfolio.base_currency, _decimals(result)
    straight = _straight(result)
    columns = [Column("Shock"), *(Column(shock_size(shock), numeric=True) for shock in shocks)]
    rows: list[Row] = [
        [f"P&L, {currency}", *(_pnl(value, decimals) for value in pnl)],
        ["Curvature", *(Cell(signed(value, decimals), value, look="rk-muted") for value in pnl - straight)],
    ]
    return View(
        name="sensitivity_ladder",
        title=f"How much for how large a shock to {shock_target(spec.target)}?",
        question="P&L of today's book by full revaluation; the dashed line is the slope at no shock, "
        "what bends away from it is curvature.",
        html=table(columns, rows, caption="P&L by size of shock"),
        figure=_plot(result, spec, straight),
        alt=f"P&L from {short(float(pnl[0]))} at {shock_size(shocks[0])} to {short(float(pnl[-1]))} at "
        f"{shock_size(shocks[-1])}, {currency}.",
    )


def sensitivity_grid(result: SensitivityResult) -> View:
    """P&L under every pair of a price shock and a volatility shock; red loses, blue gains."""
    spec = result.spec
    if not isinstance(spec, GridSpec):
        raise TypeError("a grid is of a GridSpec")
    largest = float(np.abs(result.pnl).max(initial=0.0))
    unit, word, _ = scale_of(largest / 10)
    decimals = 0 if unit > 1 and largest / unit >= 100 else 1
    points = [shock_size(Shock(spec.volatility, float(size), "absolute")) for size in result.second_shocks]
    columns = [Column("Prices ↓ · volatility →"), *(Column(text, numeric=True) for text in points)]
    rows: list[Row] = [
        [
            shock_size(Shock(spec.spot, float(spot), "relative")),
            *(heat_cell(float(value), unit, largest, decimals) for value in row),
        ]
        for spot, row in zip(result.shocks, result.pnl, strict=True)
    ]
    return View(
        name="sensitivity_grid",
        title="Prices and volatility together",
        question=f"P&L of today's book in {result.portfolio.base_currency} {word}".rstrip()
        + "; down, the shock to prices, across, the points that volatility moves. Red loses, blue gains.",
        html=Markup('<div class="rk-heat">{}</div>').format(
            table(columns, rows, caption="P&L by price and volatility")
        ),
    )


def _straight(result: SensitivityResult) -> np.ndarray[Any, np.dtype[np.float64]]:
    """P&L by the slope at no shock, (n,)."""
    middle = len(result.shocks) // 2
    rise = result.pnl[middle + 1, 0] - result.pnl[middle - 1, 0]
    return np.asarray(result.shocks * rise / (result.shocks[middle + 1] - result.shocks[middle - 1]), np.float64)


def _plot(result: SensitivityResult, spec: LadderSpec, straight: np.ndarray[Any, np.dtype[np.float64]]) -> Any:
    pnl = result.pnl[:, 0]
    unit, word, _ = scale_of(float(np.abs(pnl).max(initial=0.0)))
    both = np.concatenate([pnl, straight])
    low, high = min(0.0, float(both.min())) / unit, max(0.0, float(both.max())) / unit
    air = 0.08 * (high - low) or 1.0
    factor = 100.0 if spec.kind == "relative" else 1.0
    shown = result.shocks * factor
    currency = result.portfolio.base_currency
    plot = theme.plain_figure(
        height=250,
        x_range=Range1d(start=1.04 * shown[0], end=1.04 * shown[-1], name="x_range"),
        y_range=Range1d(start=low - air, end=high + air, name="y_range"),
        label="shock, %" if spec.kind == "relative" else "shock",
    )
    plot.yaxis.axis_label = f"{currency} {word}".rstrip()
    plot.yaxis.formatter = BasicTickFormatter(use_scientific=False)
    plot.xaxis.formatter = BasicTickFormatter(use_scientific=False)
    source = ColumnDataSource(
        {
            "shock": shown,
            "pnl": pnl / unit,
            "slope": straight / unit,
            "size": [shock_size(shock) for shock in spec.shocks],
            "exact": [signed(value, _decimals(result)) for value in pnl.tolist()],
            "colour": np.where(pnl < 0, theme.LOSS, theme.ACCENT),
        },
        name="rungs",
    )
    plot.hspan(y=[0.0], line_color=theme.LINE)
    plot.line("shock", "slope", source=source, line_color=theme.MUTED, line_dash="dashed", line_width=1)
    plot.line("shock", "pnl", source=source, line_color=theme.ACCENT, line_width=2)
    points = plot.scatter("shock", "pnl", source=source, size=7, fill_color="colour", line_color="white")
    tooltips = [("shock", "@size"), (f"P&L, {currency}", "@exact")]
    plot.add_tools(HoverTool(renderers=[points], tooltips=tooltips))
    return plot


def _pnl(value: float, decimals: int) -> Cell:
    return Cell(signed(value, decimals), value, look="rk-loss" if value < 0 else "rk-gain" if value > 0 else "")


def _decimals(result: SensitivityResult) -> int:
    largest = max(abs(result.value), float(np.abs(result.pnl).max(initial=0.0)))
    return decimals_of(largest, result.portfolio.base_currency)
