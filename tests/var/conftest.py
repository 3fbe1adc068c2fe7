"""A mixed book on a made-up history: stocks, cash in two currencies, an option, two bonds."""

from datetime import date

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, FixedCouponBond, Portfolio, Position, ZeroCouponBond

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
    rng = np.random.default_rng(11)
    moves = rng.standard_t(5, (700, 6)) * np.sqrt(3 / 5) @ np.linalg.cholesky(0.7 * np.eye(6) + 0.3)
    moves *= SIZES
    relative = np.array([True, False, True, True, True, False])
    levels = np.where(relative, START * np.exp(np.cumsum(moves, axis=0)), START + 0.05 * np.cumsum(moves, axis=0))
    days = np.datetime64("2018-05-01") + np.arange(700)
    return FactorHistory(FACTORS, days, levels, ("made up",))


@pytest.fixture(scope="session")
def book() -> Portfolio:
    held = [
        (Equity("ABC", "USD", sector="Energy"), -200.0),
        (Equity("SAP", "EUR", sector="Software"), 100.0),
        (Cash("JPY"), 5e5),
        (EuropeanOption("ABC put", "USD", "ABC", "ABC.vol", 48.0, date(2020, 9, 18), "put", multiplier=100.0), 1.0),
        (ZeroCouponBond("Z", "USD", "UST10", date(2025, 3, 16)), 50.0),
        (FixedCouponBond("B", "USD", "UST10", date(2027, 1, 31), 0.03), 20.0),
    ]
    return Portfolio("mixed", "EUR", tuple(Position(instrument, q) for instrument, q in held))


@pytest.fixture(scope="session")
def stocks() -> Portfolio:
    return Portfolio("stocks", "USD", (Position(Equity("ABC", "USD"), 300.0), Position(Equity("SAP", "EUR"), 80.0)))
