"""Ladders and grids show the P&L of each shock, and a slope that bends."""

import json
import re

import numpy as np
import pytest

from riskkit import charts
from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import EuropeanOption, Portfolio, Position
from riskkit.stress import GridSpec, LadderSpec, sensitivity_grid, sensitivity_ladder


@pytest.fixture
def short_put():
    """A short put on an index, with its volatility."""
    factors = (RiskFactor("S", "equity", "USD"), RiskFactor("S.vol", "volatility", "USD"))
    days = np.array(["2020-01-01", "2020-01-02"], "datetime64[D]")
    put = EuropeanOption("put", "USD", "S", "S.vol", 100.0, days[1].item().replace(year=2021), "put")
    history = FactorHistory(factors, days, np.array([[100.0, 0.2], [100.0, 0.2]]))
    return Portfolio("book", "USD", (Position(put, -10_000),)), history


def exact(html):
    return [float(value) for value in re.findall(r'data-value="([^"]+)"', html)]


def test_a_ladder_has_a_point_and_a_figure_a_rung(short_put, caplog):
    result = sensitivity_ladder(*short_put, LadderSpec(n_steps=9))
    view = charts.sensitivity_ladder(result)
    assert exact(view.html)[:9] == result.pnl[:, 0].tolist()
    points = view.figure.select_one({"name": "rungs"}).data
    assert len(points["shock"]) == 9
    assert points["size"][0] == "−30\xa0%"
    bend = exact(view.html)[9:]
    assert bend[4] == 0.0
    assert max(bend) <= 1e-9, "short options lose to curvature both ways"
    json.dumps(view.bundle())
    assert caplog.messages == []
    assert "shock to equities" in view.title


def test_a_ladder_in_points_says_so(short_put):
    view = charts.sensitivity_ladder(sensitivity_ladder(*short_put, LadderSpec("S.vol", 0.15, "absolute", 3)))
    assert "+15\xa0points" in view.html
    assert view.figure.xaxis[0].axis_label == "shock"


def test_a_grid_is_every_pair_in_colour(short_put):
    result = sensitivity_grid(*short_put, GridSpec(n_steps=5))
    html = charts.sensitivity_grid(result).html
    assert exact(html) == result.pnl.reshape(-1).tolist()
    assert {"rk-heat0", "rk-heat4"} <= set(re.findall(r"rk-heat\d", html))
    rows = re.findall(r'scope="row">(.*?)</th>', html)
    assert rows == ["−30\xa0%", "−15\xa0%", "0\xa0%", "+15\xa0%", "+30\xa0%"]


def test_neither_takes_the_other(short_put):
    ladder, grid = sensitivity_ladder(*short_put), sensitivity_grid(*short_put)
    with pytest.raises(TypeError):
        charts.sensitivity_ladder(grid)
    with pytest.raises(TypeError):
        charts.sensitivity_grid(ladder)
