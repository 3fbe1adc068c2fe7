"""Positions and portfolios."""

import math

import pytest

from riskkit.errors import InputError
from riskkit.portfolio import Cash, Equity, Portfolio, Position


@pytest.mark.parametrize(
    ("base", "currency", "expected"),
    [
        ("USD", "USD", ()),
        ("USD", "EUR", ("EURUSD",)),
        ("EUR", "USD", ("EURUSD",)),
        ("EUR", "EUR", ()),
        ("EUR", "JPY", ("EURUSD", "JPYUSD")),
    ],
)
def test_currency_factors(base: str, currency: str, expected: tuple) -> None:
    assert Portfolio("p", base, (Position(Cash(currency), 1.0),)).factors == expected


def test_factors_are_sorted_and_unique() -> None:
    book = Portfolio("p", "USD", (Position(Equity("B", "USD"), 1), Position(Equity("A", "USD", "B"), 1)))
    assert book.factors == ("B",)
    assert book.symbols == ("B", "A")


@pytest.mark.parametrize("quantity", [math.nan, math.inf, 1e15, True, 10**400])
def test_quantities(quantity) -> None:
    with pytest.raises(InputError, match="quantity of ABC"):
        Position(Equity("ABC", "USD"), quantity)


def test_each_instrument_once() -> None:
    with pytest.raises(InputError, match="positions: got 'ABC'"):
        Portfolio("p", "USD", (Position(Equity("ABC", "USD"), 1), Position(Equity("ABC", "USD"), 2)))
    with pytest.raises(InputError, match="base_currency"):
        Portfolio("p", "$", ())
