"""Where the VaR comes from: by position, by asset class, as bars and as a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import (
    BasicTickFormatter,
    ColumnDataSource,
    FixedTicker,
    HoverTool,
    LinearAxis,
    Range1d,
)
from markupsafe import Markup
from numpy.typing import NDArray

from riskkit.charts import theme
from riskkit.charts.markup import Cell, Column, empty, name, table
from riskkit.charts.numbers import decimals_of, distinct, number, percent, scale_of, short
from riskkit.charts.view import View
from riskkit.var import VarResult
from riskkit.var.result import Grouping

#: Bars that can still be read; the smallest of a larger book are summed in one. A group's chart is a small one.
MOST_BARS = 20
MOST_GROUPS = 12
_NAME_LENGTH = 22
#: Of VaR: less is rounding, and no bar.
_NOTHING = 1e-9
_NO_POSITIONS = "This book has no positions on this day."


def component_var(result: VarResult) -> View:
    """Which positions add to VaR, and which hedge? Euler shares; they sum to VaR."""
    values = result.components.set_index("position")["component_var"].astype(float)
    return View(
        name="component_var",
        title="What causes it",
        question="Component VaR by position; the shares sum to VaR. Hatched bars hedge the rest.",
        html=_empty(result),
        figure=_bars(values, result),
        width="half",
        alt=_spoken(values),
        data=lambda: {"components": result.components},
    )


def component_var_by_asset_class(result: VarResult) -> View:
    """The same shares, summed by asset class."""
    return _grouped(result, "asset_class", "Which kind of asset carries it", "asset class")


def component_var_by_currency(result: VarResult) -> View:
    """The same shares, summed by the instrument's currency."""
    return _grouped(result, "currency", "In which currency it lies", "currency")


def component_var_by_sector(result: VarResult) -> View:
    """The same shares, summed by the instrument's sector."""
    return _grouped(result, "sector", "Which sector carries it", "sector")


def component_var_by_factor(result: VarResult) -> View:
    """What each risk factor adds when it moves alone; what several do only together is the rest."""
    frame = result.by_factor()
    values = pd.Series(frame["component_var"].to_numpy(float), index=[str(name) for name in frame["factor"]])
    if abs(values.iloc[-1]) < _NOTHING * max(abs(result.var), 1.0):
        values = values.iloc[:-1]
    values = values.rename({"cross and residual": "Only together"})
    return View(
        name="component_var_by_factor",
        title="Which market move drives it",
        question="Component VaR by risk factor; what factors do only together is a bar of its own.",
        html=_empty(result),
        figure=_bars(values, result, MOST_GROUPS),
        width="half",
        alt=_spoken(values),
        data=lambda: {"components_by_factor": frame},
    )


def components(result: VarResult) -> View:
    """Every position's value and its share of VaR and expected shortfall, with the sums they must come to."""
    frame = result.components.sort_values("component_var", ascending=False, kind="stable")
    currency = result.portfolio.base_currency
    columns = [
        Column("Position"),
        Column("Asset class"),
        Column("Quantity", numeric=True),
        Column(f"Value, {currency}", numeric=True),
        Column("Component VaR", numeric=True),
        Column("Share of VaR", numeric=True),
        Column("Component ES", numeric=True),
    ]
    body = table(
        columns,
        [_row(row, result) for row in frame.to_dict("records")],
        total=_total(frame, result),
        caption="Component VaR and expected shortfall by position",
    )
    return View(
        name="components",
        title="Component VaR by position",
        question=f"Value and Euler shares of VaR and expected shortfall in {currency}; a negative share hedges.",
        html=body if len(frame) else empty(_NO_POSITIONS),
        data=lambda: {"components": result.components, "marginal": result.marginal(), "exposures": result.exposures},
    )


def _row(row: dict[Any, Any], result: VarResult) -> list[Cell | str]:
    decimals = _decimals(result)
    quantity = float(row["quantity"])
    return [
        name(str(row["position"])),
        Cell(_words(str(row["asset_class"])), look="rk-muted"),
        Cell(number(quantity, 0 if quantity == round(quantity) else 2), quantity),
        Cell(number(row["value"], decimals), row["value"]),
        _share(row["component_var"], decimals),
        Cell(_of(row["component_var"], result.var)),
        _share(row["component_es"], decimals),
    ]


def _total(frame: pd.DataFrame, result: VarResult) -> list[Cell | str]:
    decimals = _decimals(result)
    value, var, es = (float(frame[column].sum()) for column in ("value", "component_var", "component_es"))
    return [
        Cell("Portfolio"),
        "",
        "",
        Cell(number(value, decimals), value),
        Cell(number(var, decimals), var),
        Cell(_of(var, result.var)),
        Cell(number(es, decimals), es),
    ]


def _share(value: float, decimals: int) -> Cell:
    return Cell(number(value, decimals), value, look="rk-hedge" if value < 0 else "")


def _of(part: float, whole: float) -> str:
    return percent(part / whole, 1) if whole > 0 else "–"


def _decimals(result: VarResult) -> int:
    return decimals_of(max(result.gross_value, abs(result.var)), result.portfolio.base_currency)


def _grouped(result: VarResult, column: Grouping, title: str, noun: str) -> View:
    frame = result.by(column)
    labels = [_words(str(label)) or f"No {noun}" for label in frame[column]]
    values = pd.Series(frame["component_var"].to_numpy(float), index=labels)
    return View(
        name=f"component_var_by_{column}",
        title=title,
        question=f"Component VaR summed by {noun}.",
        html=_empty(result),
        figure=_bars(values, result, MOST_GROUPS),
        width="half",
        alt=_spoken(values),
        data=lambda: {f"components_by_{column}": frame},
    )


def _empty(result: VarResult) -> Markup:
    return Markup() if len(result.components) else empty(_NO_POSITIONS)


def _spoken(values: pd.Series[float]) -> str:
    """The bars in a sentence."""
    largest = values.sort_values(ascending=False).head(3)
    return "Largest shares: " + ", ".join(f"{label} {short(value)}" for label, value in largest.items()) + "."


def _kept(values: pd.Series[float], most: int) -> pd.Series[float]:
    """The largest shares by size, sorted from adding to hedging; what is left over as one."""
    if len(values) <= most:
        return values.sort_values(ascending=False, kind="stable")
    order = np.argsort(-np.abs(values.to_numpy(float)), kind="stable")
    kept, rest = values.iloc[order[: most - 1]], values.iloc[order[most - 1 :]]
    others = pd.Series([float(rest.sum())], index=[f"{len(rest)} others"])
    return pd.concat([kept.sort_values(ascending=False, kind="stable"), others])


def _bars(values: pd.Series[float], result: VarResult, most: int = MOST_BARS) -> Any:
    kept = _kept(values, most)
    labels = distinct([str(label) for label in kept.index], _NAME_LENGTH)
    figures = kept.to_numpy(np.float64)
    unit, word, _ = scale_of(float(np.abs(figures).max(initial=0.0)))
    start, end = _bounds(np.asarray(figures / unit, np.float64))
    currency = result.portfolio.base_currency
    plot = theme.plain_figure(
        height=max(110, 64 + (22 if len(kept) <= 15 else 18) * len(kept)),
        x_range=Range1d(start=start, end=end, name="x_range"),
        y_range=Range1d(start=0, end=len(labels), name="y_range"),
        label=f"component VaR, {currency} {word}".rstrip(),
    )
    hedges = figures < 0
    source = ColumnDataSource(
        {
            "place": np.arange(len(labels))[::-1] + 0.5,
            "label": labels,
            "share": figures / unit,
            "name": [str(label) for label in kept.index],
            "exact": [number(value, _decimals(result)) for value in figures.tolist()],
            "of": [_of(value, result.var) for value in figures.tolist()],
            "colour": np.where(hedges, theme.HEDGE, theme.ACCENT),
            "hatch": np.where(hedges, "right_diagonal_line", "blank"),
        },
        name="bars",
    )
    bars = plot.hbar(
        y="place", right="share", height=0.7, source=source, fill_color="colour", line_color=None,
        hatch_pattern="hatch", hatch_color="white", hatch_alpha=0.55, hatch_scale=6,
    )  # fmt: skip
    plot.xaxis.formatter = BasicTickFormatter(use_scientific=False)
    plot.xaxis.ticker.desired_num_ticks = 4  # labels of a narrow page must not touch
    plot.ygrid.grid_line_color = None
    tooltips = [("", "@name"), (f"component VaR, {currency}", "@exact"), ("share of VaR", "@of")]
    plot.add_tools(HoverTool(renderers=[bars], tooltips=tooltips))
    # Each bar's name at the left, its figure at the right: they meet nothing, however narrow the page is.
    _texts_along(plot.yaxis[0], labels, "names")
    plot.add_layout(figures_axis := LinearAxis(), "right")
    _texts_along(figures_axis, [short(value) for value in figures.tolist()], "figures")
    return plot


def _texts_along(axis: Any, texts: list[str], name_of_axis: str) -> None:
    """One text a bar, from the top."""
    places = [place + 0.5 for place in range(len(texts))]
    theme.dress(axis)
    axis.name, axis.axis_line_color, axis.major_label_text_color = name_of_axis, None, theme.INK
    axis.ticker = FixedTicker(ticks=places, name=f"places_of_{name_of_axis}")
    axis.major_label_overrides = dict(zip(places, texts[::-1], strict=True))


def _bounds(shares: NDArray[np.float64]) -> tuple[float, float]:
    """From the largest hedge to the largest share, and a little air."""
    low, high = float(shares.min(initial=0.0)), float(shares.max(initial=0.0))
    air = 0.03 * (high - low) or 1.0
    return low - (air if low < 0 else 0.0), high + (air if high > 0 or low == 0 else 0.0)


def _words(name_in_code: str) -> str:
    """`fixed_income` as people write it."""
    return name_in_code.replace("_", " ").capitalize() if name_in_code.islower() else name_in_code
