"""What is measured: quantities and a price history as plain arrays, the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from riskkit.demo.books import BOOKS, LAST_DAY
from riskkit.feeds.ecb_rates import exchange_rates
from riskkit.feeds.skfolio_prices import share_prices
from riskkit.market import FactorSeries, align
from riskkit.portfolio import Cash, Equity

FloatArray = NDArray[np.float64]

LEVEL, SEED = 0.99, 20200316


@dataclass(frozen=True, eq=False)
class Workload:
    """A linear book and its history.

    Attributes
    ----------
    title : str
    symbols : tuple of str
        Everything is priced in USD.
    quantities : array (P,)
    dates : array (T,) of datetime64[D]
    prices : array (T, P)
        T - 1 returns are used, all of them.
    n_paths : int
        0 for historical simulation.
    currencies : tuple of str
        Which of the symbols are cash.
    """

    title: str
    symbols: tuple[str, ...]
    quantities: FloatArray
    dates: NDArray[np.datetime64]
    prices: FloatArray
    n_paths: int = 0
    currencies: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        """Returns in the history."""
        return len(self.prices) - 1

    def tail(self, days: int, title: str) -> Workload:
        """The same book on its last returns."""
        return replace(self, title=title, dates=self.dates[-days - 1 :], prices=self.prices[-days - 1 :])


def demo_book() -> Workload:
    """The demo's book without its option: 17 shares long and short, cash in EUR and JPY; all days since 1999."""
    (demo,) = (book for book in BOOKS if book.path == "atlas/demo")
    shares = {p.symbol: p.quantity for p in demo.positions if isinstance(p.instrument, Equity)}
    cash = {p.instrument.currency: p.quantity for p in demo.positions if isinstance(p.instrument, Cash)}
    series = [one for one in share_prices() if one.factor.name in shares]
    rates = exchange_rates(tuple(cash), LAST_DAY)
    quantities = [shares[one.factor.name] for one in series] + list(cash.values())
    symbols = tuple(one.factor.name for one in series) + tuple(cash)
    book = _aligned("the demo's linear book", symbols, quantities, [*series, *rates])
    return replace(book, currencies=tuple(cash))


def twenty_shares(n_paths: int) -> Workload:
    """All 20 shares of the data set, 500 days for the covariance."""
    series = share_prices()
    quantities = np.random.default_rng(SEED).normal(0, 10_000, len(series)).tolist()
    book = _aligned("20 shares", tuple(one.factor.name for one in series), quantities, list(series))
    return replace(book.tail(500, f"{n_paths:,} paths × 20 shares"), n_paths=n_paths)


def wide_book(n_paths: int, n_assets: int = 100) -> Workload:
    """Invented assets with one common mover: no free data set has a hundred."""
    rng = np.random.default_rng(SEED)
    moves = 0.01 * rng.standard_normal((500, 1)) + 0.015 * rng.standard_normal((500, n_assets))
    prices = 50.0 * np.cumprod(np.vstack([np.ones(n_assets), 1.0 + moves]), axis=0)
    dates = np.datetime64("2020-01-01") + np.arange(501)
    symbols = tuple(f"S{i:03d}" for i in range(n_assets))
    quantities = rng.normal(500, 1000, n_assets)
    return Workload(f"{n_paths:,} paths × {n_assets} assets", symbols, quantities, dates, prices, n_paths)


def _aligned(title: str, symbols: tuple[str, ...], quantities: list[float], series: list[FactorSeries]) -> Workload:
    history = align(series)
    order = [history.names.index(one.factor.name) for one in series]
    prices = np.ascontiguousarray(history.levels[:, order])
    return Workload(title, symbols, np.array(quantities), history.dates, prices)
