"""A factor whose history is too short takes a stated proxy before its first level: a regression on other factors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from riskkit.errors import InputError, MarketDataError
from riskkit.market.alignment import FactorSeries, align
from riskkit.market.factors import FloatArray
from riskkit.market.history import FactorHistory

Residuals = Literal["bootstrap", "none"]

#: Fewest common returns of a regression, in all and for each of its coefficients.
_FEWEST, _FEWEST_EACH = 60, 10


@dataclass(frozen=True, eq=False)
class Proxy:
    """A factor's daily returns explained by those of other factors, over the days all have.

    Attributes
    ----------
    factor : str
    on : tuple of str
    intercept : float
        Daily, in the factor's return.
    slopes : array (K,)
        Return of the factor per unit of return of each other factor.
    residuals : array (n,)
        What the regression left, one a common return.
    r_squared : float
        Share of the variance that it explains; 1 where there is none.
    """

    factor: str
    on: tuple[str, ...]
    intercept: float
    slopes: FloatArray
    residuals: FloatArray
    r_squared: float

    @property
    def formula(self) -> str:
        """The regression as a formula."""
        terms = [f"{slope:+.3g} {name}" for slope, name in zip(self.slopes, self.on, strict=True)]
        return " ".join([f"{self.intercept:.2g}", *terms])


def fit_proxy(history: FactorHistory, factor: str, on: Sequence[str]) -> Proxy:
    """Regress a factor's daily returns on those of other factors, with a constant, by least squares.

    Parameters
    ----------
    history : FactorHistory
        The common window: all factors named.
    factor : str
    on : sequence of str
        Each once, without the factor itself.

    Returns
    -------
    Proxy

    Raises
    ------
    InputError
        No factor to regress on, or one named twice.
    MarketDataError
        A factor is missing; fewer than 60 common returns, or than 10 a coefficient.

    References
    ----------
    Stambaugh (1997), "Analyzing investments whose histories differ in length".

    Examples
    --------
    >>> from riskkit.market.factors import RiskFactor
    >>> index = np.cumprod(1 + np.tile([0.01, -0.01, 0.02, -0.02], 20))
    >>> stock = np.cumprod(1 + 2 * np.tile([0.01, -0.01, 0.02, -0.02], 20))
    >>> factors = (RiskFactor("INDEX", "equity", "USD"), RiskFactor("ABC", "equity", "USD"))
    >>> days = np.datetime64("2020-01-01") + np.arange(80)
    >>> fit_proxy(FactorHistory(factors, days, np.column_stack([index, stock])), "ABC", ["INDEX"]).slopes.round(9)
    array([2.])
    """
    names = tuple(on)
    if not names or len({factor, *names}) != len(names) + 1:
        raise InputError("on", ", ".join(names), f"at least one factor to regress {factor} on, each once")
    returns = history.select([factor, *names]).returns()
    need = max(_FEWEST, _FEWEST_EACH * (len(names) + 1))
    if len(returns) < need:
        have = f"{len(returns)} returns in common with {', '.join(names)}"
        raise MarketDataError(factor, have, f"at least {need} for a proxy")
    y, x = returns[:, 0], returns[:, 1:]
    centred = x - x.mean(axis=0)
    scale = np.sqrt((centred**2).mean(axis=0))
    live = np.where(scale > 0, scale, 1.0)
    slopes = np.linalg.lstsq(centred / live, y - y.mean(), rcond=1e-10)[0] / live
    intercept = float(y.mean() - x.mean(axis=0) @ slopes)
    residuals = y - intercept - x @ slopes
    total = float(((y - y.mean()) ** 2).sum())
    explained = 1.0 - float((residuals**2).sum()) / total if total > 0 else 1.0
    return Proxy(factor, names, intercept, slopes, residuals, explained)


def add_by_proxy(
    history: FactorHistory,
    series: FactorSeries,
    on: Sequence[str],
    residuals: Residuals = "bootstrap",
    seed: int = 20200316,
) -> FactorHistory:
    """A history with one more factor, whose returns before its first level are a proxy's.

    Where the series has levels they are kept. Before, its returns are those the regression on the common window gives
    to the other factors' returns, with residuals drawn from that window (each equally likely, with replacement);
    without them the proxy would be calmer than the factor.

    Parameters
    ----------
    history : FactorHistory
        Long enough; does not have the factor.
    series : FactorSeries
        The factor's own levels, up to the history's last date.
    on : sequence of str
        Factors of the history to regress on.
    residuals : {"bootstrap", "none"}
    seed : int
        Of the draws.

    Returns
    -------
    FactorHistory
        On the dates of `history`; a note states the proxy, its fit and what was done with the residuals. None is made
        or noted if the series reaches back to the first date.

    Raises
    ------
    InputError
        The factor is there already, or a choice is unknown.
    MarketDataError
        Too few common returns; levels with long gaps; a proxy that would take a level to zero or below where the
        factor cannot go there.

    References
    ----------
    Stambaugh (1997), "Analyzing investments whose histories differ in length", Journal of Financial Economics 45.

    Examples
    --------
    >>> from riskkit.market.factors import RiskFactor
    >>> moves = np.random.default_rng(0).normal(0, 0.01, 199)
    >>> days = np.datetime64("2020-01-01") + np.arange(200)
    >>> index = 100 * np.cumprod(np.append(1, 1 + moves))
    >>> history = FactorHistory((RiskFactor("INDEX", "equity", "USD"),), days, index[:, None])
    >>> young = FactorSeries(RiskFactor("ABC", "equity", "USD"), days[100:], index[100:] / 2)
    >>> add_by_proxy(history, young, ["INDEX"]).levels.shape
    (200, 2)
    """
    factor = series.factor
    if factor.name in history.names:
        raise InputError("series", factor.name, "a factor that the history does not have yet")
    if residuals not in get_args(Residuals):
        raise InputError("residuals", residuals, f"one of {', '.join(get_args(Residuals))}")
    others = [FactorSeries(f, history.dates, history.levels[:, i]) for i, f in enumerate(history.factors)]
    inside = np.isin(np.asarray(series.dates, "datetime64[D]"), history.dates)
    # as a yield it keeps its return type and adds no date: the calendar stays the history's
    plain = replace(factor, kind="yield")
    own = FactorSeries(plain, np.asarray(series.dates)[inside], np.asarray(series.levels, np.float64)[inside])
    if not inside.any():
        value = f"no level between {history.first} and {history.last}"
        raise MarketDataError(factor.name, value, "levels on dates of the history")
    common = align([own, *others])
    start = len(history.dates) - len(common.dates)
    if start == 0:
        return _joined(history, series, common, np.empty(0))
    proxy = fit_proxy(common, factor.name, on)
    moves = history.select(proxy.on).returns()[:start] @ proxy.slopes + proxy.intercept
    kept = "left out: it is calmer than the factor"
    if residuals == "bootstrap":
        moves += np.random.default_rng(seed).choice(proxy.residuals, start)
        kept = f"drawn from the common window, seed {seed}"
    before = _backwards(series, float(common.levels[0, 0]), moves)
    note = (
        f"{factor.name} has no level before {common.first}: its {start} earlier returns are a proxy, {proxy.formula}; "
        f"R² {proxy.r_squared:.2f} over {len(proxy.residuals)} common returns, residuals (daily deviation "
        f"{proxy.residuals.std():.2g}) {kept}."
    )
    return _joined(history, series, common, before, note)


def _joined(
    history: FactorHistory, series: FactorSeries, common: FactorHistory, before: FloatArray, *notes: str
) -> FactorHistory:
    column = np.concatenate([before, common.levels[:, 0]])
    carried = [note for note in common.notes if note.startswith(f"{series.factor.name}: ")]
    return replace(
        history,
        factors=(*history.factors, series.factor),
        levels=np.column_stack([history.levels, column]),
        notes=(*history.notes, *carried, *notes),
    )


def _backwards(series: FactorSeries, first: float, moves: FloatArray) -> FloatArray:
    """Levels before the first one, (n,), from returns (n,) that lead up to it, oldest first."""
    factor = series.factor
    if factor.return_type == "absolute":
        levels = first - np.cumsum(moves[::-1])[::-1]
        if factor.kind == "volatility" and (levels <= 0).any():
            expected = "levels above zero: the regression leads below; give the factor relative returns"
            raise MarketDataError(factor.name, f"a proxy level of {levels.min():.3g}", expected)
        return np.asarray(levels, np.float64)
    if factor.return_type == "relative":
        if (moves <= -1).any():
            value = f"a proxy return of {moves.min():.3g}"
            raise MarketDataError(factor.name, value, "returns above -1; give the factor log returns")
        moves = np.log1p(moves)
    return np.asarray(first * np.exp(-np.cumsum(moves[::-1])[::-1]), np.float64)
