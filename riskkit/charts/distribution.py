"""The P&L distribution with VaR and expected shortfall marked on it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from bokeh.models import BasicTickFormatter, ColumnDataSource, HoverTool, Range1d
from numpy.typing import NDArray

from riskkit.charts import theme
from riskkit.charts.bins import Bins, bins
from riskkit.charts.numbers import SPACE, day, days, decimals_of, level, number, scale_of, short, signed
from riskkit.charts.view import View
from riskkit.measures.empirical import worst
from riskkit.var import VarResult

#: More single losses than this are told by the bars alone.
_MOST_MARKS = 250


def pnl_distribution(result: VarResult) -> View:
    """How likely each gain or loss is, and where in it VaR and expected shortfall sit.

    Simulations: the P&L of every scenario in 60 bins, the worst k (those from VaR on) in the loss colour and each
    marked below its bar; a few extremes that would fill the axis are gathered at its ends. Parametric: the normal or
    Student-t density that the method assumes, its tail in the loss colour; for another law a normal to compare with.
    """
    found = _bins(result)
    low, high = _span(result, found)
    unit, word, _ = scale_of(max(abs(low), abs(high)))
    bars, tail, density, height = _sources(result, found, unit)
    plot = _figure(result, found, bars, density, tail, height)
    scale = f"{result.portfolio.base_currency} {word}".strip()
    plot.xaxis.axis_label = f"P&L over {days(result.spec.horizon_days)}, {scale}"
    return View(
        name="pnl_distribution",
        title="Where the loss quantile sits",
        question=_question(result) + _gathered(found),
        figure=plot,
        width="half",
        alt=f"Distribution of P&L with VaR at a loss of {number(result.var)} and expected shortfall at "
        f"{number(result.expected_shortfall)} {result.portfolio.base_currency}.",
        data=None if result.pnl is None else lambda: {"scenarios": _scenarios(result)},
    )


def _scenarios(result: VarResult) -> pd.DataFrame:
    """The P&L of every scenario, gain positive, with its day and its weight where it has one."""
    pnl = np.zeros(0) if result.pnl is None else result.pnl
    columns: dict[str, object] = {"scenario": np.arange(1, len(pnl) + 1)}
    if result.pnl_dates is not None:
        columns = {"date": pd.Series(result.pnl_dates.astype("datetime64[D]").astype(str), dtype="str")}
    weights = {} if result.scenario_weights is None else {"weight": result.scenario_weights}
    return pd.DataFrame({**columns, "pnl": pnl, **weights})


def losers(result: VarResult) -> NDArray[np.intp]:
    """Places of the losses that reach VaR, largest first; of equal ones only as many as its rank takes."""
    if result.pnl is None or not result.pnl.size:
        return np.empty(0, np.intp)
    losses = -result.pnl
    if result.scenario_weights is None and result.spec.estimators.quantile == "order_statistic":
        return worst(losses, result.spec.confidence_level).indices
    count = int((losses >= result.var - 1e-12 * abs(result.var)).sum())
    return np.argsort(-losses, kind="stable")[: max(1, count)]


def tail_count(result: VarResult) -> int:
    """How many of the losses reach VaR."""
    return len(losers(result))


def _bins(result: VarResult) -> Bins | None:
    """Where scenarios are counted; None where there are none."""
    if result.pnl is None or not result.pnl.size:
        return None
    return bins(result.pnl, (-result.var, -result.expected_shortfall))


def _span(result: VarResult, found: Bins | None) -> tuple[float, float]:
    """Everything drawn."""
    points = [-result.var, -result.expected_shortfall]
    if found is not None:
        points += [float(found.edges[0]), float(found.edges[-1])]
    elif result.pnl is None and result.standard_deviation:
        points += [-4 * result.standard_deviation, 4 * result.standard_deviation]
    return min(points), max(points)


def _gathered(found: Bins | None) -> str:
    """The sentence that says which draws lie beyond the axis."""
    sides = [(found.below, "loss"), (found.above, "gain")] if found else []
    told = [
        "the largest " + word
        if count == 1
        else f"the {number(count)} largest {'losses' if word == 'loss' else 'gains'}"
        for count, word in sides
        if count
    ]
    return f" So that they do not fill the axis, {' and '.join(told)} are gathered at its ends." if told else ""


def _question(result: VarResult) -> str:
    horizon = days(result.spec.horizon_days)
    if result.pnl is None:
        return f"P&L over {horizon} {_law(result)}"
    k, n = tail_count(result), number(result.n_scenarios)
    red = f"{'the worst one' if k == 1 else f'the worst {number(k)}'} in red."
    if result.scenario_weights is not None:
        red += " Bars count scenarios; in VaR newer ones weigh more."
    if result.pnl_dates is None:
        return f"P&L of the book in {n} simulated scenarios; {red}"
    first, last = result.pnl_dates[0].item(), result.pnl_dates[-1].item()
    moves = f"past market moves{_REWORKED[result.spec.historical.weighting]}"
    return f"P&L of today's book in {n} {moves}, {day(first)} to {day(last)}; {red}"


#: What became of the past moves before the book was valued under them.
_REWORKED = {
    "plain": "",
    "age": "",
    "volatility": " scaled to the last volatility",
    "filtered": " filtered and scaled by GARCH",
}


def _law(result: VarResult) -> str:
    """What the parametric method takes the P&L to be, and what the curve is."""
    form = result.spec.parametric
    deviation = f"standard deviation {number(result.standard_deviation)} {result.portfolio.base_currency}"
    if result.degrees_of_freedom is not None:
        freedom = number(result.degrees_of_freedom, 2)
        return f"taken as Student-t with {freedom} degrees of freedom, {deviation}; losses from VaR on in red."
    if _is_normal(result):
        return f"taken as normal, {deviation}; losses from VaR on in red."
    how = "by a Cornish-Fisher expansion" if form.quadratic == "none" else "of the book to second order (delta-gamma)"
    return f"{how}, {deviation}. The curve is a normal of that deviation, only to compare the two lines with."


def _is_normal(result: VarResult) -> bool:
    return (result.spec.parametric.distribution, result.spec.parametric.quadratic) == ("normal", "none")


Columns = dict[str, Any]


def _sources(result: VarResult, found: Bins | None, unit: float) -> tuple[Columns, Columns, Columns, float]:
    """Bars, single losses, density curve, and how high they reach; those that do not apply are empty."""
    bars: Columns = {"left": [], "right": [], "calm": [], "top": [], "range": [], "count": []}
    tail: Columns = {"x": [], "y": [], "pnl": [], "date": []}
    density: Columns = {"x": [], "y": [], "tail": []}
    if result.pnl is None:
        density, height = _density(result, unit)
        return bars, tail, density, height
    if found is None:
        return bars, tail, density, 1.0
    places = losers(result)
    bars, height = _bars(result, found, places, unit)
    if len(places) <= _MOST_MARKS:
        tail = _marks(result, found, places, unit, height)
    return bars, tail, density, height


def _density(result: VarResult, unit: float) -> tuple[Columns, float]:
    """The normal or Student-t curve around no change; under another law a normal one, with no tail of its own."""
    sigma, quantile, freedom = result.standard_deviation, -result.var, result.degrees_of_freedom
    if sigma <= 0:
        return {"x": [], "y": [], "tail": []}, 1.0
    x = np.linspace(-4 * sigma, 4 * sigma, 321)
    x = np.sort(np.append(x, quantile))
    if freedom is None:
        y = np.exp(-0.5 * (x / sigma) ** 2)
    else:  # sigma is the deviation, freedom / (freedom - 2) times the square of the scale
        y = (1 + (x / sigma) ** 2 / (freedom - 2)) ** (-(freedom + 1) / 2)
    red = x <= quantile if freedom is not None or _is_normal(result) else np.zeros(len(x), bool)
    return {"x": x / unit, "y": y, "tail": np.where(red, y, 0.0)}, 1.0


def _bars(result: VarResult, found: Bins, places: NDArray[np.intp], unit: float) -> tuple[Columns, float]:
    pnl = result.pnl if result.pnl is not None else np.empty(0)
    counts, edges = found.counts(pnl), found.edges
    decimals = decimals_of(float(edges[-1] - edges[0]), result.portfolio.base_currency)
    bars = {
        "left": edges[:-1] / unit,
        "right": edges[1:] / unit,
        "calm": found.counts(pnl[places]),
        "top": counts,
        "range": found.ranges(decimals),
        "count": [number(count) for count in counts],
    }
    return bars, float(counts.max())


def _marks(result: VarResult, found: Bins, places: NDArray[np.intp], unit: float, height: float) -> Columns:
    pnl = result.pnl[places] if result.pnl is not None else np.empty(0)
    decimals = decimals_of(float(np.abs(pnl).max()), result.portfolio.base_currency)
    dated = [day(result.pnl_dates[i].item()) for i in places] if result.pnl_dates is not None else [""] * len(places)
    return {
        "x": found.placed(pnl) / unit,
        "y": np.full(len(places), -0.035 * height),
        "pnl": [signed(value, decimals) for value in pnl],
        "date": dated,
    }


def _ends(found: Bins | None, bars: Columns, height: float) -> Columns:
    """A label over each bar that gathers what lies beyond it."""
    ends = [] if found is None else [(0, found.below, "left", "left"), (-1, found.above, "right", "right")]
    shown = [end for end in ends if end[1]]
    return {
        "x": [bars[edge][place] for place, _, edge, _ in shown],
        "y": [bars["top"][place] + 0.02 * height for place, *_ in shown],
        "text": [f"{number(count)} further" for _, count, *_ in shown],
        "align": [align for *_, align in shown],
    }


def _lines(result: VarResult, unit: float, middle: float, height: float) -> Columns:
    """VaR and expected shortfall as lines with a label in a row of its own, above the bars.

    Labels run towards the middle. The line further out is the taller, so that its label passes over the other line.
    """
    at = np.array([-result.var, -result.expected_shortfall]) / unit
    rightwards = at[0] < middle
    outer = 1 if rightwards else 0
    tops = np.full(2, 1.12 * height)
    tops[outer] = 1.28 * height
    chance = level(result.spec.confidence_level)
    return {
        "x": at,
        "top": tops,
        "text": [
            f"VaR {chance}{SPACE}{SPACE}{short(result.var)}",
            f"Expected shortfall{SPACE}{SPACE}{short(result.expected_shortfall)}",
        ],
        "align": ["left" if rightwards else "right"] * 2,
        "offset": [6.0 if rightwards else -6.0] * 2,
        "colour": [theme.LOSS, theme.INK],
        "dash": ["solid", "dashed"],
    }


def _figure(
    result: VarResult, found: Bins | None, bars: Columns, density: Columns, tail: Columns, height: float
) -> Any:
    low, high = _span(result, found)
    unit = scale_of(max(abs(low), abs(high)))[0]
    air = 0.03 * (high - low) / unit or 1.0
    start, end = low / unit - air, high / unit + air
    plot = theme.plain_figure(
        height=400,
        x_range=Range1d(start=start, end=end, name="x_range"),
        y_range=Range1d(start=-0.07 * height, end=1.4 * height, name="y_range"),
        label="",
    )
    bar_source = ColumnDataSource(bars, name="bars")
    columns = {"left": "left", "right": "right", "source": bar_source, "line_color": "white", "line_width": 0.5}
    calm = plot.quad(bottom="calm", top="top", fill_color=theme.CALM, **columns)
    red = plot.quad(bottom=0, top="calm", fill_color=theme.LOSS, **columns)
    curve = ColumnDataSource(density, name="density")
    plot.varea(x="x", y1=0, y2="y", source=curve, fill_color=theme.CALM, fill_alpha=0.45)
    plot.varea(x="x", y1=0, y2="tail", source=curve, fill_color=theme.LOSS)
    plot.line(x="x", y="y", source=curve, line_color=theme.MUTED, line_width=1.5)
    marks = plot.scatter(
        x="x", y="y", source=ColumnDataSource(tail, name="tail"), marker="inverted_triangle", size=7,
        fill_color=theme.LOSS, line_color=None,
    )  # fmt: skip
    lines = ColumnDataSource(_lines(result, unit, 0.5 * (start + end), height), name="lines")
    plot.segment(x0="x", x1="x", y0=0, y1="top", source=lines, line_color="colour", line_dash="dash", line_width=2)
    plot.text(
        x="x", y="top", text="text", text_align="align", x_offset="offset", y_offset=0, source=lines,
        text_baseline="top", **(theme.text_style() | {"text_color": "colour"}),
    )  # fmt: skip
    plot.text(
        x="x", y="y", text="text", text_align="align", text_baseline="bottom",
        source=ColumnDataSource(_ends(found, bars, height), name="ends"),
        **(theme.text_style() | {"text_color": theme.MUTED, "text_font_size": "12px"}),
    )  # fmt: skip
    plot.xaxis.formatter = BasicTickFormatter(use_scientific=False)
    plot.yaxis.axis_label = f"scenarios, of {number(result.n_scenarios)}" if result.pnl is not None else "density"
    plot.yaxis.major_label_text_font_size = "12px" if result.pnl is not None else "0px"
    plot.xgrid.grid_line_color = None
    currency = result.portfolio.base_currency
    plot.add_tools(
        HoverTool(renderers=[calm, red], tooltips=[(f"P&L, {currency}", "@range"), ("scenarios", "@count")]),
        HoverTool(renderers=[marks], tooltips=[("date", "@date"), (f"P&L, {currency}", "@pnl")]),
    )
    return plot
