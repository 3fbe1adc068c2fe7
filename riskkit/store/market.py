"""The market data of one valuation date: read from a store as they are asked for, or from series at hand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from threading import Lock

from riskkit.market import FactorHistory, FactorSeries
from riskkit.store.contract import PortfolioRef, Store
from riskkit.store.series import history_of, missing_factor


class StoreMarket:
    """What a store has; each window is read once.

    Parameters
    ----------
    store : Store
    ref : PortfolioRef
        Its team's own factors win over shared ones.
    as_of : date
        The valuation date.
    """

    def __init__(self, store: Store, ref: PortfolioRef, as_of: date) -> None:
        self._store, self._ref, self._as_of = store, ref, as_of
        self._read: dict[tuple[tuple[str, ...], int | None], FactorHistory] = {}
        self._lock = Lock()

    def history(self, factors: Sequence[str], n_dates: int | None) -> FactorHistory:
        """Levels on one calendar, the last `n_dates` dates up to the valuation date, or all."""
        key = (tuple(factors), n_dates)
        with self._lock:  # a page and its thread ask for the same window at once
            if key not in self._read:
                self._read[key] = self._store.history(self._ref, factors, self._as_of, n_dates)
            return self._read[key]

    def series(self, factors: Sequence[str]) -> tuple[FactorSeries, ...]:
        """Every level up to the valuation date as it came."""
        return self._store.series(self._ref, factors, self._as_of)


class SeriesMarket:
    """Series at hand: those that a run has frozen. The same windows of them make the same histories as a store's.

    Parameters
    ----------
    series : iterable of FactorSeries
        Levels up to `as_of`, ascending.
    as_of : date
        The valuation date.
    """

    def __init__(self, series: Iterable[FactorSeries], as_of: date) -> None:
        self._series = {one.factor.name: one for one in series}
        self._as_of = as_of
        self._made: dict[tuple[tuple[str, ...], int | None], FactorHistory] = {}

    def history(self, factors: Sequence[str], n_dates: int | None) -> FactorHistory:
        """Levels on one calendar, the last `n_dates` dates up to the valuation date, or all."""
        key = (tuple(factors), n_dates)
        if key not in self._made:
            for name in factors:
                if name not in self._series:
                    raise missing_factor(name)
            self._made[key] = history_of([self._series[name] for name in factors], self._as_of, n_dates)
        return self._made[key]

    def series(self, factors: Sequence[str]) -> tuple[FactorSeries, ...]:
        """Every level up to the valuation date as it came."""
        return tuple(self._series[name] for name in factors if name in self._series)
