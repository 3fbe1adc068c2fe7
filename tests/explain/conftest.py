"""The mixed book on 320 days."""

import pytest

from riskkit.market import FactorHistory
from riskkit.portfolio import Portfolio


@pytest.fixture(scope="session")
def history(mixed) -> FactorHistory:
    return mixed.history(41, 320)


@pytest.fixture(scope="session")
def book(mixed) -> Portfolio:
    return mixed.book
