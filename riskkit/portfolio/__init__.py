"""Instruments, positions and portfolios: what is held."""

from riskkit.portfolio.book import PIVOT_CURRENCY, Portfolio, Position, fx_factor
from riskkit.portfolio.instruments import (
    AssetClass,
    Cash,
    Equity,
    EuropeanOption,
    FixedCouponBond,
    Instrument,
    ZeroCouponBond,
)
from riskkit.portfolio.terms import instrument_from_terms, instrument_terms

__all__ = [
    "PIVOT_CURRENCY",
    "AssetClass",
    "Cash",
    "Equity",
    "EuropeanOption",
    "FixedCouponBond",
    "Instrument",
    "Portfolio",
    "Position",
    "ZeroCouponBond",
    "fx_factor",
    "instrument_from_terms",
    "instrument_terms",
]
