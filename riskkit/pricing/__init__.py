"""Pricing of single instruments in their own currency."""

from riskkit.pricing.bonds import CashFlows, cash_flows
from riskkit.pricing.options import Greeks, OptionTerms, black_scholes, black_scholes_greeks, years_to_expiry
from riskkit.pricing.value import instrument_derivatives, instrument_value

__all__ = [
    "CashFlows",
    "Greeks",
    "OptionTerms",
    "black_scholes",
    "black_scholes_greeks",
    "cash_flows",
    "instrument_derivatives",
    "instrument_value",
    "years_to_expiry",
]
