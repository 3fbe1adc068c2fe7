"""A portfolio and the portfolios below it, and what they hold together."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from riskkit.errors import InputError
from riskkit.portfolio.book import Portfolio, Position
from riskkit.portfolio.instruments import Cash

#: Row of the positions that a parent holds itself.
OWN = "own positions"


@dataclass(frozen=True)
class BookTree:
    """A portfolio and the portfolios below it.

    Attributes
    ----------
    portfolio : Portfolio
        With the positions it holds itself, if any.
    children : tuple of BookTree
        Their portfolios' names differ; two books may hold the same instrument.
    """

    portfolio: Portfolio
    children: tuple[BookTree, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "children", tuple(self.children))
        counts = Counter([OWN, *(child.portfolio.name for child in self.children)])
        twice = [name for name, count in counts.items() if count > 1]
        if twice or any("/" in name for name in counts):
            expected = f"a different name for each child of {self.portfolio.name}, without a slash"
            raise InputError("children", ", ".join(twice or counts), expected)

    def netted(self) -> Portfolio:
        """All positions of the tree as one book: quantities of the same instrument are added up.

        Where two books hold different terms under one symbol, each keeps its own position, named by its book.

        Returns
        -------
        Portfolio
            The topmost book's name, title and base currency; positions in the order of first sight.

        Examples
        --------
        >>> from riskkit.portfolio.instruments import Equity
        >>> held = [Portfolio(name, "USD", (Position(Equity("ABC", "USD"), n),)) for name, n in (("a", 3), ("b", -1))]
        >>> whole = BookTree(Portfolio("all", "USD", ()), tuple(BookTree(book) for book in held)).netted()
        >>> [(position.symbol, position.quantity) for position in whole.positions]
        [('ABC', 2.0)]
        """
        if not self.children:
            return self.portfolio
        found: dict[str, Position] = {}
        for path, position in _walk(self, ""):
            instrument = position.instrument
            known = found.get(position.symbol)
            if known is not None and known.instrument != instrument and not isinstance(instrument, Cash):
                instrument = dataclasses.replace(instrument, symbol=f"{path}/{position.symbol}")
                known = found.get(instrument.symbol)
            quantity = position.quantity + (known.quantity if known is not None else 0.0)
            found[instrument.symbol] = Position(instrument, quantity)
        return dataclasses.replace(self.portfolio, positions=tuple(found.values()))


def _walk(tree: BookTree, path: str) -> Iterator[tuple[str, Position]]:
    """Every position with the path of its book, the topmost's first."""
    for position in tree.portfolio.positions:
        yield path or tree.portfolio.name, position
    for child in tree.children:
        name = child.portfolio.name
        yield from _walk(child, f"{path}/{name}" if path else name)
