"""Bonds: identities of the street convention, derivatives, dates."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from riskkit.errors import InputError, MarketDataError
from riskkit.portfolio import FixedCouponBond, ZeroCouponBond
from riskkit.pricing import cash_flows

quick = settings(max_examples=50, deadline=None)


def bond(coupon: float = 0.06, frequency: int = 2, maturity: date = date(2030, 8, 31)) -> FixedCouponBond:
    return FixedCouponBond("B", "USD", "UST10", maturity, coupon, frequency)


@quick
@given(st.floats(0.0, 0.2), st.sampled_from([1, 2, 4, 12]))
def test_par_at_its_own_yield_on_a_coupon_date(coupon: float, frequency: int) -> None:
    flows = cash_flows(bond(coupon, frequency, date(2030, 8, 15)), date(2020, 8, 15))
    assert float(flows.value(coupon)) == pytest.approx(100.0, rel=1e-12)
    assert len(flows.amounts) == 10 * frequency


def test_zero_by_hand() -> None:
    flows = cash_flows(ZeroCouponBond("Z", "USD", "Y", date(2022, 1, 1), 1000.0), date(2021, 1, 1))
    assert float(flows.value(0.05)) == pytest.approx(1000 / 1.05, rel=1e-14)


def test_dirty_price_grows_at_the_yield_within_a_period() -> None:
    start, later = date(2021, 3, 1), date(2021, 6, 1)
    a, b = (cash_flows(bond(maturity=date(2025, 9, 1)), day) for day in (start, later))
    share = (later - start).days / (date(2021, 9, 1) - start).days
    assert float(b.value(0.04)) == pytest.approx(float(a.value(0.04)) * 1.02**share, rel=1e-12)


def test_month_ends_are_kept() -> None:
    flows = cash_flows(bond(), date(2030, 2, 27))
    assert flows.periods.tolist() == [1 / 181, 1 + 1 / 181]  # 28 February, one day away, in a period of 181 days


@quick
@given(st.floats(-0.01, 0.15))
def test_derivatives(rate: float) -> None:
    flows, h = cash_flows(bond(), date(2021, 5, 5)), 1e-5
    up, down = (float(flows.value(rate + d)) for d in (h, -h))
    assert float(flows.first_derivative(rate)) == pytest.approx((up - down) / (2 * h), rel=1e-6)
    slope_up, slope_down = (float(flows.first_derivative(rate + d)) for d in (h, -h))
    assert float(flows.second_derivative(rate)) == pytest.approx((slope_up - slope_down) / (2 * h), rel=1e-6)


def test_vectorised() -> None:
    flows = cash_flows(bond(), date(2021, 5, 5))
    rates = np.array([0.01, 0.05])
    assert flows.value(rates).tolist() == pytest.approx([float(flows.value(rate)) for rate in rates])


def test_refuses() -> None:
    with pytest.raises(InputError, match="repaid"):
        cash_flows(bond(), date(2030, 8, 31))
    with pytest.raises(MarketDataError, match="yield"):
        cash_flows(bond(), date(2021, 5, 5)).value(np.array([0.01, -2.5]))
