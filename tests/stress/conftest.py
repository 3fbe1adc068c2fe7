"""Books and a made-up history for the stress tests that read a covariance."""

from datetime import date

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, Portfolio, Position, ZeroCouponBond

FACTORS = (
    RiskFactor("ABC", "equity", "USD"),
    RiskFactor("ABC.vol", "volatility", "USD"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("INDEX", "equity", "USD", "log"),
    RiskFactor("SAP", "equity", "EUR"),
    RiskFactor("UST10", "yield", "USD"),
)
SIZES = np.array([0.02, 0.008, 0.005, 0.012, 0.015, 0.0005])


@pytest.fixture(scope="session")
def history() -> FactorHistory:
    rng = np.random.default_rng(31)
    moves = rng.standard_normal((400, 6)) @ np.linalg.cholesky(0.6 * np.eye(6) + 0.4).T * SIZES
    relative = np.array([True, False, True, True, True, False])
    start = np.array([50.0, 0.3, 1.2, 3000.0, 100.0, 0.02])
    levels = np.where(relative, start * np.exp(np.cumsum(moves, axis=0)), start + 0.05 * np.cumsum(moves, axis=0))
    return FactorHistory(FACTORS, np.datetime64("2019-01-01") + np.arange(400), levels, ("made up",))


@pytest.fixture(scope="session")
def book() -> Portfolio:
    held = [
        (Equity("ABC", "USD"), 200.0),
        (Equity("SAP", "EUR"), 100.0),
        (Cash("EUR"), -3000.0),
        (EuropeanOption("ABC put", "USD", "ABC", "ABC.vol", 48.0, date(2020, 9, 18), "put", multiplier=100.0), -1.0),
        (ZeroCouponBond("Z", "USD", "UST10", date(2025, 3, 16)), 50.0),
    ]
    return Portfolio("mixed", "USD", tuple(Position(instrument, q) for instrument, q in held))


@pytest.fixture(scope="session")
def stocks() -> Portfolio:
    """Long and short two prices in the base currency, one of them with log returns."""
    return Portfolio("stocks", "USD", (Position(Equity("ABC", "USD"), 300.0), Position(Equity("INDEX", "USD"), -2.0)))


@pytest.fixture(scope="session")
def linear() -> Portfolio:
    """A price in the base currency, and euros owed: the P&L is linear in both returns."""
    return Portfolio("linear", "USD", (Position(Equity("ABC", "USD"), 300.0), Position(Cash("EUR"), -5000.0)))
