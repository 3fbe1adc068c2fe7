"""Returns become level changes by the factor's kind, and stop at the stated floors."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory, MarketSnapshot, RiskFactor
from riskkit.scenarios import ScenarioSet, historical_scenarios, level_changes

FACTORS = (
    RiskFactor("ABC", "equity", "USD"),
    RiskFactor("XYZ", "equity", "USD", "log"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("ABC.vol", "volatility", "USD"),
    RiskFactor("UST10", "yield", "USD"),
)
BASE = MarketSnapshot(date(2020, 1, 3), FACTORS, np.array([50.0, 80.0, 1.2, 0.2, 0.03]))


def test_by_kind() -> None:
    changes, notes = level_changes(BASE, np.array([[0.1, 0.1, -0.5, 0.05, -0.04]]))
    assert changes[0] == pytest.approx([5.0, 80 * np.expm1(0.1), -0.6, 0.05, -0.04])
    assert notes == ()


def test_floors_are_kept_and_said() -> None:
    changes, notes = level_changes(BASE, np.array([[-1.5, -9.0, -2.0, -0.3, -0.5], [-1.2, 0, 0, 0, 0]]))
    levels = BASE.levels + changes
    assert levels[:, 0].tolist() == [0.0, 0.0]
    assert levels[0, 1] > 0
    assert levels[0, 2] == pytest.approx(0.012)
    assert levels[0, 3] == 0.0
    assert levels[0, 4] == pytest.approx(-0.47)
    assert notes == (
        "ABC was held at zero in 2 scenarios.",
        "EURUSD was held at 1% of today's level in 1 scenario.",
        "ABC.vol was held at zero in 1 scenario.",
    )


def test_a_price_that_may_be_negative_has_no_floor() -> None:
    oil = RiskFactor("WTI", "equity", "USD", "absolute")
    changes, notes = level_changes(MarketSnapshot(date(2020, 4, 20), (oil,), np.array([-36.98])), np.array([[-5.0]]))
    assert changes.tolist() == [[-5.0]]
    assert notes == ()


def test_historical_scenarios_by_hand() -> None:
    days = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[D]")
    history = FactorHistory(FACTORS[:1] + FACTORS[4:], days, np.array([[40.0, 0.01], [50.0, 0.03], [40.0, 0.02]]))
    scenarios = historical_scenarios(history, 2)
    assert scenarios.names == ("2020-01-02", "2020-01-03")
    assert scenarios.levels == pytest.approx(np.array([[50.0, 0.04], [32.0, 0.01]]))
    assert scenarios.changes == pytest.approx(np.array([[10.0, 0.02], [-8.0, -0.01]]))
    two_days = historical_scenarios(history, 1, horizon_days=2)
    assert two_days.levels == pytest.approx(np.array([[40.0, 0.03]]))
    with pytest.raises(MarketDataError, match="history"):
        historical_scenarios(history, 3)


def test_a_set_fits_its_base() -> None:
    with pytest.raises(InputError, match="levels"):
        ScenarioSet(("one",), FACTORS, np.ones((2, 5)), BASE)
