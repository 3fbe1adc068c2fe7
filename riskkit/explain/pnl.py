"""Where the P&L between two dates came from: carry, greeks, currencies, and what they leave unexplained."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.errors import InputError, MarketDataError
from riskkit.market import MarketSnapshot
from riskkit.metric import Metric
from riskkit.portfolio import PIVOT_CURRENCY, FixedCouponBond, Portfolio, fx_factor
from riskkit.pricing import cash_flows
from riskkit.revaluation import Revaluer, Sensitivity

FloatArray = NDArray[np.float64]

#: First-order effect of a factor by its kind, and the second-order one of the same factor.
_FIRST = {"equity": "delta", "volatility": "vega", "yield": "rates", "fx": "fx"}
_SECOND = {"equity": "gamma", "volatility": "volga", "yield": "convexity", "fx": "cross"}
#: The effects, in the order of the tables; they sum to the P&L.
EFFECTS = ("carry", "delta", "gamma", "vega", "volga", "rates", "convexity", "fx", "cross", "residual")


@dataclass(frozen=True, eq=False)
class PnlExplain:
    """The P&L of a held book between two dates, explained; base currency, gain positive.

    Attributes
    ----------
    portfolio : Portfolio
    start, end : date
    pnl : float
        Value at the end minus value at the start, plus coupons paid in between.
    effects : DataFrame
        effect, pnl: the rows sum to `pnl`.
    by_position : DataFrame
        position, one column an effect, total.
    notes : tuple of str
    """

    portfolio: Portfolio
    start: date
    end: date
    pnl: float
    effects: pd.DataFrame
    by_position: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def residual(self) -> float:
        """What the greeks leave unexplained."""
        return float(self.by_position["residual"].sum())

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores."""
        unit = self.portfolio.base_currency
        pairs = zip(self.effects["effect"], self.effects["pnl"], strict=True)
        effects = (Metric("pnl_effect", float(pnl), unit, {"effect": str(effect)}) for effect, pnl in pairs)
        totals = zip(self.by_position["position"], self.by_position["total"], strict=True)
        positions = (Metric("pnl", float(pnl), unit, {"position": str(name)}) for name, pnl in totals)
        return (Metric("pnl", self.pnl, unit), *effects, *positions)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores, by name."""
        return {"effects": self.effects, "by_position": self.by_position}


def explain_pnl(portfolio: Portfolio, start: MarketSnapshot, end: MarketSnapshot) -> PnlExplain:
    """Explain the P&L of a held book by the greeks of its start.

    carry: the passing of time at unchanged levels, coupons included. delta, vega, rates, fx: first derivatives by
    prices, volatilities, yields and currency rates, times the changes; gamma, volga, convexity: half the second ones,
    times the changes squared; cross: every product of two changes (vanna, a price and its currency). residual: the
    higher orders, and time together with levels.

    Parameters
    ----------
    portfolio : Portfolio
        Held unchanged.
    start, end : MarketSnapshot
        Levels of every factor on two dates.

    Returns
    -------
    PnlExplain

    Raises
    ------
    InputError
        The end is not after the start; an option or bond ended in between (explain up to that day).
    MarketDataError
        A factor is missing.

    References
    ----------
    Hull, Options, Futures and Other Derivatives, chapter on the greek letters (Taylor expansion).

    Examples
    --------
    >>> from riskkit.market import RiskFactor
    >>> from riskkit.portfolio import Equity, Position
    >>> factors = (RiskFactor("EURUSD", "fx", "USD"), RiskFactor("SAP", "equity", "EUR"))
    >>> one = MarketSnapshot(date(2020, 1, 1), factors, np.array([1.0, 100.0]))
    >>> two = MarketSnapshot(date(2020, 1, 2), factors, np.array([1.1, 110.0]))
    >>> book = Portfolio("book", "USD", (Position(Equity("SAP", "EUR"), 1),))
    >>> explained = explain_pnl(book, one, two).effects.set_index("effect")["pnl"].round(9)
    >>> explained[["delta", "fx", "cross", "residual"]].tolist()
    [10.0, 10.0, 1.0, 0.0]
    """
    if end.as_of <= start.as_of:
        raise InputError("end", str(end.as_of), f"a date after the start, {start.as_of}")
    start, end = _reduced(portfolio, start), _reduced(portfolio, end)
    before = Revaluer(portfolio, start)
    rolled = Revaluer(portfolio, MarketSnapshot(end.as_of, start.factors, start.levels))
    after = Revaluer(portfolio, end)
    changes = end.levels - start.levels
    table = {effect: np.zeros(len(portfolio.positions)) for effect in EFFECTS}
    paid = _coupons(portfolio, start.as_of, end.as_of)
    rates, later_rates = _rates(portfolio, start), _rates(portfolio, end)
    table["carry"] = rolled.values - before.values + paid * rates
    table["cross"] = paid * (later_rates - rates)
    for row, one in enumerate(before.sensitivities):
        for effect, amount in _taylor(one, start, changes):
            table[effect][row] += amount
    total = after.values - before.values + paid * later_rates
    table["residual"] = total - np.sum([table[effect] for effect in EFFECTS[:-1]], axis=0)
    by_position = pd.DataFrame({"position": pd.Series(portfolio.symbols, dtype="str")} | table | {"total": total})
    effects = pd.DataFrame(
        {"effect": pd.Series(EFFECTS, dtype="str"), "pnl": [float(table[effect].sum()) for effect in EFFECTS]}
    )
    notes = (
        f"Greeks of {start.as_of}; positions held fixed to {end.as_of}.",
        "The residual has the higher orders, and time together with levels.",
        *(["Coupons paid in between are in the carry, the change of their currency in cross."] if paid.any() else []),
    )
    return PnlExplain(portfolio, start.as_of, end.as_of, float(total.sum()), effects, by_position, notes)


def _reduced(portfolio: Portfolio, snapshot: MarketSnapshot) -> MarketSnapshot:
    """The snapshot of the portfolio's factors, in its order."""
    columns = [snapshot.index(name) for name in portfolio.factors]
    return MarketSnapshot(snapshot.as_of, tuple(snapshot.factors[i] for i in columns), snapshot.levels[columns])


def _taylor(one: Sensitivity, start: MarketSnapshot, changes: FloatArray) -> list[tuple[str, float]]:
    """First and second order effects of one position."""
    kinds = [start.factors[column].kind for column in one.columns]
    moves = changes[one.columns]
    found = []
    for i, kind in enumerate(kinds):
        found.append((_FIRST[kind], float(one.gradient[i] * moves[i])))
        found.append((_SECOND[kind], float(0.5 * one.hessian[i, i] * moves[i] ** 2)))
    off = one.hessian - np.diag(np.diag(one.hessian))
    found.append(("cross", float(0.5 * moves @ off @ moves)))
    return found


def _coupons(portfolio: Portfolio, start: date, end: date) -> FloatArray:
    """Coupons of each position paid after the start up to the end, its own currency, (P,)."""
    paid = np.zeros(len(portfolio.positions))
    for row, position in enumerate(portfolio.positions):
        if isinstance(position.instrument, FixedCouponBond):
            before, after = cash_flows(position.instrument, start), cash_flows(position.instrument, end)
            gone = len(before.amounts) - len(after.amounts)
            paid[row] = position.quantity * float(before.amounts[:gone].sum())
    return paid


def _rates(portfolio: Portfolio, snapshot: MarketSnapshot) -> FloatArray:
    """Base currency per unit of each position's, (P,)."""

    def in_pivot(currency: str) -> float:
        level = 1.0 if currency == PIVOT_CURRENCY else snapshot.level(fx_factor(currency))
        if level <= 0:
            raise MarketDataError(fx_factor(currency), level, "a rate above zero")
        return level

    base = portfolio.base_currency
    currencies = [position.instrument.currency for position in portfolio.positions]
    return np.array([1.0 if c == base else in_pivot(c) / in_pivot(base) for c in currencies], np.float64)
