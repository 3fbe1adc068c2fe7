"""Prices that would hide shared ones: what is lost is said, and has to be meant."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputErrors
from riskkit.imports.hiding import hidden_by
from riskkit.market import FactorSeries, RiskFactor
from riskkit.portfolio import Equity, Position

DAYS = np.arange("2020-01-01", "2020-02-01", dtype="datetime64[D]")


def prices(name="AAPL", days=DAYS, source="ours"):
    return FactorSeries(RiskFactor(name, "equity", "USD", source=source), days, np.full(len(days), 2.5))


@pytest.fixture
def book(store):
    held = [Position(Equity("AAPL", "USD", sector="Technology"), 1), Position(Equity("MSFT", "USD"), 1)]
    return store.import_portfolio("atlas", "demo", "Demo", "USD", held, date(2020, 1, 1))


@pytest.mark.parametrize(
    ("days", "lost"),
    [
        (DAYS[:10], ("atlas/demo: latest moves from 2020-01-31 to 2020-01-10, because AAPL now ends there.",)),
        (DAYS[5:], ("atlas/demo: its history begins on 2020-01-06 instead of 2020-01-01, because AAPL does.",)),
        (DAYS[:10] - 99, ("atlas/demo: no day is left on which it can be valued, because of AAPL.",)),
        (np.delete(DAYS, 7), ()),
    ],
    ids=["ends earlier", "begins later", "elsewhere", "a day less"],
)
def test_less_than_is_shared_is_refused(store, book, days, lost):
    hiding = hidden_by(store, "atlas", [prices(days=days), prices("ACME", DAYS[:3])])
    assert hiding.notes == lost
    with pytest.raises(InputErrors) as caught:
        hiding.refuse()
    (fault,) = caught.value.errors
    assert (fault.field, fault.value) == ("AAPL", f"{len(days)} days, {days[0]} to {days[-1]}")
    assert "31 days, 2020-01-01 to 2020-01-31" in fault.expected
    assert "--replace-shared" in fault.expected


@pytest.mark.parametrize("days", [DAYS, np.arange("2019-12-01", "2020-03-01", dtype="datetime64[D]")])
def test_as_much_as_is_shared_hides_nothing(store, book, days):
    hiding = hidden_by(store, "atlas", [prices(days=days)])
    assert hiding.notes == ()
    hiding.refuse()


@pytest.mark.parametrize("source", ["ours", ""])
def test_what_is_the_teams_own_already_only_grows(store, book, source):
    store.import_prices("atlas", [prices(days=DAYS[:10], source=source)])
    hiding = hidden_by(store, "atlas", [prices(days=DAYS[:5], source=source)])
    assert hiding.shorter == ()
    hiding.refuse()


def test_a_team_without_a_book_is_asked_too(store):
    hiding = hidden_by(store, "atlas", [prices(days=DAYS[:10])])
    assert hiding.notes == ()
    assert len(hiding.shorter) == 1
