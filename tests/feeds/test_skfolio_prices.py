"""The demo's shares and index are the real ones: figures that can be looked up elsewhere."""

import subprocess
import sys

import numpy as np
import pytest

from riskkit.feeds.skfolio_prices import DECAY, START, index_level, index_volatility, share_prices
from riskkit.market import FactorSeries, RiskFactor


def change(series, first, last):
    level = {str(day): level for day, level in zip(series.dates, series.levels, strict=True)}
    return level[last] / level[first] - 1


def test_twenty_shares_from_1990_to_2022_without_gaps():
    shares = share_prices()
    assert len({one.factor.name for one in shares}) == len(shares) == 20
    for one in shares:
        assert (str(one.dates[0]), str(one.dates[-1]), len(one.dates)) == ("1990-01-02", "2022-12-28", 8313)
        assert (one.levels > 0).all()
        assert "licence" in one.factor.source


@pytest.mark.parametrize(
    ("first", "last", "published"),
    [
        # S&P 500 closes as published by S&P Dow Jones Indices: falls of the two crises, in percent.
        ("2007-10-09", "2009-03-09", -56.78),
        ("2020-02-19", "2020-03-23", -33.92),
        ("2008-09-12", "2008-10-10", -28.16),
    ],
)
def test_the_index_falls_as_it_did(first, last, published):
    assert change(index_level(), first, last) * 100 == pytest.approx(published, abs=0.005)


def test_skfolio_itself_is_not_imported():
    """Its import takes seconds; only its data files are read."""
    asked = "import sys; from riskkit.feeds.skfolio_prices import share_prices; share_prices(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert "riskkit.feeds.skfolio_prices" in loaded
    assert "skfolio" not in loaded


def test_volatility_by_hand():
    days = np.datetime64("2020-01-01") + np.arange(START + 3)
    returns = np.full(START + 2, 0.01)
    returns[-1] = 0.03
    index = FactorSeries(RiskFactor("X", "equity", "USD"), days, 100 * np.exp(np.concatenate([[0], returns.cumsum()])))
    made = index_volatility(index)
    assert made.factor.name == "X.vol"
    assert (made.factor.kind, made.factor.return_type) == ("volatility", "absolute")
    assert (made.dates == days[START:]).all()
    expected = [1e-4, 1e-4, DECAY * 1e-4 + (1 - DECAY) * 9e-4]
    assert made.levels == pytest.approx(np.sqrt(np.array(expected) * 252), rel=1e-12)


def test_volatility_says_what_it_is_and_looks_only_back():
    index = index_level()
    made = index_volatility(index)
    assert "not an implied volatility" in made.factor.source
    half = FactorSeries(index.factor, index.dates[:4000], index.levels[:4000])
    assert (index_volatility(half).levels == made.levels[: 4000 - START]).all()
    assert 0.03 < made.levels.min() < made.levels.max() < 1.2
