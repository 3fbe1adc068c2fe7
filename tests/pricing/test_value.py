"""Any instrument's value and derivatives by its factors."""

from datetime import date

import numpy as np
import pytest

from riskkit.portfolio import Cash, Equity, EuropeanOption, FixedCouponBond, ZeroCouponBond
from riskkit.pricing import instrument_derivatives, instrument_value

AS_OF, LATER = date(2020, 3, 16), date(2021, 6, 18)
EVERY = [
    (Equity("ABC", "USD"), [12.5]),
    (Cash("EUR"), []),
    (EuropeanOption("O", "USD", "S", "S.vol", 100.0, LATER, "put", 0.01, 0.0, 10.0), [95.0, 0.3]),
    (ZeroCouponBond("Z", "USD", "Y", LATER), [0.02]),
    (FixedCouponBond("B", "USD", "Y", LATER, 0.03), [0.02]),
]


@pytest.mark.parametrize(("instrument", "levels"), EVERY, ids=lambda v: type(v).__name__)
def test_derivatives_are_those_of_the_value(instrument, levels) -> None:
    first, second = instrument_derivatives(instrument, AS_OF, levels)

    def value(moves: np.ndarray) -> float:
        return float(
            instrument_value(instrument, AS_OF, [np.asarray(x + d) for x, d in zip(levels, moves, strict=True)])
        )

    n = len(levels)
    assert first.shape == (n,)
    assert second.shape == (n, n)
    steps = [1e-3 * max(abs(level), 0.1) for level in levels]
    for i in range(n):
        e = np.eye(n)[i] * steps[i]
        assert first[i] == pytest.approx((value(e) - value(-e)) / (2 * steps[i]), rel=1e-4)
        for j in range(n):
            f = np.eye(n)[j] * steps[j]
            mixed = (value(e + f) - value(e - f) - value(f - e) + value(-e - f)) / (4 * steps[i] * steps[j])
            assert second[i, j] == pytest.approx(mixed, rel=1e-3, abs=1e-6)
