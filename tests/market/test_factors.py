"""Factors and snapshots."""

from datetime import date

import numpy as np
import pytest

from riskkit.errors import InputError
from riskkit.market import MarketSnapshot, RiskFactor


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("equity", "relative"), ("fx", "relative"), ("volatility", "absolute"), ("yield", "absolute")],
)
def test_return_type_by_kind(kind: str, expected: str) -> None:
    assert RiskFactor("X", kind, "USD").return_type == expected
    assert RiskFactor("X", kind, "USD", "log").return_type == "log"


@pytest.mark.parametrize(
    ("field", "values"), [("kind", ("X", "bond", "USD")), ("return_type", ("X", "fx", "USD", "geo"))]
)
def test_unknown_words(field: str, values: tuple) -> None:
    with pytest.raises(InputError, match=field):
        RiskFactor(*values)
    with pytest.raises(InputError, match="name"):
        RiskFactor("", "fx", "USD")


def test_snapshot() -> None:
    factor = RiskFactor("X", "equity", "USD")
    assert MarketSnapshot(date(2020, 1, 1), (factor,), np.array([2.0])).factor("X") is factor
    with pytest.raises(InputError, match="one level for each"):
        MarketSnapshot(date(2020, 1, 1), (factor,), np.array([2.0, 3.0]))
    with pytest.raises(InputError, match="each factor name once"):
        MarketSnapshot(date(2020, 1, 1), (factor, factor), np.array([2.0, 3.0]))
