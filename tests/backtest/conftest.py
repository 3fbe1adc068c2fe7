"""The mixed book on 260 days."""

import pytest

from riskkit.market import FactorHistory
from riskkit.portfolio import Portfolio


@pytest.fixture(scope="session")
def history(mixed) -> FactorHistory:
    return mixed.history(21, 260)


@pytest.fixture(scope="session")
def book(mixed) -> Portfolio:
    return mixed.book
