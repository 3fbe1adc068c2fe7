"""What is held: positions (signed quantities) and portfolios (named positions)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from riskkit.errors import InputError
from riskkit.portfolio.instruments import Instrument, check_currency, check_number

#: Every currency is quoted against this one: `EURUSD` is USD per 1 EUR.
PIVOT_CURRENCY = "USD"


def fx_factor(currency: str) -> str:
    """Name of the factor that quotes a currency in the pivot currency.

    Parameters
    ----------
    currency : str
        Three capital letters.

    Returns
    -------
    str

    References
    ----------
    ISO 4217 codes.

    Examples
    --------
    >>> fx_factor("EUR")
    'EURUSD'
    """
    return currency + PIVOT_CURRENCY


@dataclass(frozen=True)
class Position:
    """A signed quantity of one instrument: long above zero."""

    instrument: Instrument
    quantity: float

    def __post_init__(self) -> None:
        check_number(f"quantity of {self.instrument.symbol}", self.quantity)

    @property
    def symbol(self) -> str:
        """The instrument's symbol: the position's name in its portfolio."""
        return self.instrument.symbol


@dataclass(frozen=True)
class Portfolio:
    """Named positions, valued in a base currency.

    Examples
    --------
    >>> from riskkit.portfolio import Cash, Equity
    >>> book = Portfolio("book", "EUR", (Position(Equity("AAPL", "USD"), 10), Position(Cash("JPY"), 1e6)))
    >>> book.factors
    ('AAPL', 'EURUSD', 'JPYUSD')
    """

    name: str
    base_currency: str
    positions: tuple[Position, ...]
    title: str = ""

    def __post_init__(self) -> None:
        check_currency("base_currency", self.base_currency)
        object.__setattr__(self, "positions", tuple(self.positions))
        counts = Counter(position.symbol for position in self.positions)
        twice = sorted(symbol for symbol, count in counts.items() if count > 1)
        if twice:
            raise InputError("positions", ", ".join(twice), "each instrument once; merge its quantities")

    @property
    def symbols(self) -> tuple[str, ...]:
        """The positions' names, in order."""
        return tuple(position.symbol for position in self.positions)

    @property
    def factors(self) -> tuple[str, ...]:
        """Every factor the value in base currency depends on, sorted, each once."""
        names: set[str] = set()
        for position in self.positions:
            names.update(position.instrument.factors)
            if position.instrument.currency != self.base_currency:
                currencies = {position.instrument.currency, self.base_currency} - {PIVOT_CURRENCY}
                names.update(fx_factor(currency) for currency in currencies)
        return tuple(sorted(names))
