"""One look for every figure: the colours of look.css, one type face, no chrome; set on the models, not on the page."""

from __future__ import annotations

from typing import Any, Final

from bokeh.core.properties import value
from bokeh.models import Range1d
from bokeh.plotting import figure

# The tokens of look.css. Blue, vermilion and teal stay apart for every kind of colour blindness, and no view tells
# anything by colour alone.
INK: Final = "#14213d"
MUTED: Final = "#5c677d"
LINE: Final = "#d9dee7"
GRID: Final = "#eef1f6"
ACCENT: Final = "#1f5fbf"
CALM: Final = "#9db4d6"
LOSS: Final = "#b3261e"
HEDGE: Final = "#0b7a75"
FONT: Final = "Inter, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', sans-serif"


def plain_figure(*, height: int, x_range: Range1d, y_range: Range1d, label: str, **options: Any) -> Any:
    """An empty figure as wide as its card, in the house look.

    Parameters
    ----------
    height : int
        [px]
    x_range, y_range : bokeh ranges
        With a `name`, so that a live view can move them.
    label : str
        Of the horizontal axis: what it counts, and its unit.
    **options
        Further options of a bokeh figure.
    """
    plot = figure(
        name="plot",
        height=height,
        sizing_mode="stretch_width",
        x_range=x_range,
        y_range=y_range,
        toolbar_location=None,
        tools="",
        background_fill_color=None,
        border_fill_color=None,
        outline_line_color=None,
        min_border_left=4,
        min_border_right=6,
        **options,
    )
    plot.xaxis.name, plot.yaxis.name = "x_axis", "y_axis"
    plot.xaxis.axis_label = label
    for axis in plot.axis:
        dress(axis)
    plot.grid.grid_line_color = GRID
    return plot


def dress(axis: Any) -> None:
    """Give an axis the house look: labels, a faint line, no ticks."""
    axis.axis_label_text_font = axis.major_label_text_font = FONT
    axis.axis_label_text_font_size = axis.major_label_text_font_size = "12px"
    axis.axis_label_text_font_style = "normal"
    axis.axis_label_text_color = axis.major_label_text_color = MUTED
    axis.axis_line_color = LINE
    axis.major_tick_line_color = axis.minor_tick_line_color = None
    axis.axis_label_standoff = 8


def text_style(colour: str = INK) -> dict[str, Any]:
    """How text inside a figure is set."""
    return {"text_font": value(FONT), "text_font_size": value("12px"), "text_color": value(colour)}
