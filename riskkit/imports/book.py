"""A person's book into the store: planned and checked first, then written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from riskkit import names
from riskkit.errors import Forbidden, InputError
from riskkit.imports.columns import is_currency
from riskkit.imports.positions import Market, read_positions
from riskkit.portfolio import Portfolio, Position
from riskkit.store.contract import PortfolioRef, Store

#: From when a new book is held if nobody says: so early that it can be valued on any day with data.
BEGINNING = date(1970, 1, 1)


@dataclass(frozen=True)
class BookOrder:
    """What to call an imported book; None is decided from what is there.

    Attributes
    ----------
    name : str
        The portfolio's slug.
    team : str or None
        None: the only team in which the user may write.
    title : str or None
        None: as before, or the name.
    base_currency : str or None
        None: as before, or USD.
    valid_from : date or None
        From which day the positions are held. None: a new book from the beginning (1970-01-01), so that any day with
        data can be valued; for an existing one from its latest day with data.
    """

    name: str
    team: str | None = None
    title: str | None = None
    base_currency: str | None = None
    valid_from: date | None = None


@dataclass(frozen=True)
class BookPlan:
    """A checked import: what will be written.

    Attributes
    ----------
    team, slug, title, base_currency : str
    valid_from : date
    positions : tuple of Position
    notes : tuple of str
        What was done to the file's rows, a sentence each.
    replaces : PortfolioRef or None
        The book of that name, if there is one.
    """

    team: str
    slug: str
    title: str
    base_currency: str
    valid_from: date
    positions: tuple[Position, ...]
    notes: tuple[str, ...]
    replaces: PortfolioRef | None

    def write(self, store: Store) -> PortfolioRef:
        """Write it: one rpc, all or nothing."""
        return store.import_portfolio(
            self.team, self.slug, self.title, self.base_currency, self.positions, self.valid_from
        )


def plan_book(store: Store, order: BookOrder, path: Path) -> BookPlan:
    """Read and check a file of positions; nothing is written.

    Raises
    ------
    InputError
        Something in the order or in the file; with line and column where it is the file.
    Forbidden
        The user may not write in the team.
    """
    slug = names.slug("portfolio", order.name)
    team = writable_team(store, order.team)
    known = next((ref for ref in store.portfolios() if (ref.team, ref.slug) == (team, slug)), None)
    base_currency = order.base_currency or (known.base_currency if known else "USD")
    if not is_currency(base_currency):
        raise InputError("base_currency", base_currency, "a currency code of three capital letters, such as USD")
    if known is not None and base_currency != known.base_currency:
        raise InputError(
            "base_currency", base_currency, f"{known.base_currency}, as {known.path} has had from the beginning"
        )
    title = names.title("title", order.title or (known.title if known else slug))
    found = read_positions(path, Market.of(store.factors(team), store.instruments(team)), base_currency)
    Portfolio(slug, base_currency, found.positions, title)
    valid_from = order.valid_from or (BEGINNING if known is None else _latest(store, known))
    return BookPlan(team, slug, title, base_currency, valid_from, found.positions, found.notes, known)


def writable_team(store: Store, team: str | None) -> str:
    """The team to write in: the one named, or the only one in which the user is analyst or more.

    Raises
    ------
    InputError
        No such team, or several to choose from.
    Forbidden
        The user only reads there.
    """
    teams = dict(store.member().teams)
    writable = [slug for slug, role in teams.items() if role != "viewer"]
    if team is not None:
        if team not in teams:
            raise InputError("team", team, f"one of your teams: {', '.join(teams) or 'you are in none'}")
        if team not in writable:
            raise Forbidden(f"Your role in team {team} is viewer: changing its data takes the role analyst.")
        return team
    if not writable:
        raise Forbidden("Changing data takes the role analyst in a team; you are analyst in none.")
    if len(writable) > 1:
        raise InputError("team", None, f"one of your teams: {', '.join(writable)}")
    return writable[0]


def _latest(store: Store, known: PortfolioRef) -> date:
    try:
        days = store.dates(known)
    except InputError:  # a factor without data: the book cannot be valued yet, so any day will do
        days = ()
    return days[-1] if days else datetime.now(UTC).date()
