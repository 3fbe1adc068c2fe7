"""The four worst days of the S&P 500 since 1990, by their widely reported falls, found by the search of the history."""

import numpy as np
import pytest

from riskkit.feeds.skfolio_prices import index_level
from riskkit.market import align
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.stress import WorstSpec, worst_of_history

WORST = {
    "2020-03-16": -0.1198,
    "2020-03-12": -0.0951,
    "2008-10-15": -0.0903,
    "2008-12-01": -0.0893,
}


def test_the_four_worst_days() -> None:
    history = align([index_level()])
    book = Portfolio("index", "USD", (Position(Equity("SP500", "USD"), 1.0),))
    result = worst_of_history(book, history, WorstSpec(1, 4))
    assert [str(row.scenario.window[1]) for row in result.rows] == list(WORST)
    assert [row.fraction for row in result.rows] == pytest.approx(list(WORST.values()), abs=5e-5)
    assert np.diff([row.pnl for row in result.rows]).min() > 0
