"""Risk factors, their levels on one date (snapshot) and on many (history)."""

from riskkit.market.alignment import FactorSeries, align
from riskkit.market.factors import FactorKind, MarketSnapshot, ReturnType, RiskFactor
from riskkit.market.history import FactorHistory
from riskkit.market.proxy import Proxy, add_by_proxy, fit_proxy

__all__ = [
    "FactorHistory",
    "FactorKind",
    "FactorSeries",
    "MarketSnapshot",
    "Proxy",
    "ReturnType",
    "RiskFactor",
    "add_by_proxy",
    "align",
    "fit_proxy",
]
