from datetime import date

import numpy as np
import pytest

from riskkit.imports.positions import Market
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Equity, EuropeanOption
from riskkit.store.memory import MemoryDatabase, MemoryStore

FACTORS = (
    RiskFactor("AAPL", "equity", "USD"),
    RiskFactor("MSFT", "equity", "USD"),
    RiskFactor("SAP", "equity", "EUR"),
    RiskFactor("SP500", "equity", "USD"),
    RiskFactor("SP500.vol", "volatility", "USD"),
    RiskFactor("US10Y", "yield", "USD"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("JPYUSD", "fx", "USD"),
)
PUT = EuropeanOption("SP500 put", "USD", "SP500", "SP500.vol", 3500.0, date(2023, 6, 16), "put")


@pytest.fixture
def market():
    return Market.of(FACTORS, (Equity("AAPL", "USD", sector="Technology"), PUT))


@pytest.fixture
def store():
    days = np.arange("2020-01-01", "2020-02-01", dtype="datetime64[D]")
    database = MemoryDatabase()
    database.add_team("atlas", {"quant@atlas.example": "analyst", "viewer@atlas.example": "viewer"})
    database.add_team("borealis", {"quant@borealis.example": "analyst"})
    database.share_prices([FactorSeries(factor, days, np.full(len(days), 1.5)) for factor in FACTORS])
    database.share_instruments((Equity("AAPL", "USD", sector="Technology"), PUT))
    return MemoryStore(database, "quant@atlas.example")


@pytest.fixture
def csv(tmp_path):
    def write(text):
        path = tmp_path / "positions.csv"
        path.write_text(text)
        return path

    return write
