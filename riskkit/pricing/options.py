"""European options by Black-Scholes-Merton, vectorised."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from riskkit.errors import InputError
from riskkit.portfolio import EuropeanOption

FloatArray = NDArray[np.float64]
_ROOT_TWO_PI = float(np.sqrt(2.0 * np.pi))


@dataclass(frozen=True, eq=False)
class Greeks:
    """Derivatives of an option's value, per unit of the underlying.

    Attributes
    ----------
    delta, gamma : array
        First and second by the spot.
    vega, volga : array
        First and second by the volatility (per 1.00, not per point).
    vanna : array
        By spot and volatility.
    theta : array
        By calendar time, per year: what a year's passing adds.
    rho : array
        By the continuously compounded rate (per 1.00).
    """

    delta: FloatArray
    gamma: FloatArray
    vega: FloatArray
    volga: FloatArray
    vanna: FloatArray
    theta: FloatArray
    rho: FloatArray


@dataclass(frozen=True, eq=False)
class OptionTerms:
    """The terms of N options on a day, as arrays that broadcast against spots and volatilities.

    Attributes
    ----------
    sign : array (N,)
        1 for a call, -1 for a put.
    strike, rate, dividend_yield, multiplier : array (N,)
        As `EuropeanOption` has them.
    time : array (N,)
        Years to expiry.
    """

    sign: FloatArray
    strike: FloatArray
    rate: FloatArray
    dividend_yield: FloatArray
    multiplier: FloatArray
    time: FloatArray

    @classmethod
    def of(cls, options: Sequence[EuropeanOption], as_of: date) -> Self:
        """Of several options; InputError if one has expired."""
        rows = [_row(option, years_to_expiry(option, as_of)) for option in options]
        return cls(*np.array(rows, np.float64).reshape(-1, 6).T.copy())

    @classmethod
    def one(cls, option: EuropeanOption, time: float) -> Self:
        """Of one option: every array has no axes."""
        return cls(*map(np.asarray, _row(option, time)))

    @property
    def carry(self) -> FloatArray:
        """What turns a spot into a discounted forward: exp(-dividend yield * time)."""
        return np.asarray(np.exp(-self.dividend_yield * self.time))

    @property
    def discounted_strike(self) -> FloatArray:
        """Strike times exp(-rate * time)."""
        return np.asarray(self.strike * np.exp(-self.rate * self.time))

    def value(self, spot: ArrayLike, volatility: ArrayLike) -> FloatArray:
        """Of one option on one unit of the underlying, as `black_scholes`; the multiplier is not applied."""
        forward, strike = np.asarray(spot, np.float64) * self.carry, self.discounted_strike
        d1, d2 = _d(forward, strike, np.asarray(volatility, np.float64) * np.sqrt(self.time))
        value: FloatArray = self.sign * (forward * ndtr(self.sign * d1) - strike * ndtr(self.sign * d2))
        return value

    def greeks(self, spot: ArrayLike, volatility: ArrayLike) -> Greeks:
        """Derivatives of `value`, as `black_scholes_greeks`."""
        sign, time = self.sign, self.time
        s, vol, root = np.broadcast_arrays(
            np.asarray(spot, np.float64), np.asarray(volatility, np.float64), np.sqrt(time)
        )
        carry, strike = self.carry, self.discounted_strike
        forward, deviation = np.asarray(s * carry), np.asarray(vol * root)
        d1, d2 = _d(forward, strike, deviation)
        density = np.exp(-0.5 * d1 * d1) / _ROOT_TWO_PI
        alive = deviation > 0
        gamma = np.divide(carry * density, s * deviation, out=np.zeros_like(forward), where=alive & (s > 0))
        vega = forward * density * root
        d2_by_vol = np.divide(d2, vol, out=np.zeros_like(forward), where=alive & np.isfinite(d2))
        finite_d1 = np.where(np.isfinite(d1), d1, 0.0)
        decay = np.divide(forward * density * vol, 2.0 * root, out=np.zeros_like(forward), where=alive)
        return Greeks(
            delta=sign * carry * ndtr(sign * d1),
            gamma=gamma,
            vega=vega,
            volga=vega * finite_d1 * d2_by_vol,
            vanna=-carry * density * d2_by_vol,
            theta=-decay
            + sign * (self.dividend_yield * forward * ndtr(sign * d1) - self.rate * strike * ndtr(sign * d2)),
            rho=sign * time * strike * ndtr(sign * d2),
        )


def _row(option: EuropeanOption, time: float) -> tuple[float, ...]:
    sign = 1.0 if option.kind == "call" else -1.0
    return sign, option.strike, option.rate, option.dividend_yield, option.multiplier, time


def black_scholes(option: EuropeanOption, spot: ArrayLike, volatility: ArrayLike, time: float) -> FloatArray:
    """Value of one option on one unit of the underlying, its currency.

    Parameters
    ----------
    option : EuropeanOption
        Gives kind, strike, rate and dividend yield; the multiplier is not applied.
    spot, volatility : array (S,)
        Zero or above, not checked here; broadcast against each other. Volatility is an annual decimal.
    time : float
        Years to expiry, zero or above.

    Returns
    -------
    array (S,)
        At zero volatility or time the discounted payoff on the forward.

    References
    ----------
    Haug (2007), The Complete Guide to Option Pricing Formulas, section 1.1.

    Examples
    --------
    >>> from datetime import date
    >>> call = EuropeanOption("C", "USD", "S", "S.vol", 40.0, date(2021, 1, 1), "call", rate=0.1)
    >>> round(float(black_scholes(call, 42.0, 0.2, 0.5)), 6)
    4.759422
    """
    return OptionTerms.one(option, time).value(spot, volatility)


def black_scholes_greeks(option: EuropeanOption, spot: ArrayLike, volatility: ArrayLike, time: float) -> Greeks:
    """Derivatives of `black_scholes`, analytic; at zero volatility or time those by volatility are zero.

    Parameters
    ----------
    option, spot, volatility, time
        As `black_scholes`.

    Returns
    -------
    Greeks
        Arrays (S,), by one unit of each variable: volatility 1 is 100 %, theta is a year's.

    References
    ----------
    Haug (2007), The Complete Guide to Option Pricing Formulas, chapter 2.

    Examples
    --------
    >>> from datetime import date
    >>> call = EuropeanOption("C", "USD", "S", "S.vol", 50.0, date(2021, 1, 1), "call", rate=0.05)
    >>> round(float(black_scholes_greeks(call, 49.0, 0.2, 0.3846).delta), 4)
    0.5216
    """
    return OptionTerms.one(option, time).greeks(spot, volatility)


def _d(forward: FloatArray, strike: FloatArray, deviation: FloatArray) -> tuple[FloatArray, FloatArray]:
    # a worthless underlying or a certain payoff make infinities on purpose: ndtr takes them to 0 and 1
    with np.errstate(divide="ignore", invalid="ignore"):
        d1 = np.log(forward / strike) / deviation + 0.5 * deviation
    d1 = np.where(np.isnan(d1), 0.0, d1)  # zero over zero: at the money and certain, the payoff is zero either way
    return d1, d1 - deviation


def years_to_expiry(option: EuropeanOption, as_of: date) -> float:
    """Actual/365 Fixed years to expiry; InputError if the option has expired.

    Parameters
    ----------
    option : EuropeanOption
    as_of : date

    Returns
    -------
    float
        Zero or above.

    Raises
    ------
    InputError

    References
    ----------
    ISDA 2006 Definitions, section 4.16 (Actual/365 Fixed).

    Examples
    --------
    >>> option = EuropeanOption("C", "USD", "S", "S.vol", 40.0, date(2021, 1, 1), "call")
    >>> years_to_expiry(option, date(2020, 1, 2))
    1.0
    """
    days = (option.expiry - as_of).days
    if days < 0:
        raise InputError("expiry", str(option.expiry), f"on or after {as_of}: {option.symbol} has expired")
    return days / 365.0
