"""A book's figures by position and by factor as arrays; a result's tables are made from them when asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from riskkit.market import RiskFactor
from riskkit.measures.contributions import Components
from riskkit.portfolio import Portfolio

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Breakdown:
    """What `VarResult.components` and `VarResult.exposures` are made from.

    Attributes
    ----------
    values : array (P,)
        Of each position, base currency.
    shares : Components
        Component VaR and ES of each position, arrays (P,).
    factors : tuple of RiskFactor
    exposure, volatility : callable
        Arrays (F,): base currency per unit of return, and the daily standard deviation of that return.
    """

    values: FloatArray
    shares: Components
    factors: tuple[RiskFactor, ...]
    exposure: Callable[[], FloatArray]
    volatility: Callable[[], FloatArray]

    def by_position(self, portfolio: Portfolio) -> pd.DataFrame:
        """One row a position."""
        instruments = [position.instrument for position in portfolio.positions]
        return pd.DataFrame(
            {
                "position": pd.Series([i.symbol for i in instruments], dtype="str"),
                "asset_class": pd.Series([i.asset_class for i in instruments], dtype="str"),
                "currency": pd.Series([i.currency for i in instruments], dtype="str"),
                "sector": pd.Series([i.sector for i in instruments], dtype="str"),
                "quantity": np.array([position.quantity for position in portfolio.positions], np.float64),
                "value": self.values,
                "component_var": self.shares.var,
                "component_es": self.shares.expected_shortfall,
            }
        )

    def by_factor(self) -> pd.DataFrame:
        """One row a factor."""
        return pd.DataFrame(
            {
                "factor": pd.Series([factor.name for factor in self.factors], dtype="str"),
                "kind": pd.Series([factor.kind for factor in self.factors], dtype="str"),
                "exposure": self.exposure(),
                "volatility": self.volatility(),
            }
        )
