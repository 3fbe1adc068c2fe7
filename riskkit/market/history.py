"""Factor levels on a common calendar: the market data of an analysis."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import cast

import numpy as np

from riskkit.errors import InputError, MarketDataError
from riskkit.market.factors import (
    DateArray,
    FloatArray,
    MarketSnapshot,
    RiskFactor,
    check_factors,
    check_levels,
    days,
    frozen,
    indices,
)


@dataclass(frozen=True, eq=False)
class FactorHistory:
    """Factor levels on a common calendar, without gaps.

    Attributes
    ----------
    factors : tuple of RiskFactor
    dates : array (T,) of datetime64[D]
        Strictly increasing.
    levels : array (T, F)
        Finite; positive where the factor's returns are relative or log.
    notes : tuple of str
        What was filled, dropped or merged, a sentence each; shown with every result.
    """

    factors: tuple[RiskFactor, ...]
    dates: DateArray
    levels: FloatArray
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_factors(self.factors)
        object.__setattr__(self, "dates", days("dates", self.dates))
        object.__setattr__(self, "levels", frozen(self.levels))
        if self.levels.shape != (len(self.dates), len(self.factors)):
            expected = f"shape ({len(self.dates)}, {len(self.factors)}): one row a date, one column a factor"
            raise InputError("levels", self.levels.shape, expected)
        if len(self.dates) == 0:
            raise MarketDataError("history", "no dates", "at least one date with levels")
        if np.isnat(self.dates).any() or (np.diff(self.dates).astype(np.int64) <= 0).any():
            raise MarketDataError("dates", "unsorted or repeated dates", "strictly increasing dates")
        check_levels(self.factors, self.dates, self.levels)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors, in the order of the columns."""
        return tuple(factor.name for factor in self.factors)

    @property
    def first(self) -> date:
        """The first date."""
        return cast("date", self.dates[0].item())

    @property
    def last(self) -> date:
        """The last date: the `as_of` of an analysis of this history."""
        return cast("date", self.dates[-1].item())

    def snapshot(self, as_of: date | None = None) -> MarketSnapshot:
        """Levels on a date of this history; on the last one by default."""
        row = len(self.dates) - 1 if as_of is None else int(np.searchsorted(self.dates, np.datetime64(as_of, "D")))
        if as_of is not None and (row == len(self.dates) or self.dates[row].item() != as_of):
            raise MarketDataError("as_of", str(as_of), f"a date with data between {self.first} and {self.last}")
        return MarketSnapshot(cast("date", self.dates[row].item()), self.factors, self.levels[row])

    def upto(self, as_of: date) -> FactorHistory:
        """The part up to and including a date: what was known then."""
        n = int(np.searchsorted(self.dates, np.datetime64(as_of, "D"), side="right"))
        if n == 0:
            raise MarketDataError("as_of", str(as_of), f"a date on or after {self.first}, where the data begin")
        return replace(self, dates=self.dates[:n], levels=self.levels[:n])

    def tail(self, n_dates: int) -> FactorHistory:
        """The last `n_dates` dates (fewer if there are no more)."""
        if n_dates < 1:
            raise InputError("n_dates", n_dates, "at least 1")
        return replace(self, dates=self.dates[-n_dates:], levels=self.levels[-n_dates:])

    def select(self, names: Iterable[str]) -> FactorHistory:
        """The same history of the named factors only, in that order; MarketDataError names what is missing."""
        columns = indices(self.factors, list(names))
        return replace(self, factors=tuple(self.factors[i] for i in columns), levels=self.levels[:, columns])

    def returns(self, lookback_days: int | None = None, horizon_days: int = 1) -> FloatArray:
        """Changes of the factors by their `return_type`, oldest first.

        Parameters
        ----------
        lookback_days : int, optional
            How many returns, counted back from the last date; all by default.
        horizon_days : int
            Dates between the two levels of a return; the returns overlap if it is more than 1.

        Returns
        -------
        array (lookback_days, F)
            Decimals for relative and log, the factor's own unit for absolute returns.

        Raises
        ------
        MarketDataError
            If the history is too short.

        Examples
        --------
        >>> days = np.array(["2020-01-01", "2020-01-02", "2020-01-03"], "datetime64[D]")
        >>> stock = RiskFactor("ABC", "equity", "USD")
        >>> FactorHistory((stock,), days, np.array([[100.0], [110.0], [99.0]])).returns()
        array([[ 0.1],
               [-0.1]])
        """
        available = len(self.dates) - horizon_days
        wanted = max(available, 1) if lookback_days is None else lookback_days
        if wanted < 1:
            raise InputError("lookback_days", lookback_days, "at least 1")
        if available < wanted:
            have = f"{max(available, 0)} returns over {horizon_days} day(s) up to {self.last}"
            raise MarketDataError("history", have, f"at least {wanted} (lookback_days); the data begin on {self.first}")
        end = self.levels[-wanted:]
        start = self.levels[len(self.levels) - wanted - horizon_days : len(self.levels) - horizon_days]
        changes: FloatArray = end - start
        for column, factor in enumerate(self.factors):
            if factor.return_type == "relative":
                changes[:, column] /= start[:, column]
            elif factor.return_type == "log":
                changes[:, column] = np.log(end[:, column] / start[:, column])
        return changes
