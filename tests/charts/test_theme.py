"""One look for every figure, set on the models."""

import pytest
from bokeh.models import Range1d

from riskkit import charts
from riskkit.charts import theme


def test_a_figure_fills_its_card_without_chrome():
    plot = theme.plain_figure(height=100, x_range=Range1d(start=0, end=1), y_range=Range1d(start=0, end=1), label="x")
    assert plot.sizing_mode == "stretch_width"
    assert plot.toolbar_location is None
    assert {axis.major_label_text_font for axis in plot.axis} == {theme.FONT}


@pytest.mark.parametrize("token", ["INK", "MUTED", "LINE", "ACCENT", "CALM", "LOSS", "HEDGE"])
def test_figures_and_pages_share_their_colours(token):
    css = charts.__path__[0] + "/look.css"
    with open(css) as file:  # noqa: PTH123
        assert f"--rk-{token.lower()}: {getattr(theme, token)};" in file.read()
