"""Risk factors, their levels on one date (snapshot) and on many (history)."""

from riskkit.market.alignment import FactorSeries, align
from riskkit.market.factors import FactorKind, MarketSnapshot, ReturnType, RiskFactor
from riskkit.market.history import FactorHistory

__all__ = [
    "FactorHistory",
    "FactorKind",
    "FactorSeries",
    "MarketSnapshot",
    "ReturnType",
    "RiskFactor",
    "align",
]
