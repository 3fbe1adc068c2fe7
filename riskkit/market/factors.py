"""Risk factors and their levels on one date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal, cast, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from riskkit.errors import InputError, MarketDataError

FloatArray = NDArray[np.float64]
DateArray = NDArray[np.datetime64]

FactorKind = Literal["equity", "fx", "volatility", "yield"]
ReturnType = Literal["relative", "log", "absolute"]

#: What a factor's change means where its definition does not say.
DEFAULT_RETURN_TYPE: dict[FactorKind, ReturnType] = {
    "equity": "relative",
    "fx": "relative",
    "volatility": "absolute",
    "yield": "absolute",
}
_BY_KIND = cast("ReturnType", "")


@dataclass(frozen=True)
class RiskFactor:
    """An observable that the value of an instrument depends on.

    Attributes
    ----------
    name : str
        Unique in a history: `AAPL`, `EURUSD` (USD per 1 EUR), `SP500.vol`.
    kind : {"equity", "fx", "volatility", "yield"}
        `equity` includes indices. Volatilities and yields are annual decimals: 0.2 is 20 %.
    currency : str
        Currency the level is quoted in.
    return_type : {"relative", "log", "absolute"}
        How its change from day to day is measured; by default relative for equity and fx, absolute for the rest.
    source : str
        Where the levels come from.

    Examples
    --------
    >>> RiskFactor("SP500.vol", "volatility", "USD").return_type
    'absolute'
    """

    name: str
    kind: FactorKind
    currency: str
    return_type: ReturnType = _BY_KIND
    source: str = ""

    def __post_init__(self) -> None:
        if not self.name:
            raise InputError("name", self.name, "the name of a risk factor")
        if self.kind not in get_args(FactorKind):
            raise InputError("kind", self.kind, f"one of {', '.join(get_args(FactorKind))} (factor {self.name})")
        if self.return_type == _BY_KIND:
            object.__setattr__(self, "return_type", DEFAULT_RETURN_TYPE[self.kind])
        if self.return_type not in get_args(ReturnType):
            expected = f"one of {', '.join(get_args(ReturnType))} (factor {self.name})"
            raise InputError("return_type", self.return_type, expected)


@dataclass(frozen=True, eq=False)
class MarketSnapshot:
    """All factor levels on one valuation date.

    Attributes
    ----------
    as_of : date
    factors : tuple of RiskFactor
    levels : array (F,)
        In the order of `factors`, each in its factor's own unit.
    """

    as_of: date
    factors: tuple[RiskFactor, ...]
    levels: FloatArray

    def __post_init__(self) -> None:
        check_factors(self.factors)
        object.__setattr__(self, "levels", frozen(self.levels))
        if self.levels.shape != (len(self.factors),):
            raise InputError("levels", self.levels.shape, f"one level for each of {len(self.factors)} factors")
        check_levels(self.factors, np.array([self.as_of], "datetime64[D]"), self.levels[None, :])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors, in the order of `levels`."""
        return tuple(factor.name for factor in self.factors)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def index(self, name: str) -> int:
        """Position of a factor in `factors`; MarketDataError if it is not there."""
        place = self._places.get(name)
        return indices(self.factors, [name])[0] if place is None else place

    def factor(self, name: str) -> RiskFactor:
        """The factor of that name."""
        return self.factors[self.index(name)]

    def level(self, name: str) -> float:
        """Level of one factor, in its own unit."""
        return float(self.levels[self.index(name)])


def numbers(field: str, levels: ArrayLike) -> FloatArray:
    """Levels as floats; MarketDataError where they are text or anything else that is no number."""
    try:
        array = np.asarray(levels)
    except ValueError as error:
        raise MarketDataError(field, "rows of unequal length", "levels that are numbers") from error
    if array.size and array.dtype.kind not in "iuf":
        raise MarketDataError(field, f"levels of type {array.dtype}", "levels that are numbers")
    return array.astype(np.float64, copy=False)


def days(field: str, dates: ArrayLike) -> DateArray:
    """Days as datetime64[D]; MarketDataError where one is no date, or has an offset: which day it is depends on where.

    Examples
    --------
    >>> days("dates", ["2020-01-02"])
    array(['2020-01-02'], dtype='datetime64[D]')
    """
    array = np.asarray(dates)
    if array.dtype.kind == "O" and any(getattr(day, "tzinfo", None) is not None for day in array.ravel()):
        raise MarketDataError(field, "a time with an offset", "days of the exchange, without an offset")
    try:
        return array.astype("datetime64[D]", copy=False)
    except (ValueError, TypeError) as error:
        raise MarketDataError(field, f"dates of type {array.dtype}", "dates such as 2020-03-16") from error


def frozen(levels: FloatArray) -> FloatArray:
    """A read-only float view of the levels."""
    view = numbers("levels", levels).view()
    view.flags.writeable = False
    return view


def check_factors(factors: Sequence[RiskFactor]) -> None:
    """Refuse two factors of one name."""
    names = [factor.name for factor in factors]
    if len(set(names)) != len(names):
        raise InputError("factors", sorted({n for n in names if names.count(n) > 1}), "each factor name once")


def indices(factors: Sequence[RiskFactor], names: Sequence[str]) -> list[int]:
    """Columns of the named factors; MarketDataError names all that are missing."""
    place = {factor.name: i for i, factor in enumerate(factors)}
    missing = [name for name in names if name not in place]
    if missing:
        raise MarketDataError("factor", ", ".join(missing), "a risk factor with market data; there is none for it")
    return [place[name] for name in names]


def check_levels(factors: Sequence[RiskFactor], dates: DateArray, levels: FloatArray) -> None:
    """Refuse levels that are not finite, or not positive where returns are relative or log."""
    bad = ~np.isfinite(levels)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        value = f"{levels[row, column]} on {dates[row]}"
        raise MarketDataError(factors[column].name, value, "a finite level on every date")
    positive = np.array([factor.return_type != "absolute" for factor in factors], bool)
    low = (levels <= 0) & positive
    if low.any():
        row, column = np.argwhere(low)[0]
        factor = factors[column]
        raise MarketDataError(
            factor.name,
            f"{levels[row, column]} on {dates[row]}",
            f"a level above zero, because its returns are {factor.return_type}; "
            "a factor that can reach zero needs the return type 'absolute'",
        )
