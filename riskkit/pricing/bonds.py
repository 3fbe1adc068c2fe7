"""Bonds as cash flows discounted at one yield."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.errors import InputError, MarketDataError
from riskkit.portfolio import FixedCouponBond, ZeroCouponBond

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CashFlows:
    """What a bond still pays.

    Attributes
    ----------
    amounts : array (N,)
        In the bond's currency.
    periods : array (N,)
        Time to each payment in compounding periods.
    compounding : int
        Periods a year.
    """

    amounts: FloatArray
    periods: FloatArray
    compounding: int

    def value(self, rate: ArrayLike) -> FloatArray:
        """Dirty price at a yield (annual, compounded `compounding` times): sum of amount / (1 + y/m)^period.

        Examples
        --------
        >>> flows = CashFlows(np.array([3.0, 103.0]), np.array([1.0, 2.0]), 2)
        >>> round(float(flows.value(0.06)), 10)
        100.0
        """
        return self._discounted(rate, self.amounts, 0.0)

    def first_derivative(self, rate: ArrayLike) -> FloatArray:
        """Change of the price per 1.00 of yield: minus dollar duration."""
        return self._discounted(rate, -self.amounts * self.periods / self.compounding, 1.0)

    def second_derivative(self, rate: ArrayLike) -> FloatArray:
        """Change of the first derivative per 1.00 of yield: dollar convexity."""
        weights = self.amounts * self.periods * (self.periods + 1.0) / self.compounding**2
        return self._discounted(rate, weights, 2.0)

    def _discounted(self, rate: ArrayLike, amounts: FloatArray, extra: float) -> FloatArray:
        growth = 1.0 + np.asarray(rate, np.float64) / self.compounding
        if (growth <= 0).any():
            lowest = float((growth.min() - 1.0) * self.compounding)
            raise MarketDataError(
                "yield", lowest, f"above -{self.compounding:.0%} for {self.compounding} periods a year"
            )
        powers = np.exp(-np.multiply.outer(np.log(growth), self.periods + extra))
        return np.asarray(powers @ amounts, np.float64)


def cash_flows(bond: ZeroCouponBond | FixedCouponBond, as_of: date) -> CashFlows:
    """Flows after a date. A bond that matures on or before it is refused: book the cash.

    Zero: annual compounding, Actual/365 Fixed. Fixed coupon: compounding at the coupon frequency,
    Actual/Actual ICMA within the running period; coupon dates run back from maturity, month ends kept.

    Parameters
    ----------
    bond : ZeroCouponBond or FixedCouponBond
    as_of : date

    Returns
    -------
    CashFlows
        Of one unit, in the bond's currency.

    Raises
    ------
    InputError
        It has been repaid.

    References
    ----------
    ICMA Rule 251 (Actual/Actual); Fabozzi, Fixed Income Mathematics.

    Examples
    --------
    >>> bond = FixedCouponBond("B", "USD", "UST10", date(2022, 1, 15), coupon=0.06)
    >>> cash_flows(bond, date(2021, 1, 15)).periods
    array([1., 2.])
    """
    if bond.maturity <= as_of:
        raise InputError("maturity", str(bond.maturity), f"after {as_of}: {bond.symbol} has been repaid; book the cash")
    if isinstance(bond, ZeroCouponBond):
        years = (bond.maturity - as_of).days / 365.0
        return CashFlows(np.array([bond.face]), np.array([years]), 1)
    step, later = 12 // bond.frequency, bond.maturity
    dates = [later]
    while (earlier := months_before(bond.maturity, step * len(dates))) > as_of:
        later = earlier
        dates.append(later)
    running = (later - as_of).days / (later - earlier).days
    periods = running + np.arange(len(dates), dtype=np.float64)
    amounts = np.full(len(dates), bond.coupon / bond.frequency * bond.face)
    amounts[-1] += bond.face
    return CashFlows(amounts, periods, bond.frequency)


def months_before(day: date, months: int) -> date:
    """The same day some months earlier, or the last of that month if it is shorter.

    Examples
    --------
    >>> months_before(date(2021, 8, 31), 6)
    datetime.date(2021, 2, 28)
    """
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))
