"""Inputs with every kind of instrument and scenario, and floats that text easily spoils."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Cash, Equity, EuropeanOption, FixedCouponBond, Portfolio, Position, ZeroCouponBond
from riskkit.scenarios import Shock, StressScenario
from riskkit.store.contract import Inputs, PortfolioRef
from riskkit.store.market import SeriesMarket


@pytest.fixture
def inputs() -> Inputs:
    factors = (
        RiskFactor("ACME", "equity", "USD", source="a table"),
        RiskFactor("EURUSD", "fx", "USD"),
        RiskFactor("SP500", "equity", "USD"),
        RiskFactor("SP500.vol", "volatility", "USD"),
        RiskFactor("UST10", "yield", "USD"),
    )
    days = np.arange("2020-01-01", "2020-04-10", dtype="datetime64[D]")
    levels = np.exp(np.random.default_rng(7).normal(size=(len(days), len(factors)))) * 0.1 + 1 / 3
    series = [FactorSeries(factor, days, levels[:, i]) for i, factor in enumerate(factors)]
    others = [FactorSeries(RiskFactor(name, "fx", "USD"), days, levels[:, 1]) for name in ("GBPUSD", "OTHER")]
    gappy = FactorSeries(RiskFactor("GAPPY", "equity", "USD"), np.delete(days, 70), np.delete(levels[:, 0], 70))
    positions = (
        Position(Equity("GAPPY", "USD"), 1.0),
        Position(Equity("ACME", "USD", sector="Tools <b>"), -1234.5678901234567),
        Position(Cash("EUR"), 0.1 + 0.2),
        Position(EuropeanOption("PUT", "USD", "SP500", "SP500.vol", 3000.1, date(2021, 6, 18), "put"), 5e-324),
        Position(ZeroCouponBond("ZERO", "USD", "UST10", date(2030, 1, 1)), 1e15 - 0.125),
        Position(FixedCouponBond("BOND", "USD", "UST10", date(2030, 1, 1), coupon=0.0425), 2 / 3),
    )
    return Inputs(
        ref=PortfolioRef("p-1", "t-1", "atlas", "demo", "Demo – “book”", "USD"),
        portfolio=Portfolio("atlas/demo", "USD", positions, "Demo – “book”"),
        market=SeriesMarket([*series, *others, gappy], date(2020, 4, 9)),
        scenarios=(
            StressScenario("covid", "COVID", "history", window=(date(2020, 2, 19), date(2020, 3, 23))),
            StressScenario("crash", "Crash", "made up", shocks=(Shock("kind:equity", -0.2, "relative"),)),
        ),
        as_of=date(2020, 4, 9),
        notes=("1 gap filled",),
        sources=("A table, CC0",),
    )
