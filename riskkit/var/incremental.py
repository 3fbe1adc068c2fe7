"""What a trade list would do to VaR: the book with it minus the book without it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from riskkit.errors import InputError
from riskkit.market import FactorHistory
from riskkit.portfolio import Portfolio, Position
from riskkit.revaluation import Revaluer
from riskkit.var.analysis import portfolio_var
from riskkit.var.result import VarResult
from riskkit.var.spec import VarSpec


@dataclass(frozen=True, eq=False)
class IncrementalResult:
    """Incremental VaR and expected shortfall, losses positive: above zero adds risk.

    Attributes
    ----------
    before, after : VarResult
        The book without any of the trades, and with all of them.
    trades : DataFrame
        trade, quantity, incremental_var, incremental_es: each trade alone on the book as it is.
    incremental_var, incremental_es : float
        Of the whole list at once: not the sum of the rows.
    """

    before: VarResult
    after: VarResult
    trades: pd.DataFrame
    incremental_var: float
    incremental_es: float


def incremental_var(
    portfolio: Portfolio, history: FactorHistory, trades: Sequence[Position], spec: VarSpec | None = None
) -> IncrementalResult:
    """VaR with a trade minus VaR without it, for each trade of a list and for all together.

    Every book is computed on the same factors and with the same random numbers, so that the difference is the trade's.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        Every factor of the portfolio and of the trades.
    trades : sequence of Position
        Signed quantities to add, each instrument once; below zero sells.
    spec : VarSpec, optional

    Returns
    -------
    IncrementalResult
        In the portfolio's base currency over the spec's horizon.

    Raises
    ------
    InputError
        No trades, an instrument twice, or one that differs from the one held under its symbol.
    MarketDataError
        As `portfolio_var`.

    References
    ----------
    Jorion, Value at Risk, section "Incremental VaR".

    Examples
    --------
    >>> import numpy as np
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity
    >>> levels = 100 * np.cumprod([1, 0.99, 1.02, 0.97, 1.01, 0.98])
    >>> days = np.datetime64("2020-01-01") + np.arange(6)
    >>> history = FactorHistory((RiskFactor("ABC", "equity", "USD"),), days, levels[:, None])
    >>> held = Position(Equity("ABC", "USD"), 1000 / levels[-1])
    >>> book = Portfolio("book", "USD", (held,))
    >>> half = Position(held.instrument, -held.quantity / 2)
    >>> result = incremental_var(book, history, [half], VarSpec("historical", 0.8, lookback_days=5))
    >>> round(result.incremental_var, 6), result.trades["incremental_var"].round(6).tolist()
    (-15.0, [-15.0])
    """
    spec = VarSpec() if spec is None else spec
    symbols = [trade.symbol for trade in trades]
    if not trades or len(set(symbols)) != len(symbols):
        raise InputError("trades", ", ".join(symbols) or "no trades", "at least one trade, each instrument once")
    every = _traded(portfolio, trades, range(len(trades)))
    factors = history.select(every.factors)
    linear = Revaluer(_full(every), factors.snapshot(), spec.revaluation).is_linear
    if not linear:  # all books by the paths of the factors, or they would not share their random numbers
        spec = replace(spec, simulation=replace(spec.simulation, draws="factors"))
    before = portfolio_var(_traded(portfolio, trades, ()), factors, spec)
    rows, results = [], [portfolio_var(_traded(portfolio, trades, (i,)), factors, spec) for i in range(len(trades))]
    after = portfolio_var(every, factors, spec)
    for trade, result in zip(trades, results, strict=True):
        rows.append((trade.symbol, trade.quantity, *_difference(before, result)))
    table = pd.DataFrame(rows, columns=["trade", "quantity", "incremental_var", "incremental_es"])
    return IncrementalResult(before, after, table, *_difference(before, after))


def _difference(before: VarResult, after: VarResult) -> tuple[float, float]:
    return after.var - before.var, after.expected_shortfall - before.expected_shortfall


def _traded(portfolio: Portfolio, trades: Sequence[Position], chosen: Sequence[int]) -> Portfolio:
    """The book with the chosen trades; the others are in it with nothing held, so that its factors are the same."""
    held = {position.symbol: position for position in portfolio.positions}
    for place, trade in enumerate(trades):
        quantity = trade.quantity if place in chosen else 0.0
        old = held.get(trade.symbol)
        if old is not None and old.instrument != trade.instrument:
            raise InputError("trades", trade.symbol, "the instrument that is held under this symbol")
        held[trade.symbol] = Position(trade.instrument, quantity + (old.quantity if old else 0.0))
    return replace(portfolio, positions=tuple(held.values()))


def _full(portfolio: Portfolio) -> Portfolio:
    """One of each: whether a book of these instruments is linear, whatever is held."""
    return replace(portfolio, positions=tuple(Position(p.instrument, 1.0) for p in portfolio.positions))
