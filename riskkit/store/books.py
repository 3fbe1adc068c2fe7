"""A portfolio with those below it, on a day and through time, from what a store keeps of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

from riskkit.portfolio import BookTree, DatedBook, Portfolio, Position, PositionVersion
from riskkit.portfolio.dated import changes
from riskkit.store.contract import PortfolioRef
from riskkit.store.rows import in_order

#: Of every book of a family, by the id of its portfolio.
Versions = Mapping[str, Sequence[PositionVersion]]


def with_children(refs: Sequence[PortfolioRef]) -> tuple[PortfolioRef, ...]:
    """Each portfolio with those below it, by path."""
    below: dict[str | None, list[PortfolioRef]] = {}
    for ref in sorted(refs, key=lambda ref: ref.path):
        below.setdefault(ref.parent_id, []).append(ref)

    def grown(ref: PortfolioRef) -> PortfolioRef:
        return replace(ref, children=tuple(grown(child) for child in below.get(ref.id, ())))

    return tuple(grown(ref) for ref in sorted(refs, key=lambda ref: ref.path))


def family(ref: PortfolioRef) -> tuple[PortfolioRef, ...]:
    """The portfolio and all below it."""
    return (ref, *(one for child in ref.children for one in family(child)))


def book_tree(ref: PortfolioRef, positions: Callable[[PortfolioRef], Sequence[Position]], name: str = "") -> BookTree:
    """The tree of a portfolio: the topmost is called by its path, those below by their slugs."""
    own = Portfolio(name or ref.path, ref.base_currency, in_order(positions(ref)), ref.title)
    return BookTree(own, tuple(book_tree(child, positions, child.slug) for child in ref.children))


def tree_on(ref: PortfolioRef, versions: Versions, day: date) -> BookTree:
    """The tree as it was held on a day."""
    return book_tree(ref, lambda one: [v.position for v in versions.get(one.id, ()) if v.valid(day)])


def as_one(tree: BookTree) -> Portfolio:
    """All positions of a tree as one book, in the order of every report."""
    netted = tree.netted()
    return replace(netted, positions=in_order(netted.positions))


def dated_books(ref: PortfolioRef, versions: Versions) -> tuple[DatedBook, ...]:
    """The book, with all below it as one, from each day on which something in it changed."""
    every = [one for book in family(ref) for one in versions.get(book.id, ())]
    found: list[DatedBook] = []
    for day in changes(every):
        book = as_one(tree_on(ref, versions, day))
        if not found or found[-1].portfolio != book:
            found.append(DatedBook(day, book))
    return tuple(found)
