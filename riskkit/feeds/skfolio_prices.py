"""Twenty US shares and the S&P 500 from 1990 to 2022, as they come with the package skfolio."""

from __future__ import annotations

import csv
import gzip

import numpy as np

from riskkit.feeds.installed import data_file, release
from riskkit.market import FactorSeries, RiskFactor

#: Decay of the exponentially weighted variance, and the returns whose mean square it starts from.
DECAY, START = 0.94, 60
_TRADING_DAYS = 252

_LICENCE = "code BSD-3-Clause; the prices are published for testing and examples only, without a licence of their own"


def share_prices() -> tuple[FactorSeries, ...]:
    """Adjusted daily closing prices of 20 shares, USD, 1990-01-02 to 2022-12-28."""
    source = f"Share prices: {release('skfolio')}, sp500_dataset, adjusted daily closes ({_LICENCE})."
    return _read("sp500_dataset.csv.gz", source)


def index_level() -> FactorSeries:
    """The S&P 500, same days."""
    (level,) = _read("sp500_index.csv.gz", f"S&P 500: {release('skfolio')}, sp500_index, daily closes ({_LICENCE}).")
    return level


def index_volatility(index: FactorSeries) -> FactorSeries:
    """Annualised volatility of an index by its own past daily returns, decimal: a stand-in for implied volatility.

    The variance is exponentially weighted, v(t) = 0.94 v(t-1) + 0.06 r(t)^2, from the mean square of the first 60
    returns on, and annualised with 252 days.

    References
    ----------
    RiskMetrics, Technical Document, 4th edition (1996), section 5.2: decay 0.94 for daily data.
    """
    squares = np.diff(np.log(index.levels)) ** 2
    variance = float(squares[:START].mean())
    levels = [variance]
    for square in squares[START:].tolist():
        variance = DECAY * variance + (1.0 - DECAY) * square
        levels.append(variance)
    source = (
        f"Volatility of {index.factor.name}: calculated from the index's own daily log returns (exponentially "
        f"weighted, decay {DECAY}, annualised with {_TRADING_DAYS} days); it is not an implied volatility."
    )
    factor = RiskFactor(f"{index.factor.name}.vol", "volatility", index.factor.currency, "absolute", source)
    return FactorSeries(factor, index.dates[START:], np.sqrt(np.array(levels) * _TRADING_DAYS))


def _read(name: str, source: str) -> tuple[FactorSeries, ...]:
    with gzip.open(data_file("skfolio", "datasets", "data", name), "rt", newline="") as file:
        header, *lines = csv.reader(file)
    dates = np.array([line[0] for line in lines], "datetime64[D]")
    levels = np.array([line[1:] for line in lines], np.float64)
    return tuple(
        FactorSeries(RiskFactor(symbol, "equity", "USD", source=source), dates, levels[:, column])
        for column, symbol in enumerate(header[1:])
    )
