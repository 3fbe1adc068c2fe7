"""Prices of one's own that would hide shared ones: what the team's books lose, said before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from riskkit.errors import InputError, InputErrors
from riskkit.feeds.table import MOST_FAULTS
from riskkit.market import FactorSeries
from riskkit.store.contract import LAST_DAY, PortfolioRef, Store

#: A book of no team: what it reads is shared.
_NOBODYS = PortfolioRef(str(UUID(int=0)), str(UUID(int=0)), "", "", "", "USD")


@dataclass(frozen=True, eq=False)
class Hiding:
    """What an import would take from a team.

    Attributes
    ----------
    shorter : tuple of pairs of FactorSeries
        Each imported series that says less than the shared one it would hide, and that one.
    notes : tuple of str
        What each of the team's books loses, a sentence each.
    """

    shorter: tuple[tuple[FactorSeries, FactorSeries], ...]
    notes: tuple[str, ...]

    def refuse(self) -> None:
        """Ask for the option that says it is meant.

        Raises
        ------
        InputErrors
            Something shared would be hidden by something shorter.
        """
        faults = [
            InputError(
                own.factor.name,
                _span(own),
                f"all of the shared prices that these would hide, {_span(shared)}; or another symbol; "
                "or --replace-shared, if that is meant",
            )
            for own, shared in self.shorter[:MOST_FAULTS]
        ]
        if faults:
            raise InputErrors(list(faults))


def hidden_by(store: Store, team: str, series: Sequence[FactorSeries]) -> Hiding:
    """What the team's books lose if these prices become its own; a series that is its own already only grows.

    Parameters
    ----------
    store : Store
    team : str
        Its slug.
    series : sequence of FactorSeries
        Dates ascending, each once.
    """
    books = [ref for ref in store.portfolios() if ref.team == team]
    shared = {factor.name: factor for factor in store.factors("")}
    seen = {factor.name: factor for factor in store.factors(team)}
    shorter = []
    for own in series:
        name = own.factor.name
        if name not in shared or seen[name] != shared[name]:
            continue
        hides = _read(store, _NOBODYS, name)
        if _is_less(own, hides) and (not books or _same(_read(store, books[0], name), hides)):
            shorter.append((own, hides))
    lost = (_lost(store, ref, [own for own, _ in shorter]) for ref in books) if shorter else ()
    return Hiding(tuple(shorter), tuple(note for note in lost if note))


def _read(store: Store, ref: PortfolioRef, name: str) -> FactorSeries:
    return store.series(ref, [name], LAST_DAY)[0]


def _is_less(own: FactorSeries, shared: FactorSeries) -> bool:
    within = own.dates[0] <= shared.dates[0] and shared.dates[-1] <= own.dates[-1]
    return not within or len(own.dates) < len(shared.dates)


def _same(one: FactorSeries, other: FactorSeries) -> bool:
    return np.array_equal(one.dates, other.dates) and np.array_equal(one.levels, other.levels)


def _lost(store: Store, ref: PortfolioRef, shorter: Sequence[FactorSeries]) -> str:
    factors = store.portfolio(ref, LAST_DAY).factors
    ours = [own for own in shorter if own.factor.name in factors]
    if not ours:
        return ""
    try:
        days = store.dates(ref)
    except InputError:  # a factor without data: the book cannot be valued as it is
        return ""
    begins, ends = max(ours, key=lambda own: own.dates[0]), min(ours, key=lambda own: own.dates[-1])
    first, last = begins.dates[0].item(), ends.dates[-1].item()
    kept: list[date] = [day for day in days if first <= day <= last]
    if not days:
        return ""
    if not kept:
        names = ", ".join(sorted(own.factor.name for own in ours))
        return f"{ref.path}: no day is left on which it can be valued, because of {names}."
    moves = []
    if kept[-1] < days[-1]:
        moves.append(f"latest moves from {days[-1]} to {kept[-1]}, because {ends.factor.name} now ends there")
    if kept[0] > days[0]:
        moves.append(f"its history begins on {kept[0]} instead of {days[0]}, because {begins.factor.name} does")
    return f"{ref.path}: {'; '.join(moves)}." if moves else ""


def _span(one: FactorSeries) -> str:
    count = len(one.dates)
    return f"{count:,} {'day' if count == 1 else 'days'}, {one.dates[0]} to {one.dates[-1]}"
