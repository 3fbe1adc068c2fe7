"""Small results, computed for real: a long/short book on an invented history."""

from datetime import date

import numpy as np
import pytest

from riskkit.market import FactorHistory, RiskFactor
from riskkit.portfolio import Cash, Equity, Portfolio, Position
from riskkit.scenarios import Shock, StressScenario
from riskkit.stress import StressSpec, stress_test
from riskkit.var import VarSpec, portfolio_var

HOSTILE = "<img src=x onerror=alert(1)>\"'&"


def history(names=("AAA", "BBB", "CCC"), days=300, seed=7):
    factors = (*(RiskFactor(name, "equity", "USD") for name in names), RiskFactor("EURUSD", "fx", "USD"))
    moves = np.random.default_rng(seed).standard_t(4, (days, len(factors))) * 0.01
    dates = np.busday_offset("2019-01-02", np.arange(days), roll="forward")
    return FactorHistory(factors, dates, 100 * np.exp(np.cumsum(moves, axis=0)))


def book(title="Test book", names=("AAA", "BBB", "CCC"), scale=1.0):
    quantities = [1000, 2500, -800, *([100] * len(names))][: len(names)]
    positions = tuple(
        Position(Equity(name, "USD", sector="Tech"), scale * quantity)
        for name, quantity in zip(names, quantities, strict=True)
    )
    return Portfolio("team/book", "USD", (*positions, Position(Cash("EUR"), scale * 10_000)), title)


SCENARIOS = (
    StressScenario("crash", "Crash", "an example", shocks=(Shock("kind:equity", -0.2, "relative"),)),
    StressScenario("boom", "Boom", "an example", shocks=(Shock("kind:equity", 0.1, "relative"),)),
    StressScenario("rates", "Rates up", "an example", shocks=(Shock("kind:yield", 0.02, "absolute"),)),
    StressScenario("old", "Before the data", "an example", window=(date(1990, 1, 2), date(1990, 3, 1))),
    StressScenario("replay", "A bad week", "an example", window=(date(2019, 3, 1), date(2019, 3, 8))),
)


@pytest.fixture(params=["historical", "parametric", "monte_carlo_normal", "monte_carlo_t"])
def any_result(request):
    return portfolio_var(book(), history(), VarSpec(request.param, 0.95, lookback_days=250, n_paths=2000))


@pytest.fixture
def var_of():
    def make(portfolio=None, past=None, **spec):
        spec = {"confidence_level": 0.95, "lookback_days": 250, "n_paths": 2000} | spec
        return portfolio_var(portfolio or book(), past or history(), VarSpec(**spec))

    return make


@pytest.fixture
def stress_of():
    def make(portfolio=None, scenarios=SCENARIOS, **spec):
        return stress_test(portfolio or book(), history(), scenarios, StressSpec(**spec))

    return make


@pytest.fixture
def make_book():
    return book


@pytest.fixture
def make_history():
    return history


@pytest.fixture
def hostile():
    return HOSTILE
