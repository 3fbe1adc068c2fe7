"""Sensitivities in base currency against differences of the full revaluation."""

from datetime import date

import numpy as np
import pytest

from riskkit.market import MarketSnapshot, RiskFactor
from riskkit.portfolio import Cash, EuropeanOption, Portfolio, Position
from riskkit.revaluation import Revaluer

FACTORS = (
    RiskFactor("N225", "equity", "JPY"),
    RiskFactor("N225.vol", "volatility", "JPY"),
    RiskFactor("JPYUSD", "fx", "USD"),
    RiskFactor("EURUSD", "fx", "USD"),
)
TODAY = MarketSnapshot(date(2020, 3, 16), FACTORS, np.array([17_000.0, 0.4, 0.0094, 1.115]))
OPTION = EuropeanOption("N", "JPY", "N225", "N225.vol", 16_500.0, date(2020, 6, 12), "call", multiplier=1000.0)


@pytest.mark.parametrize("instrument", [OPTION, Cash("JPY")], ids=["option", "cash"])
def test_gradient_and_hessian(instrument) -> None:
    """A yen option in a euro book: spot, volatility and both rates, all cross terms."""
    revaluer = Revaluer(Portfolio("p", "EUR", (Position(instrument, 3.0),)), TODAY)
    found = revaluer.sensitivities[0]
    steps = 1e-3 * TODAY.levels[found.columns]

    def pnl(*moves: tuple[int, float]) -> float:
        changes = np.zeros((1, 4))
        for i, sign in moves:
            changes[0, found.columns[i]] += sign * steps[i]
        return float(revaluer.pnl(changes)[0])

    scale = np.abs(found.gradient * steps).max()
    for i in range(len(steps)):
        slope = (pnl((i, 1)) - pnl((i, -1))) / 2
        assert found.gradient[i] * steps[i] == pytest.approx(slope, abs=1e-4 * scale)
        for j in range(len(steps)):
            mixed = (pnl((i, 1), (j, 1)) - pnl((i, 1), (j, -1)) - pnl((i, -1), (j, 1)) + pnl((i, -1), (j, -1))) / 4
            assert found.hessian[i, j] * steps[i] * steps[j] == pytest.approx(mixed, abs=1e-5 * scale)
