"""Instruments refuse what cannot be one."""

import math
from datetime import date

import pytest

from riskkit.errors import InputError
from riskkit.portfolio import Cash, Equity, EuropeanOption, FixedCouponBond, ZeroCouponBond

DAY = date(2030, 1, 1)


def test_factors() -> None:
    assert Equity("ABC", "USD").factors == ("ABC",)
    assert Equity("ABC", "USD", "XYZ").factors == ("XYZ",)
    assert Cash("EUR").factors == ()
    assert Cash("EUR").symbol == "EUR cash"
    assert EuropeanOption("O", "USD", "S", "S.vol", 1.0, DAY, "put").factors == ("S", "S.vol")
    assert ZeroCouponBond("Z", "USD", "UST10", DAY).factors == ("UST10",)


@pytest.mark.parametrize(
    ("field", "make"),
    [
        ("currency", lambda: Equity("ABC", "usd")),
        ("currency", lambda: Cash("EURO")),
        ("symbol", lambda: Equity("", "USD")),
        ("strike", lambda: EuropeanOption("O", "USD", "S", "V", 0.0, DAY, "put")),
        ("strike", lambda: EuropeanOption("O", "USD", "S", "V", math.nan, DAY, "put")),
        ("multiplier", lambda: EuropeanOption("O", "USD", "S", "V", 1.0, DAY, "put", multiplier=-1.0)),
        ("kind", lambda: EuropeanOption("O", "USD", "S", "V", 1.0, DAY, "straddle")),
        ("face", lambda: ZeroCouponBond("Z", "USD", "Y", DAY, face=0.0)),
        ("frequency", lambda: FixedCouponBond("B", "USD", "Y", DAY, 0.05, frequency=3)),
        ("coupon", lambda: FixedCouponBond("B", "USD", "Y", DAY, math.inf)),
    ],
)
def test_refuses(field: str, make) -> None:
    with pytest.raises(InputError) as caught:
        make()
    assert caught.value.field == field
