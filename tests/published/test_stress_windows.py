"""The windows of parameters/scenarios replayed on the S&P 500 through the product's own path."""

from pathlib import Path

import numpy as np
import pytest

from riskkit.feeds.skfolio_prices import index_level
from riskkit.market import align
from riskkit.parameters.scenario_file import load_scenarios
from riskkit.portfolio import Equity, Portfolio, Position
from riskkit.stress import stress_test

SCENARIOS = load_scenarios(Path(__file__).parents[2] / "parameters" / "scenarios")
#: Close to close, to a hundredth of a percent; the closes stand in each scenario's file.
FALLS = {
    "dot_com_2000_2002": -0.4915,
    "september_11_2001": -0.1160,
    "gfc_2007_2009": -0.5678,
    "lehman_2008": -0.2816,
    "euro_debt_2011": -0.1677,
    "volmageddon_2018": -0.0854,
    "covid_2020": -0.3392,
    "black_monday_1987": -0.2047,
    "equities_down_20_vol_up_15": -0.20,
}


@pytest.fixture(scope="module")
def rows():
    book = Portfolio("index", "USD", (Position(Equity("SP500", "USD"), 1000.0),))
    result = stress_test(book, align([index_level()]), SCENARIOS)
    return {row.scenario.name: row for row in result.rows}


@pytest.mark.parametrize("name", FALLS)
def test_the_index_falls_as_it_did(rows, name):
    assert rows[name].status == "ok"
    assert np.isclose(rows[name].fraction, FALLS[name], atol=5e-5)


@pytest.mark.parametrize("name", ["dollar_up_10", "rates_up_200bp"])
def test_what_does_not_reach_the_book_is_not_a_zero(rows, name):
    assert rows[name].status == "not_applicable"
    assert rows[name].note
