"""The demo's books: invented positions in real shares, valued on real history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from riskkit.portfolio import Cash, Equity, EuropeanOption, Position

#: Every demo position is held from the first day on which all prices are known.
HELD_FROM = date(1999, 1, 4)
#: The day on which the book of equities became what it is.
CHANGED = date(2022, 7, 1)
#: The last day of the demo's data: its `latest`.
LAST_DAY = date(2022, 12, 28)
PASSWORD = "riskkit-demo"  # noqa: S105 (said to everybody who runs the demo)

TEAMS = {"atlas": "Atlas Long/Short", "borealis": "Borealis Income"}
USERS = {
    "quant@atlas.example": ("atlas", "analyst"),
    "viewer@atlas.example": ("atlas", "viewer"),
    "approver@atlas.example": ("atlas", "approver"),
    "admin@atlas.example": ("atlas", "admin"),
    "quant@borealis.example": ("borealis", "analyst"),
    "viewer@borealis.example": ("borealis", "viewer"),
}

_SECTORS = {
    "Information Technology": ("AAPL", "AMD", "MSFT"),
    "Financials": ("BAC", "JPM"),
    "Consumer Discretionary": ("BBY", "HD"),
    "Consumer Staples": ("KO", "PEP", "PG", "WMT"),
    "Energy": ("CVX", "RRC", "XOM"),
    "Industrials": ("GE",),
    "Health Care": ("JNJ", "LLY", "MRK", "PFE", "UNH"),
}
#: GICS sectors of the twenty shares.
SHARES = {symbol: Equity(symbol, "USD", sector=sector) for sector, symbols in _SECTORS.items() for symbol in symbols}
PUT = EuropeanOption(
    symbol="SP500 put 2400 2023-12-15",
    currency="USD",
    underlying="SP500",
    volatility="SP500.vol",
    strike=2400.0,
    expiry=date(2023, 12, 15),
    kind="put",
    rate=0.015,
    dividend_yield=0.018,
    multiplier=100.0,
    sector="Index options",
)
CURRENCIES = ("EUR", "JPY", "GBP", "CHF")


@dataclass(frozen=True)
class Book:
    """A demo portfolio: whose it is, what it holds, and what it held before `CHANGED` if that was something else."""

    team: str
    slug: str
    title: str
    base_currency: str
    author: str
    positions: tuple[Position, ...]
    parent: str | None = None
    earlier: tuple[Position, ...] = ()

    @property
    def path(self) -> str:
        """`team/slug`."""
        return f"{self.team}/{self.slug}"


def _shares(**quantities: float) -> tuple[Position, ...]:
    return tuple(Position(SHARES[symbol], quantity) for symbol, quantity in quantities.items())


def _cash(**amounts: float) -> tuple[Position, ...]:
    return tuple(Position(Cash(currency), amount) for currency, amount in amounts.items())


BOOKS = (
    Book(
        "atlas",
        "demo",
        "Demo book",
        "USD",
        "quant@atlas.example",
        (
            *_shares(AAPL=60_000, MSFT=30_000, JNJ=30_000, UNH=12_000, PG=30_000, KO=50_000, WMT=25_000),
            *_shares(JPM=40_000, LLY=20_000, HD=15_000, MRK=30_000),
            *_shares(XOM=-70_000, CVX=-25_000, GE=-50_000, BBY=-30_000, BAC=-80_000, RRC=-200_000),
            *_cash(EUR=3_000_000, JPY=250_000_000),
            Position(PUT, 15),
        ),
        parent="fund",
    ),
    Book(
        "atlas",
        "equities",
        "US technology and health care",
        "USD",
        "quant@atlas.example",
        _shares(AAPL=20_000, MSFT=10_000, AMD=15_000, JNJ=8_000, PFE=25_000, UNH=3_000),
        parent="fund",
        earlier=_shares(AAPL=12_000, MSFT=14_000, JNJ=8_000, PFE=40_000, UNH=5_000),
    ),
    Book("atlas", "fund", "Atlas, all books", "USD", "quant@atlas.example", ()),
    Book(
        "borealis",
        "income",
        "Income book",
        "EUR",
        "quant@borealis.example",
        (
            *_shares(KO=80_000, PEP=30_000, PG=35_000, JNJ=25_000, PFE=90_000, MRK=30_000, XOM=60_000, CVX=20_000),
            *_shares(JPM=25_000, WMT=20_000),
            *_cash(EUR=4_000_000, GBP=1_500_000, CHF=2_000_000),
        ),
    ),
)
