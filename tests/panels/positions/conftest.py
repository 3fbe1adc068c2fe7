"""Two people's pages of one book in memory, with an invented market."""

from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pytest

from riskkit.errors import RiskkitError
from riskkit.market import FactorSeries, RiskFactor
from riskkit.panels.desk import Desk, Shown
from riskkit.panels.positions import PositionsPanel, watch
from riskkit.portfolio import Cash, Equity, Position
from riskkit.revaluation import PositionsSpec, portfolio_positions
from riskkit.store.inputs import load_inputs
from riskkit.store.memory import MemoryDatabase, MemoryStore

FIRST = date(2019, 1, 1)
ROLES = {"ann@atlas.example": "analyst", "ben@atlas.example": "analyst", "vic@atlas.example": "viewer"}
AAA, BBB, CCC = (Equity(name, "USD", sector="Energy") for name in ("AAA", "BBB", "CCC"))


@pytest.fixture
def database():
    made = MemoryDatabase()
    made.add_team("atlas", ROLES)
    dates = np.busday_offset("2019-01-02", np.arange(50), roll="forward")
    factors = [("AAA", "equity"), ("BBB", "equity"), ("CCC", "equity"), ("EURUSD", "fx")]
    made.share_prices(
        [
            FactorSeries(RiskFactor(name, kind, "USD"), dates, 10.0 * (number + 1) + np.arange(50) / 10)
            for number, (name, kind) in enumerate(factors)
        ]
    )
    made.share_instruments([AAA, BBB, CCC, Equity("DDD", "USD")])
    held = [Position(AAA, 100.0), Position(BBB, -50.0), Position(Cash("USD"), 1000.0)]
    MemoryStore(made, "ann@atlas.example").import_portfolio("atlas", "book", "Book", "USD", held, FIRST)
    return made


@dataclass
class Page:
    """A page with the panel, without a browser."""

    store: MemoryStore
    as_of: str = "latest"
    book: str = "book"
    said: list = field(default_factory=list)
    refreshed: int = 0
    slow: bool = False

    def __post_init__(self):
        self.panel = PositionsPanel(Desk(self.store, lambda values: None, self.refresh, self.said.append))
        self.refresh()

    def refresh(self):
        self.refreshed += 1
        if self.slow:
            return
        try:
            inputs = load_inputs(self.store, self.book, self.as_of, 1)
        except RiskkitError:
            self.panel.unanswered({"portfolio": self.book, "as_of": self.as_of})
            return
        self.panel.answered(Shown({}, inputs, portfolio_positions(inputs.portfolio, inputs.history, PositionsSpec())))

    def settle(self):
        for errands in (self.panel.asides, self.panel.errands, self.panel.file.errands):
            assert errands.wait(30)
        return self

    @property
    def form(self):
        return self.panel.form

    def type(self, symbol, text):
        """Type over a quantity in the grid, as the browser's message does."""
        source = self.panel.grid.source
        place = list(source.data["position"]).index(symbol)
        source.patch({"quantity": [(place, text)]})
        return self.settle()

    def put(self, symbol, quantity):
        self.form.symbol.value, self.form.quantity.value = symbol, quantity
        self.form.put.click()
        return self.settle()

    def save(self):
        self.form.save.click()
        return self.settle()

    def held(self, day=date.max):
        (ref,) = (one for one in self.store.portfolios() if one.slug == self.book)
        return {position.symbol: position.quantity for position in self.store.portfolio(ref, day).positions}


@pytest.fixture
def open_page(database, monkeypatch):
    monkeypatch.setattr(watch, "EVERY", 3600.0)  # a page looks when the test says so

    def make(who="ann", **more):
        return Page(MemoryStore(database, f"{who}@atlas.example"), **more).settle()

    return make
