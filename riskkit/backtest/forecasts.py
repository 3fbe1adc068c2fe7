"""Forecasts and outcomes of a run of days with the same book."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from riskkit.backtest.spec import BacktestSpec
from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory
from riskkit.measures.degrees_of_freedom import unit_scale
from riskkit.portfolio import Portfolio
from riskkit.revaluation import Revaluer
from riskkit.var import VarResult, portfolio_var

FloatArray = NDArray[np.float64]
Progress = Callable[[int], None]
_UNKNOWN = -1.0


@dataclass(frozen=True, eq=False)
class Forecasts:
    """What was forecast for each day, and what came; base currency over the horizon.

    Attributes
    ----------
    var, expected_shortfall : array (n,)
        Losses positive.
    pnl : array (n,)
        Gain positive.
    transforms : array (n,)
        Probability the model gave to a P&L no better than the one that came; -1 where the method has no law to read
        it from.
    """

    var: FloatArray
    expected_shortfall: FloatArray
    pnl: FloatArray
    transforms: FloatArray

    @classmethod
    def join(cls, parts: list[Forecasts]) -> Forecasts:
        """One after the other."""
        names = ("var", "expected_shortfall", "pnl", "transforms")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))

    @property
    def known_transforms(self) -> FloatArray | None:
        """The transforms if every day has one."""
        return None if (self.transforms == _UNKNOWN).any() else self.transforms


def forecast_each(
    portfolio: Portfolio,
    history: FactorHistory,
    rows: NDArray[np.intp],
    spec: BacktestSpec,
    workers: int,
    progress: Progress,
) -> Forecasts:
    """One `portfolio_var` a day, of the history up to that day and no further.

    Parameters
    ----------
    portfolio : Portfolio
    history : FactorHistory
        Factors of this portfolio, or more.
    rows : array (n,) of int
        Rows of the history on which a forecast is made; its outcome is `spec.horizon_days` rows later.
    spec : BacktestSpec
    workers : int
        Threads; the figures do not depend on it.
    progress : callable
        Told the number of days done since it was last told.

    Raises
    ------
    InputError, MarketDataError
        What `portfolio_var` refuses, and on which day.
    """
    plan, family = spec.var_spec(), spec.family

    def one(row: int) -> tuple[float, float, float, float]:
        day = history.dates[row].item()
        try:
            result = portfolio_var(portfolio, history.upto(day), plan, threads=1)
        except InputError as error:
            kind = MarketDataError if isinstance(error, MarketDataError) else InputError
            raise kind(error.field, error.value, f"{error.expected} (forecast of {day})") from error
        pnl = realised(portfolio, history, row, spec.horizon_days)
        progress(1)
        return result.var, result.expected_shortfall, pnl, _transform(result, pnl, family)

    with ThreadPoolExecutor(workers) as pool:
        figures = np.array(list(pool.map(one, rows.tolist())), np.float64).reshape(-1, 4)
    return Forecasts(*figures.T)


def realised(portfolio: Portfolio, history: FactorHistory, row: int, horizon_days: int) -> float:
    """P&L of the book of a day when the levels become those of `horizon_days` rows later, full revaluation."""
    book = history.select(portfolio.factors)
    change = book.levels[row + horizon_days] - book.levels[row]
    snapshot = book.snapshot(book.dates[row].item())
    return float(Revaluer(portfolio, snapshot).pnl(change[None, :])[0])


def _transform(result: VarResult, pnl: float, family: str | float | None) -> float:
    if result.pnl is not None:
        weights = result.scenario_weights
        return float(transforms(result.pnl[None, :], np.array([pnl]), weights)[0])
    if family is None or not result.standard_deviation:
        return _UNKNOWN
    standard = pnl / result.standard_deviation
    return float(ndtr(standard) if isinstance(family, str) else stdtr(family, standard / unit_scale(family)))


def transforms(scenarios: FloatArray, pnl: FloatArray, weights: FloatArray | None = None) -> FloatArray:
    """Probability of scenarios (D, S) no better than the P&L (D,) that came, kept inside (0, 1).

    (below + equal / 2 + 1 / (2 S)) S / (S + 1), where below and equal are the weights (S,) of the scenarios below and
    at the P&L; 1 / S each by default.

    Examples
    --------
    >>> transforms(np.array([[-2.0, -1.0, 1.0]]), np.array([-1.5]))
    array([0.375])
    """
    n = scenarios.shape[1]
    each = np.full(n, 1.0 / n) if weights is None else weights
    share = (scenarios < pnl[:, None]) @ each + 0.5 * ((scenarios == pnl[:, None]) @ each)
    return np.asarray((share * n + 0.5) / (n + 1), np.float64)
