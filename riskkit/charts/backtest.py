"""Did past VaR hold? Exceptions counted, drawn and tested."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.models import BasicTickFormatter, ColumnDataSource, DatetimeTickFormatter, HoverTool, Range1d
from markupsafe import Markup
from numpy.typing import NDArray

from riskkit.backtest import BacktestResult, Verdict
from riskkit.charts import theme
from riskkit.charts.headline import method_name
from riskkit.charts.markup import Cell, Column, Row, Tile, empty, facts, table, tiles
from riskkit.charts.numbers import (
    SPACE,
    day,
    days,
    decimals_of,
    level,
    number,
    percent,
    scale_of,
    shortened,
    signed,
)
from riskkit.charts.view import View

#: Tests of the expected shortfall and of the tail's shape; the others are of the exceptions.
TAIL_TESTS = frozenset(
    {
        "mcneil_frey",
        "acerbi_szekely_z1",
        "acerbi_szekely_z2",
        "acerbi_szekely_z3",
        "du_escanciano",
        "du_escanciano_conditional",
    }
)
#: Rows of the table of exceptions; the worst of a longer list are shown.
MOST_EXCEPTIONS = 25
#: The zone's tile has its colour; its word says the same.
_LOOKS = {"green": "rk-ok", "yellow": "rk-warn", "red": "rk-bad"}
_ZONES = {
    "green": "as many as a right model gives",
    "yellow": "more than a right model gives most of the time",
    "red": "too many for a right model",
}


def backtest_headline(result: BacktestResult) -> View:
    """Exceptions against those expected, Basel's zone and multiplier, and the worst day."""
    return View(
        name="backtest_headline",
        html=tiles(_tiles(result)) + facts(_facts(result)),
        width="tiles",
        data=lambda: {name: result.tables()[name] for name in ("summary", "tests")},
    )


def _tiles(result: BacktestResult) -> list[Tile]:
    light, n = result.light, len(result.pnl)
    currency, worst = result.portfolio.base_currency, int(np.argmin(result.pnl))
    multiplier = Tile("multiplier", "Basel multiplier", "–", "", "set for 250 days at 99 % only")
    if light.multiplier is not None:
        note = "on capital, by the number of exceptions (MAR99)"
        multiplier = Tile("multiplier", "Basel multiplier", number(light.multiplier, 2), "", note, light.multiplier)
    ratio = f"{number(-result.pnl[worst] / result.var[worst], 2)}{SPACE}×{SPACE}VaR" if result.var[worst] > 0 else ""
    return [
        Tile(
            "exceptions",
            "Exceptions",
            number(result.n_exceptions),
            f"in {days(n)}",
            f"{number(result.expected_exceptions, 1)} expected at {level(result.spec.confidence_level)}",
            result.n_exceptions,
        ),
        Tile(
            "zone_probability",
            "Basel zone",
            result.zone.capitalize(),
            "",
            f"{_ZONES[result.zone]}; this many or more by chance: {percent(light.type_one_error, 1)}",
            light.cumulative_probability,
            _LOOKS[result.zone],
        ),
        multiplier,
        Tile(
            "worst_pnl",
            "Worst day, P&L",
            signed(float(result.pnl[worst]), _decimals(result)),
            currency,
            " · ".join(filter(None, (day(result.dates[worst].item()), ratio))),
            float(result.pnl[worst]),
        ),
    ]


def _facts(result: BacktestResult) -> list[str]:
    spec = result.spec
    return [
        method_name(spec),
        f"{number(spec.n_paths)} paths a day" if spec.method.startswith("monte_carlo") else "",
        f"{number(spec.lookback_days)} daily returns before each forecast",
        f"horizon {days(spec.horizon_days)}",
        f"{day(result.dates[0].item())} to {day(result.dates[-1].item())}",
        "today's quantities, held fixed" if spec.book == "today" else "each day the book that was held",
    ]


def backtest_days(result: BacktestResult) -> View:
    """Each day's P&L against the VaR of the evening before; a triangle marks each exception."""
    chance = level(result.spec.confidence_level)
    return View(
        name="backtest_days",
        title="P&L against VaR, day by day",
        question=f"Bars are P&L, the line is −VaR {chance} as forecast before; ▼ marks each loss beyond it.",
        figure=_plot(result),
        alt=_spoken(result),
        data=lambda: {name: result.tables()[name] for name in ("days", "exceptions")},
    )


def _spoken(result: BacktestResult) -> str:
    when = ", ".join(day(one.item()) for one in result.dates[result.exceptions][:10])
    return f"{result.n_exceptions} exceptions in {len(result.pnl)} outcomes{': ' + when if when else ''}."


def _plot(result: BacktestResult) -> Any:
    lowest = min(float(result.pnl.min()), float(-result.var.max()))
    highest = max(float(result.pnl.max()), float(-result.var.min()), 0.0)
    unit, word, _ = scale_of(max(abs(lowest), abs(highest)))
    air = 0.06 * (highest - lowest) / unit or 1.0
    dates, currency = result.dates.astype("datetime64[ms]"), result.portfolio.base_currency
    plot = theme.plain_figure(
        height=290,
        x_range=Range1d(start=_ms(dates[0], -3), end=_ms(dates[-1], 3), name="x_range"),
        y_range=Range1d(start=lowest / unit - 2 * air, end=highest / unit + air, name="y_range"),
        label="",
        x_axis_type="datetime",
    )
    plot.yaxis.axis_label = f"{currency} {word}".rstrip()
    plot.xgrid.grid_line_color = None
    plot.yaxis.formatter = BasicTickFormatter(use_scientific=False)
    plot.xaxis.formatter = DatetimeTickFormatter(days="%d %b %Y", months="%b %Y", years="%Y")
    plot.xaxis.ticker.desired_num_ticks = 6
    marked = ColumnDataSource(_columns(result, unit, result.exceptions), name="exceptions")
    source = ColumnDataSource(_columns(result, unit, np.ones(len(dates), np.bool_)), name="days")
    plot.segment("date", 0, "date", "pnl", source=source, line_color=theme.CALM, line_width=2)
    plot.step("date", "bound", source=source, line_color=theme.ACCENT, line_width=2, mode="after")
    points = plot.scatter(
        "date", "pnl", source=marked, marker="inverted_triangle", size=11, fill_color=theme.LOSS, line_color="white"
    )
    bars = plot.scatter("date", "pnl", source=source, size=7, fill_alpha=0, line_alpha=0)
    tooltips = [("", "@day"), (f"P&L, {currency}", "@exact"), (f"VaR before, {currency}", "@forecast")]
    plot.add_tools(HoverTool(renderers=[bars, points], tooltips=tooltips))
    return plot


def _columns(result: BacktestResult, unit: float, rows: NDArray[np.bool_]) -> dict[str, Any]:
    pnl, var, decimals = result.pnl[rows], result.var[rows], _decimals(result)
    dates = result.dates[rows]
    return {
        "date": dates.astype("datetime64[ms]"),
        "pnl": pnl / unit,
        "bound": -var / unit,
        "day": [day(one.item()) for one in dates],
        "exact": [signed(value, decimals) for value in pnl.tolist()],
        "forecast": [number(value, decimals) for value in var.tolist()],
    }


def _ms(date: np.datetime64, more_days: int) -> float:
    return float((date + np.timedelta64(more_days, "D")).astype("datetime64[ms]").astype(np.int64))


def backtest_exceptions(result: BacktestResult) -> View:
    """Every day on which the loss exceeded its VaR, with how far it went."""
    currency, decimals = result.portfolio.base_currency, _decimals(result)
    rows = np.flatnonzero(result.exceptions)
    total = len(rows)
    if total > MOST_EXCEPTIONS:
        rows = np.sort(rows[np.argsort(result.pnl[rows], kind="stable")[:MOST_EXCEPTIONS]])
    columns = [
        Column("Day"),
        Column(f"P&L, {currency}", numeric=True),
        Column("VaR before", numeric=True),
        Column("Expected shortfall", numeric=True),
        Column("Loss / VaR", numeric=True),
    ]
    body: list[Row] = [
        [
            Cell(day(result.dates[row].item())),
            Cell(signed(result.pnl[row], decimals), float(result.pnl[row]), look="rk-loss"),
            Cell(number(result.var[row], decimals), float(result.var[row])),
            Cell(number(result.expected_shortfall[row], decimals), float(result.expected_shortfall[row])),
            Cell(number(-result.pnl[row] / result.var[row], 2) if result.var[row] > 0 else "–"),
        ]
        for row in rows
    ]
    which = f"The worst {MOST_EXCEPTIONS} of {number(total)}" if total > MOST_EXCEPTIONS else "Every day"
    return View(
        name="backtest_exceptions",
        title="The exceptions",
        question=f"{which} on which the loss exceeded the VaR forecast for it.",
        html=table(columns, body, caption="Exceptions") if body else empty("No loss exceeded its VaR."),
    )


def backtest_tests(result: BacktestResult) -> View:
    """Whether exceptions come as often, and as much by surprise, as they should."""
    return View(
        name="backtest_tests",
        title="Number and order of the exceptions",
        question="A p-value below 5 % says that a right VaR would hardly ever look like this.",
        html=_tests([one for one in result.verdicts if one.test not in TAIL_TESTS]),
    )


def backtest_tail_tests(result: BacktestResult) -> View:
    """Whether losses beyond VaR are as large as the expected shortfall says."""
    return View(
        name="backtest_tail_tests",
        title="Expected shortfall and the tail",
        question="How large the losses beyond VaR were, against the expected shortfall forecast for them.",
        html=_tests([one for one in result.verdicts if one.test in TAIL_TESTS]),
    )


def _tests(verdicts: list[Verdict]) -> Markup:
    columns = [
        Column("Test"),
        Column("Statistic", numeric=True),
        Column("p-value", numeric=True),
        Column("Holds?"),
        Column("In words"),
    ]
    return table(columns, [_test(one) for one in verdicts], caption="Tests")


def _test(one: Verdict) -> Row:
    p = one.p_value if one.exact_p_value is None else one.exact_p_value
    how = "simulation" if one.test == "time_between_failures" else "enumeration"
    exact = f"exact, by {how}" if one.exact_p_value is not None else ""
    badge = Markup('<span class="rk-badge">rejected</span>') if one.rejects else "holds" if p is not None else "–"
    return [
        Cell(shortened(one.title, 60)),
        Cell("–") if one.statistic is None else Cell(number(one.statistic, 2), one.statistic),
        Cell("–") if p is None else Cell(_chance(p), p, note=exact),
        Cell(badge),
        Cell(one.sentence, look="rk-muted rk-small"),
    ]


def _chance(p: float) -> str:
    """A p-value: below a tenth of a per mille nobody reads digits.

    >>> _chance(0.0427), _chance(0.00001)
    ('0.043', '<\xa00.0001')
    """
    return f"<{SPACE}0.0001" if p < 0.0001 else f"{p:.2g}"


def _decimals(result: BacktestResult) -> int:
    largest = max(abs(float(result.pnl.min())), float(np.abs(result.var).max()))
    return decimals_of(largest, result.portfolio.base_currency)
