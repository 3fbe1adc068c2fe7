from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.feeds.price_format import PriceFormat
from riskkit.feeds.prices import read_prices
from riskkit.imports.book import BookOrder, plan_book
from riskkit.market import FactorSeries, RiskFactor
from riskkit.store.memory import MemoryDatabase, MemoryStore

TODAY = date(2020, 12, 31)


@pytest.fixture
def store():
    """A store that knows AAPL and MSFT in USD, SAP in EUR, and the euro's rate, for 600 days."""
    days = np.busday_offset("2018-01-01", np.arange(600), roll="forward")
    generator = np.random.default_rng(7)
    factors = [
        RiskFactor("AAPL", "equity", "USD"),
        RiskFactor("MSFT", "equity", "USD"),
        RiskFactor("SAP", "equity", "EUR"),
        RiskFactor("EURUSD", "fx", "USD"),
    ]
    database = MemoryDatabase()
    database.add_team("atlas", {"quant@atlas.example": "analyst"})
    database.share_prices(
        [FactorSeries(f, days, 100 * np.exp(np.cumsum(generator.normal(0, 0.01, 600)))) for f in factors]
    )
    return MemoryStore(database, "quant@atlas.example")


@pytest.fixture
def book(store, tmp_path):
    """Import a positions file as the command does: the portfolio and its notes."""

    def book(content, base_currency="USD"):
        path = tmp_path / "positions.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        plan = plan_book(store, BookOrder("mine", base_currency=base_currency), path)
        return store.portfolio(plan.write(store), TODAY), plan.notes

    return book


@pytest.fixture
def prices(store, tmp_path):
    """Import a prices file as the command does: what was read, after it was written."""

    def prices(content, **form):
        path = tmp_path / "prices.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        read = read_prices(path, PriceFormat(**form), TODAY)
        store.import_prices("atlas", read.series)
        return read

    return prices


@pytest.fixture
def refused(store):
    """Whatever is called is refused with exit code 2 and a sentence, and nothing is stored."""

    def refused(call, *arguments, **options):
        before = [factor.name for factor in store.factors("atlas")]
        with pytest.raises(InputError) as caught:
            call(*arguments, **options)
        assert caught.value.exit_code == 2
        assert "; expected " in str(caught.value)
        assert store.portfolios() == ()
        assert [factor.name for factor in store.factors("atlas")] == before
        return caught.value

    return refused
