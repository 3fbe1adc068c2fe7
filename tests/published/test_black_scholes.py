"""Published Black-Scholes-Merton values, through riskkit's pricing."""

from datetime import date

import pytest

from riskkit.portfolio import EuropeanOption
from riskkit.pricing import black_scholes, black_scholes_greeks

HULL = "Hull, Options, Futures and Other Derivatives"
HAUG = "Haug, The Complete Guide to Option Pricing Formulas"


def option(kind: str, strike: float, rate: float, dividend_yield: float = 0.0) -> EuropeanOption:
    return EuropeanOption("O", "USD", "S", "S.vol", strike, date(2030, 1, 1), kind, rate, dividend_yield)


@pytest.mark.parametrize(
    ("kind", "spot", "strike", "rate", "dividend", "vol", "time", "value", "tolerance", "source"),
    [
        ("call", 42, 40, 0.10, 0.0, 0.20, 0.5, 4.759422, 5e-7, HULL),
        ("put", 42, 40, 0.10, 0.0, 0.20, 0.5, 0.808599, 5e-7, HULL),
        ("call", 49, 50, 0.05, 0.0, 0.20, 0.3846, 2.400461, 1e-5, HULL),
        ("call", 60, 65, 0.08, 0.0, 0.30, 0.25, 2.133368445, 5e-9, HAUG + "; QuantLib's test suite"),
        ("put", 100, 95, 0.10, 0.05, 0.20, 0.5, 2.464788, 5e-7, HAUG),
        ("put", 19, 19, 0.10, 0.10, 0.28, 0.75, 1.701051, 5e-7, HAUG),
    ],
)
def test_value(kind, spot, strike, rate, dividend, vol, time, value, tolerance, source) -> None:
    assert float(black_scholes(option(kind, strike, rate, dividend), spot, vol, time)) == pytest.approx(
        value, abs=tolerance
    ), source


def test_greeks() -> None:
    """Hull's running example of the Greek letters: a call on one share, 20 weeks."""
    greeks = black_scholes_greeks(option("call", 50, 0.05), 49, 0.2, 0.3846)
    published = {"delta": 0.521602, "gamma": 0.0655454, "theta": -4.305390, "vega": 12.105243, "rho": 8.906574}
    for name, value in published.items():
        assert float(getattr(greeks, name)) == pytest.approx(value, rel=2e-5), name
