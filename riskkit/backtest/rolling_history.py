"""Rolling historical simulation, many days at once: the linear part of a book is one matrix product a block of days."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from riskkit.backtest.forecasts import Forecasts, Progress, transforms
from riskkit.market import FactorHistory, MarketSnapshot
from riskkit.measures.empirical import tail_mass
from riskkit.portfolio import Portfolio
from riskkit.revaluation import Revaluer
from riskkit.revaluation.book import Holding, bind
from riskkit.scenarios.sets import lowest_changes, unit_moves
from riskkit.var import VarSpec

FloatArray = NDArray[np.float64]

#: Level changes held at once: two megabytes, so that they stay near the core.
_NUMBERS = 1 << 18


def applies(spec: VarSpec) -> bool:
    """Whether a spec is plain historical simulation by full revaluation, which `rolling_history` computes."""
    plain = spec.method == "historical" and spec.historical.weighting == "plain" and spec.revaluation == "full"
    return plain and (spec.estimators.quantile, spec.estimators.tail) == ("order_statistic", "acerbi_tasche")


def rolling_history(
    portfolio: Portfolio, history: FactorHistory, rows: NDArray[np.intp], spec: VarSpec, progress: Progress
) -> Forecasts:
    """The forecasts of `forecast_each` for plain historical simulation, without a table of components a day.

    Equities and cash are valued for a block of days in one product; options and bonds day by day, each with all its
    scenarios and the outcome in one call.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
    rows : array (n,) of int
        Rows of the history on which a forecast is made, each with `lookback_days` returns behind it.
    spec : VarSpec
        One that `applies`.
    progress : callable
        Told the number of days done since it was last told.
    """
    history = history.select(portfolio.factors)
    returns = history.returns(None, spec.step_days)
    for column, factor in enumerate(history.factors):
        if factor.return_type == "log":
            returns[:, column] = np.expm1(returns[:, column])
    book = _Book(portfolio, history, int(rows[0]))
    size = max(1, _NUMBERS // max(1, spec.lookback_days * len(history.factors)))
    parts = []
    for start in range(0, len(rows), size):
        block = rows[start : start + size]
        parts.append(_block(book, returns, block, spec))
        progress(len(block))
    return Forecasts.join(parts)


def _block(book: _Book, returns: FloatArray, rows: NDArray[np.intp], spec: VarSpec) -> Forecasts:
    # the return that ends on row r is in place r - step_days
    windows = np.lib.stride_tricks.sliding_window_view(returns, spec.lookback_days, axis=0)
    moves = windows[rows - spec.step_days - spec.lookback_days + 1].swapaxes(1, 2)
    snapshots = [book.snapshot(int(row)) for row in rows]
    units = np.stack([unit_moves(one) for one in snapshots])[:, None, :]
    lowest = np.stack([lowest_changes(one) for one in snapshots])[:, None, :]
    changes = np.empty((len(rows), spec.lookback_days + 1, returns.shape[1]))
    np.multiply(moves, units, out=changes[:, :-1])
    np.maximum(changes[:, :-1], lowest, out=changes[:, :-1])
    changes[:, -1] = book.levels[rows + spec.horizon_days] - book.levels[rows]  # what came, the last "scenario"
    gains = book.pnl(snapshots, changes)
    came, scenarios = gains[:, -1].copy(), gains[:, :-1] * spec.time_factor
    mass = tail_mass(spec.lookback_days, spec.confidence_level)
    k = math.ceil(mass)
    tail = np.partition(scenarios, k - 1, axis=1)[:, :k]
    var = 0.0 - tail.max(axis=1)
    beyond = 0.0 - tail.sum(axis=1) - var
    shortfall = (beyond + var * float(mass - (k - 1))) / float(mass)
    return Forecasts(var, np.maximum(shortfall, var), came, transforms(scenarios, came))


class _Book:
    """A portfolio on every day of a history: netted where it is linear, day by day where it is not."""

    def __init__(self, portfolio: Portfolio, history: FactorHistory, row: int) -> None:
        self._history, self.levels = history, history.levels
        holdings = bind(portfolio, self.snapshot(row))
        by_currency: dict[str, list[Holding]] = {}
        for holding in holdings:
            if holding.is_linear:
                by_currency.setdefault(holding.instrument.currency, []).append(holding)
        self._linear = list(by_currency.values())
        pairs = zip(portfolio.positions, holdings, strict=True)
        others = tuple(position for position, holding in pairs if not holding.is_linear and position.quantity)
        self._others = Portfolio(portfolio.name, portfolio.base_currency, others) if others else None
        if self._others is not None:  # only the columns its positions read
            self._columns = [history.names.index(name) for name in self._others.factors]

    def snapshot(self, row: int) -> MarketSnapshot:
        return MarketSnapshot(self._history.dates[row].item(), self._history.factors, self.levels[row])

    def pnl(self, snapshots: list[MarketSnapshot], changes: FloatArray) -> FloatArray:
        """P&L (D, S) of each day's snapshot under its own level changes (D, S, F)."""
        levels = np.stack([one.levels for one in snapshots])
        total = np.zeros(changes.shape[:2])
        for holdings in self._linear:
            quantities, cash = np.zeros(levels.shape[1]), 0.0
            for holding in holdings:
                if holding.columns:
                    quantities[holding.columns[0]] += holding.quantity
                else:
                    cash += holding.quantity
            rate, rate_now = _rates(holdings[0], levels, changes)
            value = levels @ quantities + cash
            total += (changes @ quantities) * rate + value[:, None] * (rate - rate_now)
        if self._others is not None:
            factors = tuple(self._history.factors[column] for column in self._columns)
            for day, snapshot in enumerate(snapshots):
                base = MarketSnapshot(snapshot.as_of, factors, snapshot.levels[self._columns])
                total[day] += Revaluer(self._others, base).pnl(changes[day][:, self._columns])
        return total


def _rates(holding: Holding, levels: FloatArray, changes: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Base currency per unit of the position's: under each scenario (D, S), and now (D, 1)."""
    rate, now = np.ones((1, 1)), np.ones((1, 1))
    if holding.currency_column is not None:
        now = levels[:, [holding.currency_column]]
        rate = now + changes[:, :, holding.currency_column]
    if holding.base_column is not None:
        base = levels[:, [holding.base_column]]
        rate = rate / (base + changes[:, :, holding.base_column])
        now = now / base
    return rate, now
