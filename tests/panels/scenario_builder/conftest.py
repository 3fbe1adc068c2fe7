"""A builder on a desk: a store in memory, and a page that answers what it is moved to."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from riskkit.market import FactorSeries, RiskFactor
from riskkit.panels.desk import Desk, Shown
from riskkit.panels.scenario_builder import ScenarioBuilder
from riskkit.portfolio import Cash, Equity, EuropeanOption, Position
from riskkit.scenarios import Shock, StressScenario
from riskkit.store.inputs import load_inputs
from riskkit.store.memory import MemoryDatabase, MemoryStore
from riskkit.stress import StressSpec, stress_test

QUANT, VIEWER = "quant@atlas.example", "viewer@atlas.example"
FACTORS = (
    RiskFactor("AAA", "equity", "USD"),
    RiskFactor("BBB", "equity", "USD"),
    RiskFactor("EURUSD", "fx", "USD"),
    RiskFactor("AAA.vol", "volatility", "USD"),
    RiskFactor("INDEX", "equity", "USD"),
)
START = np.array([100.0, 50.0, 1.2, 0.25, 3000.0])
SIZES = np.array([0.02, 0.015, 0.005, 0.006, 0.012])
CRASH = StressScenario("crash", "Crash -20 %", "test", shocks=(Shock("kind:equity", -0.2, "relative"),))
PAST = StressScenario("past", "The past", "test", window=(date(2018, 3, 1), date(2018, 4, 2)))


class Page:
    """What a live page is to a panel: values, which a move changes and every answer tells again."""

    def __init__(self, store, path="atlas/demo"):
        self.store, self.path, self.said = store, path, []
        self.values = {"revaluation": "full", "scenarios": "all", "shocks": "", "rest": "held"}
        self.inputs = load_inputs(store, path, "latest", None)
        self.moves = []
        self.panel = ScenarioBuilder(Desk(store, self.move, self.refresh, self.said.append))
        self.answer()

    def spec(self):
        return StressSpec(**self.values)

    def result(self):
        history = self.inputs.over(None, self.spec().named_factors)
        return stress_test(self.inputs.portfolio, history, self.inputs.scenarios, self.spec())

    def move(self, values):
        self.moves.append(dict(values))
        self.answer(**values)

    def answer(self, **values):
        self.values |= values
        self.panel.answered(Shown(dict(self.values), self.inputs, self.result()))

    def refresh(self):
        self.inputs = load_inputs(self.store, self.path, "latest", None)
        self.answer()

    def settled(self):
        assert self.panel.wait(60)
        return self

    def slide(self, label, value):
        self.line(label).slider.value = value
        return self.settled()

    def line(self, label):
        sliders = self.panel.sliders
        lines = (*sliders._groups.values(), *sliders._single.values())
        return next(line for line in lines if line.slot.label == label)


@pytest.fixture
def database():
    made = MemoryDatabase()
    made.add_team("atlas", {QUANT: "analyst", VIEWER: "viewer"})
    dates = np.busday_offset("2018-01-02", np.arange(420), roll="forward")
    rng = np.random.default_rng(7)
    moves = rng.standard_t(5, (420, 5)) @ np.linalg.cholesky(0.6 * np.eye(5) + 0.4) * SIZES * 0.75
    total = np.cumsum(moves, axis=0)
    levels = START * np.exp(total)
    levels[:, 3] = 0.25 + 0.02 * total[:, 3] / SIZES[3]
    levels[:, 3] = np.clip(levels[:, 3], 0.08, None)
    made.share_prices([FactorSeries(f, dates, levels[:, i]) for i, f in enumerate(FACTORS)])
    made.share_scenarios([CRASH, PAST])
    return made


@pytest.fixture
def page(database):
    """A page of the analyst's, or of whoever is named."""
    option = EuropeanOption("AAA put", "USD", "AAA", "AAA.vol", 90.0, date(2021, 3, 19), "put", multiplier=100.0)
    held = [Position(Equity("AAA", "USD"), 1000), Position(Equity("BBB", "USD"), -300)]
    held += [Position(Cash("EUR"), 50_000), Position(option, 5)]
    store = MemoryStore(database, QUANT)
    store.import_portfolio("atlas", "demo", "Demo book", "USD", held, date(2018, 1, 1))
    store.import_portfolio("atlas", "small", "Small", "USD", [Position(Equity("BBB", "USD"), 10)], date(2018, 1, 1))

    def opened(user=QUANT, path="atlas/demo", **values):
        made = Page(MemoryStore(database, user), path)
        made.settled()
        if values:
            made.answer(**values)
        return made.settled()

    return opened


@pytest.fixture
def named():
    """A shock scenario of one's own."""
    return lambda name, **more: replace(CRASH, name=name, **more)
