"""A mixed book on a made-up history: stocks in two currencies, cash, an option, a bond."""

from datetime import date

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position, ZeroCouponBond

FACTORS = (
    RiskFactor("ABC", "equity", "USD"),
    RiskFactor("ABC.vol", "volatility", "USD"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("JPYUSD", "fx", "USD", "log"),
    RiskFactor("SAP", "equity", "EUR"),
    RiskFactor("UST10", "yield", "USD"),
)
START = np.array([50.0, 0.3, 1.2, 0.01, 100.0, 0.02])
SIZES = np.array([0.02, 0.01, 0.005, 0.006, 0.015, 0.0006])


@pytest.fixture(scope="session")
def history() -> FactorHistory:
    rng = np.random.default_rng(41)
    moves = rng.standard_t(5, (320, 6)) * np.sqrt(3 / 5) @ np.linalg.cholesky(0.7 * np.eye(6) + 0.3) * SIZES
    relative = np.array([True, False, True, True, True, False])
    levels = np.where(relative, START * np.exp(np.cumsum(moves, axis=0)), START + 0.05 * np.cumsum(moves, axis=0))
    return FactorHistory(FACTORS, np.datetime64("2019-01-01") + np.arange(320), levels, ("made up",))


@pytest.fixture(scope="session")
def book() -> Portfolio:
    held = [
        (Equity("ABC", "USD"), -200.0),
        (Equity("SAP", "EUR"), 100.0),
        (Cash("JPY"), 5e5),
        (EuropeanOption("ABC put", "USD", "ABC", "ABC.vol", 48.0, date(2020, 9, 18), "put", multiplier=100.0), 1.0),
        (ZeroCouponBond("Z", "USD", "UST10", date(2025, 3, 16)), 50.0),
    ]
    return Portfolio("mixed", "EUR", tuple(Position(instrument, q) for instrument, q in held))
