"""Risk factors, their levels on one date (snapshot) and on many (history)."""

from riskkit.market.alignment import FactorSeries, align
from riskkit.market.factors import FactorKind, MarketSnapshot, ReturnType, RiskFactor
from riskkit.market.history import FactorHistory
from riskkit.market.proxy import Proxy, add_by_proxy, fit_proxy
from riskkit.market.splits import like_a_split
from riskkit.market.window import Prices, history_of

__all__ = [
    "FactorHistory",
    "FactorKind",
    "FactorSeries",
    "MarketSnapshot",
    "Prices",
    "Proxy",
    "ReturnType",
    "RiskFactor",
    "add_by_proxy",
    "align",
    "fit_proxy",
    "history_of",
    "like_a_split",
]
