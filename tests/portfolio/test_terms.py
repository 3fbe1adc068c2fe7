"""Instruments to plain dicts and back, to the last bit; bad dicts named by field."""

import json
from datetime import date

import pytest

from riskkit.errors import InputError
from riskkit.portfolio import (
    Cash,
    Equity,
    EuropeanOption,
    FixedCouponBond,
    ZeroCouponBond,
    instrument_from_terms,
    instrument_terms,
)

DAY = date(2030, 1, 31)
EVERY = [
    Equity("ABC", "USD", "XYZ", "Energy"),
    Cash("JPY"),
    EuropeanOption("O", "USD", "S", "S.vol", 0.1 + 0.2, DAY, "put", 0.01, 0.02, 100.0, "Index"),
    ZeroCouponBond("Z", "EUR", "BUND10", DAY, 1000.0),
    FixedCouponBond("B", "USD", "UST10", DAY, 0.045, 4),
]


@pytest.mark.parametrize("instrument", EVERY, ids=lambda i: type(i).__name__)
def test_round_trip_through_json(instrument) -> None:
    assert instrument_from_terms(json.loads(json.dumps(instrument_terms(instrument)))) == instrument


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("type", {"type": "swap"}),
        ("strike", {"strike": None}),
        ("strike", {"strike": "100"}),
        ("strike", {"strike": True}),
        ("expiry", {"expiry": "31/01/2030"}),
        ("expiry", {"expiry": 20300131}),
        ("kind", {"kind": "barrier"}),
        ("symbol", {"symbol": 7}),
        ("colour", {"colour": "red"}),
    ],
)
def test_bad_terms(field: str, change: dict) -> None:
    terms = instrument_terms(EVERY[2]) | change
    with pytest.raises(InputError) as caught:
        instrument_from_terms(terms)
    assert caught.value.field == field


def test_missing_terms() -> None:
    with pytest.raises(InputError, match="currency"):
        instrument_from_terms({"type": "cash"})
    with pytest.raises(InputError, match="frequency"):
        instrument_from_terms(instrument_terms(EVERY[4]) | {"frequency": 2.5})
