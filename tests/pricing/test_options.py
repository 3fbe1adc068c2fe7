"""Options: parity, derivatives by differences, and the edges (published values: tests/published)."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError
from riskkit.portfolio import EuropeanOption
from riskkit.pricing import black_scholes, black_scholes_greeks, years_to_expiry

quick = settings(max_examples=50, deadline=None)
SPOTS, VOLS, TIMES = st.floats(20, 400), st.floats(0.05, 1.0), st.floats(0.02, 3.0)


def option(kind: str, strike: float = 100.0, rate: float = 0.03, dividend: float = 0.01) -> EuropeanOption:
    return EuropeanOption("O", "USD", "S", "S.vol", strike, date(2021, 1, 1), kind, rate, dividend)


@quick
@given(SPOTS, VOLS, TIMES)
def test_put_call_parity(spot: float, vol: float, time: float) -> None:
    call, put = (float(black_scholes(option(kind), spot, vol, time)) for kind in ("call", "put"))
    assert call - put == pytest.approx(spot * np.exp(-0.01 * time) - 100 * np.exp(-0.03 * time), abs=1e-9)
    assert call >= 0
    assert put >= 0


@quick
@given(st.floats(60, 160), st.floats(0.1, 0.8), st.floats(0.1, 2.0), st.sampled_from(["call", "put"]))
def test_greeks_are_derivatives(spot: float, vol: float, time: float, kind: str) -> None:
    greeks, one = black_scholes_greeks(option(kind), spot, vol, time), option(kind)

    def value(ds: float = 0.0, dv: float = 0.0, dt: float = 0.0, dr: float = 0.0) -> float:
        return float(black_scholes(option(kind, rate=0.03 + dr), spot + ds, vol + dv, time + dt))

    h = 1e-4 * spot
    assert float(greeks.delta) == pytest.approx((value(h) - value(-h)) / (2 * h), abs=1e-5)
    assert float(greeks.gamma) == pytest.approx((value(h) - 2 * value() + value(-h)) / h**2, abs=1e-5)
    assert float(greeks.vega) == pytest.approx((value(dv=1e-4) - value(dv=-1e-4)) / 2e-4, abs=1e-4)
    assert float(greeks.volga) == pytest.approx((value(dv=1e-3) - 2 * value() + value(dv=-1e-3)) / 1e-6, abs=0.05)
    crossed = value(h, 1e-3) - value(h, -1e-3) - value(-h, 1e-3) + value(-h, -1e-3)
    assert float(greeks.vanna) == pytest.approx(crossed / (4 * h * 1e-3), abs=5e-3)
    assert float(greeks.theta) == pytest.approx(-(value(dt=1e-5) - value(dt=-1e-5)) / 2e-5, abs=1e-3)
    assert float(greeks.rho) == pytest.approx((value(dr=1e-5) - value(dr=-1e-5)) / 2e-5, abs=1e-3)
    assert one.kind == kind


@pytest.mark.parametrize(("kind", "payoffs"), [("call", [0.0, 0.0, 20.0]), ("put", [20.0, 0.0, 0.0])])
def test_on_the_day_it_is_worth_its_payoff(kind: str, payoffs: list) -> None:
    assert black_scholes(option(kind), np.array([80.0, 100.0, 120.0]), 0.2, 0.0).tolist() == payoffs


def test_worthless_underlying_and_no_volatility() -> None:
    put = option("put")
    assert float(black_scholes(put, 0.0, 0.2, 1.0)) == pytest.approx(100 * np.exp(-0.03))
    assert float(black_scholes(option("call"), 0.0, 0.2, 1.0)) == 0.0
    assert float(black_scholes(put, 80.0, 0.0, 1.0)) == pytest.approx(100 * np.exp(-0.03) - 80 * np.exp(-0.01))
    for spot, vol, time in ((0.0, 0.2, 1.0), (80.0, 0.0, 1.0), (100.0, 0.2, 0.0), (100.0, 0.0, 0.0)):
        greeks = black_scholes_greeks(put, spot, vol, time)
        assert all(np.isfinite(value) for value in vars(greeks).values()), (spot, vol, time)


def test_years() -> None:
    assert years_to_expiry(option("put"), date(2020, 1, 1)) == 366 / 365
    assert years_to_expiry(option("put"), date(2021, 1, 1)) == 0.0
    with pytest.raises(InputError, match="expired"):
        years_to_expiry(option("put"), date(2021, 1, 2))
