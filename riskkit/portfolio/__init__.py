"""Instruments, positions and portfolios: what is held."""

from riskkit.portfolio.book import PIVOT_CURRENCY, Portfolio, Position, fx_factor
from riskkit.portfolio.dated import DatedBook, PositionVersion, held_since
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
from riskkit.portfolio.tree import BookTree

__all__ = [
    "PIVOT_CURRENCY",
    "AssetClass",
    "BookTree",
    "Cash",
    "DatedBook",
    "Equity",
    "EuropeanOption",
    "FixedCouponBond",
    "Instrument",
    "Portfolio",
    "Position",
    "PositionVersion",
    "ZeroCouponBond",
    "fx_factor",
    "held_since",
    "instrument_from_terms",
    "instrument_terms",
]
