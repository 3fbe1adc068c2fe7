"""Prices of one's own that are to go: what they are, and what the team's books read afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from riskkit.market import FactorSeries
from riskkit.store.books import as_one, book_tree
from riskkit.store.contract import LAST_DAY, PortfolioRef, Store
from riskkit.store.rows import check_own


@dataclass(frozen=True, eq=False)
class Removal:
    """What a removal would take from a team.

    Attributes
    ----------
    team : str
    factors : tuple of str
        Names, as given.
    series : tuple of FactorSeries
        What would go, where a book of the team can show it.
    notes : tuple of str
        What takes its place, and which books cannot be valued any more, a sentence each.
    """

    team: str
    factors: tuple[str, ...]
    series: tuple[FactorSeries, ...]
    notes: tuple[str, ...]

    def write(self, store: Store) -> int:
        """Remove them, all or nothing; how many factors those were."""
        return store.remove_prices(self.team, self.factors)


def removal_of(store: Store, team: str, factors: Sequence[str]) -> Removal:
    """What removing a team's own prices would take from it.

    Parameters
    ----------
    store : Store
    team : str
        Its slug.
    factors : sequence of str
        Names of the team's own factors, each once.

    Raises
    ------
    InputError
        One is not the team's own.
    """
    check_own(team, factors, store.own_factors(team))
    shared = {factor.name for factor in store.factors("")}
    books = [ref for ref in store.portfolios() if ref.team == team]
    series = store.series(books[0], factors, LAST_DAY) if books else ()
    notes = [f"{name}: the shared prices are used from then on." for name in factors if name in shared]
    for ref in books:
        needs = [name for name in factors if name not in shared and name in _needed(store, ref)]
        if needs:
            notes.append(f"{ref.path} needs {', '.join(needs)}: it cannot be valued without.")
    return Removal(team, tuple(factors), series, tuple(notes))


def _needed(store: Store, ref: PortfolioRef) -> tuple[str, ...]:
    return as_one(book_tree(ref, lambda book: store.portfolio(book, LAST_DAY).positions)).factors
