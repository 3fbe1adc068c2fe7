"""The mixed book with a second bond, on 700 days."""

from dataclasses import replace
from datetime import date

import pytest

from riskkit.market import FactorHistory
from riskkit.portfolio import FixedCouponBond, Portfolio, Position


@pytest.fixture(scope="session")
def history(mixed) -> FactorHistory:
    return mixed.history(11, 700, "2018-05-01")


@pytest.fixture(scope="session")
def book(mixed) -> Portfolio:
    bond = FixedCouponBond("B", "USD", "UST10", date(2027, 1, 31), 0.03)
    return replace(mixed.book, positions=(*mixed.book.positions, Position(bond, 20.0)))


@pytest.fixture(scope="session")
def stocks(mixed) -> Portfolio:
    return mixed.stocks
