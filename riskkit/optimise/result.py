"""The result of an optimisation: weights before and after, the trades between them, and what they do to the risk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pandas as pd

from riskkit.metric import Metric
from riskkit.optimise.spec import OptimiseSpec
from riskkit.portfolio import Portfolio


@dataclass(frozen=True)
class Figures:
    """What a set of weights gives over the historical scenarios.

    Attributes
    ----------
    expected_return, volatility : float
        Decimals a year (252 days), from scenario returns of a day.
    expected_shortfall : float
        Of a day's return, decimal, a loss positive, at the spec's level.
    """

    expected_return: float
    volatility: float
    expected_shortfall: float


@dataclass(frozen=True, eq=False)
class OptimiseResult:
    """Optimal weights as trades on a portfolio.

    Attributes
    ----------
    spec : OptimiseSpec
    portfolio : Portfolio
        As it is.
    optimised : Portfolio
        As it would be after the trades; positions that were not optimised are the same.
    as_of : date
    capital : float
        Value that was distributed: of the positions optimised, base currency.
    before, after : Figures
    turnover : float
        Half the sum of the absolute changes of weight.
    trades : DataFrame
        position, asset_class, currency, sector, value, weight_before, weight_after, trade_value, trade_quantity: one
        row a position optimised; the trade values sum to zero.
    notes : tuple of str
        What was held out and what was assumed, a sentence each.
    """

    spec: OptimiseSpec
    portfolio: Portfolio
    optimised: Portfolio
    as_of: date
    capital: float
    before: Figures
    after: Figures
    turnover: float
    trades: pd.DataFrame
    notes: tuple[str, ...]

    def metrics(self) -> tuple[Metric, ...]:
        """The figures a run stores."""
        metrics = [
            Metric(name, getattr(figures, name), "fraction", {"weights": which})
            for which, figures in (("before", self.before), ("after", self.after))
            for name in ("expected_return", "volatility", "expected_shortfall")
        ]
        metrics.append(Metric("turnover", self.turnover, "fraction"))
        metrics.append(Metric("capital", self.capital, self.portfolio.base_currency))
        pairs = zip(self.trades["position"], self.trades["weight_after"], strict=True)
        metrics.extend(Metric("weight", float(weight), "fraction", {"position": str(who)}) for who, weight in pairs)
        return tuple(metrics)

    def tables(self) -> dict[str, pd.DataFrame]:
        """The tables a run stores, by name."""
        names = ("expected_return", "volatility", "expected_shortfall")
        summary = pd.DataFrame(
            {
                "figure": pd.Series(names, dtype="str"),
                "before": [getattr(self.before, name) for name in names],
                "after": [getattr(self.after, name) for name in names],
            }
        )
        return {"summary": summary, "trades": self.trades}
