"""A store in memory with an invented market, and runs opened on it."""

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from riskkit import notebook
from riskkit.market import FactorSeries, RiskFactor
from riskkit.notebook import screen
from riskkit.notebook.surroundings import Surroundings
from riskkit.parameters.notebook import notebook_declarations
from riskkit.portfolio import Cash, Equity, Position
from riskkit.scenarios import Shock, StressScenario
from riskkit.settings import Settings
from riskkit.store.memory import MemoryDatabase, MemoryStore

ROOT = Path(__file__).resolve().parents[2]
QUANT = "quant@atlas.example"
FIRST = date(2018, 1, 1)


def market(days=400):
    dates = np.busday_offset("2018-01-02", np.arange(days), roll="forward")
    series = []
    for number, (name, kind) in enumerate([("AAA", "equity"), ("BBB", "equity"), ("CCC", "equity"), ("EURUSD", "fx")]):
        moves = np.random.default_rng(number).standard_t(4, days) * 0.01
        series.append(FactorSeries(RiskFactor(name, kind, "USD"), dates, 100 * np.exp(np.cumsum(moves))))
    return series


class CountingStore(MemoryStore):
    """A memory store that counts how often it was asked for a history, and can be told to fail."""

    def __init__(self, *args):
        super().__init__(*args)
        self.reads, self.failure = 0, None

    def history(self, *args):
        self.reads += args[-1] != 1  # one date alone is a look at where the data end
        if self.failure is not None:
            raise self.failure
        return super().history(*args)


@pytest.fixture
def store():
    database = MemoryDatabase()
    database.add_team("atlas", {QUANT: "analyst"})
    database.share_prices(market())
    database.share_scenarios(
        [
            StressScenario("crash", "Crash", "test", shocks=(Shock("kind:equity", -0.2, "relative"),)),
            StressScenario("boom", "Boom", "test", shocks=(Shock("kind:equity", 0.1, "relative"),)),
        ]
    )
    made = CountingStore(database, QUANT)
    shares = [Position(Equity("AAA", "USD"), 1000), Position(Equity("BBB", "USD"), -300)]
    made.import_portfolio("atlas", "demo", "Demo book", "USD", [*shares, Position(Cash("EUR"), 50_000)], FIRST)
    made.import_portfolio("atlas", "small", "Small book", "USD", [Position(Equity("CCC", "USD"), 10)], FIRST)
    return made


@pytest.fixture
def shown(monkeypatch):
    """What a run puts on the page, instead of on the terminal."""
    found = []
    monkeypatch.setattr(screen, "widget", found.append)
    monkeypatch.setattr(screen, "bundle", found.append)
    return found


@pytest.fixture
def surroundings(store, tmp_path):
    """Those of a kernel of the given face."""

    def make(face="lab", notebook_name="portfolio_var"):
        settings = Settings(
            ROOT,
            tmp_path / "home",
            run_dir=tmp_path / "run" if face == "report" else None,
            broker=tmp_path / "broker.sock" if face == "dashboard" else None,
        )
        declared = notebook_declarations(ROOT / "notebooks" / f"{notebook_name}.ipynb")
        return Surroundings(settings, lambda: store, lambda: declared)

    return make


@pytest.fixture
def open_run(surroundings, shown):
    """Open a run as a notebook does."""

    def make(analysis, spec, portfolio="demo", as_of="latest", face="lab"):
        around = surroundings(face, analysis.__name__)
        return notebook.open_run(analysis, portfolio, as_of, spec, around)

    return make
