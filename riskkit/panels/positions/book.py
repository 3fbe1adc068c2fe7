"""The book that is edited, read fresh: never from what a page has kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from riskkit.errors import RiskkitError
from riskkit.portfolio import Instrument, Portfolio, Position, PositionVersion
from riskkit.revaluation import Revaluer
from riskkit.store.contract import Market, PortfolioRef, Store
from riskkit.store.edits import PositionChange

#: Changes shown.
HISTORY = 20


@dataclass(frozen=True, eq=False)
class Book:
    """A book's own positions on a day.

    Attributes
    ----------
    ref : PortfolioRef
    day : date
        From which edits count.
    revision : int
        Of the book; the positions are at least as new.
    positions : dict
        By symbol, in the order of every report.
    versions : tuple of PositionVersion
    changes : tuple of PositionChange
        The last ones, newest first.
    known : dict
        Instruments that the team knows, by symbol.
    role : str
        Of whoever reads.
    """

    ref: PortfolioRef
    day: date
    revision: int
    positions: dict[str, Position]
    versions: tuple[PositionVersion, ...]
    changes: tuple[PositionChange, ...]
    known: dict[str, Instrument]
    role: str

    @property
    def quantities(self) -> dict[str, float]:
        """By symbol."""
        return {symbol: position.quantity for symbol, position in self.positions.items()}

    @property
    def may_edit(self) -> bool:
        """Whether the page offers edits; the database decides."""
        return self.role != "viewer"

    def replaced_later(self, symbols: Iterable[str]) -> dict[str, date]:
        """Of these, what is planned to begin after the day: an edit takes its place. The first day of each."""
        later: dict[str, date] = {}
        wanted = set(symbols)
        for one in self.versions:
            counts = one.valid_to is None or one.valid_to > one.valid_from
            if one.position.symbol in wanted and one.valid_from > self.day and counts:
                first = later.get(one.position.symbol, one.valid_from)
                later[one.position.symbol] = min(first, one.valid_from)
        return later


def read_book(store: Store, ref: PortfolioRef, day: date, role: str) -> Book:
    """Read it: the revision first, so that a change on the way is noticed when the edits are saved."""
    revision = store.revision(ref)
    positions = {position.symbol: position for position in store.portfolio(ref, day).positions}
    known = {one.symbol: one for one in store.instruments(ref.team)} if role != "viewer" else {}
    changes = store.changes(ref, 0, HISTORY)
    return Book(ref, day, revision, positions, store.versions(ref), changes, known, role)


def unit_values(market: Market, instruments: Iterable[Instrument], base_currency: str) -> dict[str, float | None]:
    """What one unit of each is worth in the base currency; None where it cannot be valued."""
    listed = list(instruments)
    found = _values(market, listed, base_currency)
    if found is not None:
        return dict(found)
    each = {one.symbol: _values(market, [one], base_currency) for one in listed}
    return {symbol: None if value is None else value[symbol] for symbol, value in each.items()}


def _values(market: Market, instruments: list[Instrument], base_currency: str) -> Mapping[str, float] | None:
    book = Portfolio("units", base_currency, tuple(Position(one, 1.0) for one in instruments))
    try:
        snapshot = market.history(book.factors, 1).snapshot() if book.factors else None
        if snapshot is None:
            return {one.symbol: 1.0 for one in instruments}  # cash in the base currency alone
        return dict(zip(book.symbols, Revaluer(book, snapshot).values.tolist(), strict=True))
    except RiskkitError:  # said where it is asked for; here a value is simply not known
        return None
