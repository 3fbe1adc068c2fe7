"""Instruments: terms and currency, no quantity."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, get_args

import numpy as np

from riskkit.errors import InputError

AssetClass = Literal["equity", "cash", "option", "bond"]
OptionKind = Literal["call", "put"]

_LIMIT = 1e15


@dataclass(frozen=True)
class Equity:
    """A share, index or fund whose price is a risk factor.

    Attributes
    ----------
    symbol : str
    currency : str
    factor : str
        Name of the price factor; the symbol by default.
    sector : str

    Examples
    --------
    >>> Equity("AAPL", "USD").factors
    ('AAPL',)
    """

    symbol: str
    currency: str
    factor: str = ""
    sector: str = ""
    asset_class: ClassVar[AssetClass] = "equity"

    def __post_init__(self) -> None:
        if not self.factor:
            object.__setattr__(self, "factor", self.symbol)
        _check_instrument(self)

    @property
    def factors(self) -> tuple[str, ...]:
        """Factors the price depends on (currency conversion not included)."""
        return (self.factor,)


@dataclass(frozen=True)
class Cash:
    """Money in a currency: one unit is worth 1 in it."""

    currency: str
    asset_class: ClassVar[AssetClass] = "cash"
    sector: ClassVar[str] = ""

    def __post_init__(self) -> None:
        check_currency("currency", self.currency)

    @property
    def symbol(self) -> str:
        """`EUR cash`."""
        return f"{self.currency} cash"

    @property
    def factors(self) -> tuple[str, ...]:
        """No factor of its own; the portfolio adds the currency's."""
        return ()


@dataclass(frozen=True)
class EuropeanOption:
    """A European option on an equity factor, valued by Black-Scholes-Merton.

    Attributes
    ----------
    underlying, volatility : str
        Factor names of the spot price and of the implied volatility (annual decimal).
    strike : float
        In `currency`, above zero.
    expiry : date
        Time to it counts Actual/365 Fixed; on the day itself the option is worth its payoff.
    kind : {"call", "put"}
    rate, dividend_yield : float
        Continuously compounded, annual decimals; held fixed under every scenario.
    multiplier : float
        Units of the underlying per contract.
    """

    symbol: str
    currency: str
    underlying: str
    volatility: str
    strike: float
    expiry: date
    kind: OptionKind
    rate: float = 0.0
    dividend_yield: float = 0.0
    multiplier: float = 1.0
    sector: str = ""
    asset_class: ClassVar[AssetClass] = "option"

    def __post_init__(self) -> None:
        _check_instrument(self)
        check_number("strike", self.strike, above=0.0)
        check_number("multiplier", self.multiplier, above=0.0)
        if self.kind not in get_args(OptionKind):
            raise InputError("kind", self.kind, f"call or put ({self.symbol})")

    @property
    def factors(self) -> tuple[str, ...]:
        """Spot and volatility."""
        return (self.underlying, self.volatility)


@dataclass(frozen=True)
class ZeroCouponBond:
    """One payment of `face` at maturity: face / (1 + y)^t, y compounded annually, t Actual/365 Fixed."""

    symbol: str
    currency: str
    yield_factor: str
    maturity: date
    face: float = 100.0
    sector: str = ""
    asset_class: ClassVar[AssetClass] = "bond"

    def __post_init__(self) -> None:
        _check_instrument(self)
        check_number("face", self.face, above=0.0)

    @property
    def factors(self) -> tuple[str, ...]:
        """The yield."""
        return (self.yield_factor,)


@dataclass(frozen=True)
class FixedCouponBond:
    """Coupons `coupon` * face / frequency and `face` at maturity, valued dirty from a yield.

    The yield compounds `frequency` times a year; the time to a flow is a whole number of periods plus the
    fraction of the running one, Actual/Actual ICMA (the street convention). Coupon dates run back from maturity.
    """

    symbol: str
    currency: str
    yield_factor: str
    maturity: date
    coupon: float
    frequency: int = 2
    face: float = 100.0
    sector: str = ""
    asset_class: ClassVar[AssetClass] = "bond"

    def __post_init__(self) -> None:
        _check_instrument(self)
        check_number("face", self.face, above=0.0)
        check_number("coupon", self.coupon, above=-1.0)
        if self.frequency not in (1, 2, 4, 12):
            raise InputError("frequency", self.frequency, f"1, 2, 4 or 12 coupons a year ({self.symbol})")

    @property
    def factors(self) -> tuple[str, ...]:
        """The yield."""
        return (self.yield_factor,)


Instrument = Equity | Cash | EuropeanOption | ZeroCouponBond | FixedCouponBond


def _check_instrument(instrument: Equity | EuropeanOption | ZeroCouponBond | FixedCouponBond) -> None:
    if not instrument.symbol:
        raise InputError("symbol", instrument.symbol, "the name of an instrument")
    check_currency("currency", instrument.currency)


def check_currency(field: str, value: str) -> None:
    """Refuse what is not an ISO 4217 code."""
    if not re.fullmatch(r"[A-Z]{3}", value):
        raise InputError(field, value, "a currency code of three capital letters, such as USD")


def check_number(field: str, value: float, above: float = -math.inf) -> None:
    """Refuse NaN, infinities, booleans and numbers beyond 1e15."""
    number = isinstance(value, int | float | np.integer) and not isinstance(value, bool)
    if not number or not -_LIMIT < value < _LIMIT or value <= above:
        floor = "" if above == -math.inf else f" above {above:g}"
        raise InputError(field, value, f"a finite number{floor} below {_LIMIT:g} in size")
