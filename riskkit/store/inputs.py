"""From what a person says (`portfolio`, `as_of`) to everything an analysis reads."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from riskkit.errors import InputError
from riskkit.portfolio import Portfolio
from riskkit.portfolio.dated import known_on
from riskkit.store.books import as_one, book_tree, dated_books, family, tree_on
from riskkit.store.contract import LAST_DAY, Inputs, PortfolioRef, Store
from riskkit.store.market import SeriesMarket, StoreMarket
from riskkit.store.status import observe
from riskkit.store.subject import Subject
from riskkit.wording import some

#: Names told in a note before it says how many others there are.
_MOST_NAMES = 5


def find_portfolio(store: Store, name: str) -> PortfolioRef:
    """The portfolio of that name: `team/slug`, or the slug alone where only one team has it.

    Raises
    ------
    InputError
        Naming those that the user may see.
    """
    seen = store.portfolios()
    found = [ref for ref in seen if name in (ref.path, ref.slug)]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError("portfolio", name, f"the team too: {' or '.join(ref.path for ref in found)}")
    paths = ", ".join(ref.path for ref in seen[:20]) + (" …" if len(seen) > 20 else "")
    raise InputError("portfolio", name, f"one of {paths}" if seen else "a portfolio that you may see; there is none")


def find_portfolios(store: Store, selectors: Sequence[str]) -> tuple[PortfolioRef, ...]:
    """The portfolios that a report's file names: `all`, `tag:<tag>`, names; each once, in the order they are named.

    Raises
    ------
    InputError
        There is none for one of them.
    """
    found: dict[str, PortfolioRef] = {}
    for selector in selectors:
        if selector == "all":
            chosen = store.portfolios()
        elif selector.startswith("tag:"):
            chosen = tuple(ref for ref in store.portfolios() if selector.removeprefix("tag:") in ref.tags)
        else:
            chosen = (find_portfolio(store, selector),)
        if not chosen:
            raise InputError("portfolio", selector, "a portfolio that you may see; there is none")
        found |= {ref.id: ref for ref in chosen if ref.id not in found}
    return tuple(found.values())


def resolve_as_of(store: Store, ref: PortfolioRef, as_of: str | date) -> date:
    """The valuation date: `latest` is the last day for which every factor has a level.

    A later day can be asked for by its date: levels are carried to it for a few days, which the run's gates judge.

    Raises
    ------
    InputError
        Not a date, or a date without data; names the nearest days that have some.
    """
    return _resolved(store, ref, as_of)[0]


def _resolved(store: Store, ref: PortfolioRef, as_of: str | date) -> tuple[date, date]:
    """The valuation date, and the last day on which the book of that date can be valued."""
    if as_of == "latest":
        days = store.dates(ref)
        if not days:
            raise _nothing_held(store, ref, "latest")
        return days[-1], days[-1]
    try:
        day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError as error:
        raise InputError("as_of", as_of, "latest or a date, YYYY-MM-DD") from error
    days = store.dates(ref, day)
    if not days:
        raise _nothing_held(store, ref, day)
    i = bisect_left(days, day)
    if i < len(days) and days[i] == day:
        return day, days[-1]
    if i == len(days) and day <= _newest(store, ref, day):  # some prices end before: carried on, or refused, with them
        return day, days[-1]
    near = " or ".join(str(one) for one in days[max(i - 1, 0) : i + 1])
    raise InputError("as_of", day.isoformat(), f"a day with data for {ref.path}; the nearest: {near}")


def load_inputs(
    store: Store, name: str, as_of: str | date, lookback_days: int | None, about: Subject | None = None
) -> Inputs:
    """Everything an analysis of a portfolio on a date reads; a portfolio with children is one book with them.

    Parameters
    ----------
    store : Store
    name : str
        `team/slug`, or the slug alone where that is unique.
    as_of : str or date
        `latest`, or the valuation date.
    lookback_days : int or None
        Returns that are read at once, and judged (add `horizon_days` - 1 for overlapping ones); None for all. An
        analysis may ask the inputs for another window.
    about : Subject, optional
        What is read in place of a book that can be valued: its team's reports, its limits, its prices as they came.

    Raises
    ------
    InputError
        No such portfolio, no such date, nothing held on it.
    MarketDataError
        A factor is missing or stale; names it and the position that needs it.
    """
    ref = find_portfolio(store, name)
    if about is not None:
        return _of_subject(store, ref, as_of, about)
    day, last = _resolved(store, ref, as_of)
    versions = {book.id: known_on(store.versions(book), day) for book in family(ref)}
    tree = tree_on(ref, versions, day)
    portfolio = as_one(tree)
    if not portfolio.positions:
        raise _nothing_held(store, ref, day)
    inputs = Inputs(
        ref=ref,
        portfolio=portfolio,
        market=StoreMarket(store, ref, day),
        scenarios=store.scenarios(ref),
        as_of=day,
        notes=_early_ends(store, ref, portfolio, day) if day == last else (),
        lookback_days=lookback_days,
        tree=tree if tree.children else None,
        books=dated_books(ref, versions),
    )
    sources = tuple(dict.fromkeys(factor.source for factor in inputs.history.factors if factor.source))
    return replace(inputs, sources=sources)


def empty_book(store: Store, name: str, as_of: str | date) -> Inputs | None:
    """A book that holds nothing on that day, for a page on which it is filled; None for one that holds something.

    `latest` is then the last day for which its team has any price.
    """
    ref = find_portfolio(store, name)
    if as_of == "latest":
        factors = [factor.name for factor in store.factors(ref.team)]
        day = max(store.last_days(ref, factors).values(), default=datetime.now(UTC).date())
    else:
        day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    if any(store.portfolio(book, day).positions for book in family(ref)):
        return None
    nothing = Portfolio(ref.path, ref.base_currency, (), ref.title)
    return Inputs(ref, nothing, StoreMarket(store, ref, day), (), day)


def resolve_day(store: Store, ref: PortfolioRef, as_of: str | date, about: Subject) -> date:
    """The day of a page that needs no data: `latest` is the last thing due, today, or the last run's or price's."""
    if as_of != "latest":
        try:
            return date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
        except ValueError as error:
            raise InputError("as_of", as_of, "latest or a date, YYYY-MM-DD") from error
    if about.kind == "reports":
        return observe(store, ref.team_id, None, 1).latest_day
    if about.kind == "limits":
        return store.limit_facts(ref, None, about.days).as_of
    if about.kind == "runs":
        today = datetime.now(UTC).date()
        seen = store.runs_between(ref, today, today)
        return today if seen.runs else seen.before or today
    book = as_one(book_tree(ref, lambda one: store.portfolio(one, LAST_DAY).positions))
    return max(store.last_days(ref, _looked_at(store, ref, book, about)).values(), default=datetime.now(UTC).date())


def _looked_at(store: Store, ref: PortfolioRef, book: Portfolio, about: Subject) -> tuple[str, ...]:
    team = [factor.name for factor in store.factors(ref.team)] if about.whole_team else []
    return tuple(sorted({*book.factors, *team}))


def _of_subject(store: Store, ref: PortfolioRef, as_of: str | date, about: Subject) -> Inputs:
    nothing = Portfolio(ref.path, ref.base_currency, (), ref.title)
    if about.kind == "reports":
        day = None if as_of == "latest" else resolve_day(store, ref, as_of, about)
        seen = observe(store, ref.team_id, day, about.days)
        last = day or seen.latest_day
        return Inputs(ref, nothing, SeriesMarket((), last), (), last, status=seen)
    if about.kind == "limits":
        known = store.limit_facts(ref, None if as_of == "latest" else resolve_day(store, ref, as_of, about), about.days)
        return Inputs(ref, nothing, SeriesMarket((), known.as_of), (), known.as_of, limits=known)
    day = resolve_day(store, ref, as_of, about)
    if about.kind == "runs":
        seen_runs = store.runs_between(ref, day - timedelta(days=about.days - 1), day)
        return Inputs(ref, nothing, SeriesMarket((), day), (), day, runs=seen_runs)
    book = as_one(book_tree(ref, lambda one: store.portfolio(one, day).positions))
    names = _looked_at(store, ref, book, about)
    series = store.series(ref, names, day) if names else ()
    sources = tuple(dict.fromkeys(one.factor.source for one in series if one.factor.source))
    return Inputs(ref, book, SeriesMarket(series, day), (), day, sources=sources, looked_at=names)


def early_ends(store: Store, name: str, as_of: date) -> tuple[str, ...]:
    """Which factors keep a book from being valued after `as_of`: one sentence, or none if a later day can be had."""
    ref = find_portfolio(store, name)
    day, last = _resolved(store, ref, as_of)
    tree = book_tree(ref, lambda book: store.portfolio(book, day).positions)
    return _early_ends(store, ref, as_one(tree), last) if day == last else ()


def _newest(store: Store, ref: PortfolioRef, day: date) -> date:
    """The last day on which a factor of the book of a day has a level."""
    book = as_one(book_tree(ref, lambda one: store.portfolio(one, day).positions))
    return max(store.last_days(ref, book.factors).values(), default=date.min)


def _early_ends(store: Store, ref: PortfolioRef, portfolio: Portfolio, last: date) -> tuple[str, ...]:
    ends = store.last_days(ref, portfolio.factors)
    newest = max(ends.values(), default=last)
    early = {name: day for name, day in ends.items() if last <= day < newest}
    told = [f"{_some(names)} end{'s' if len(names) == 1 else ''} on {day}" for day, names in _by_day(early)]
    return (f"{', '.join(told)}; the other factors go on to {newest}, so latest is {last}.",) if told else ()


def _by_day(ends: Mapping[str, date]) -> list[tuple[date, list[str]]]:
    return [(day, [name for name in sorted(ends) if ends[name] == day]) for day in sorted(set(ends.values()))]


def _some(names: Sequence[str]) -> str:
    return some(names, _MOST_NAMES) if len(names) > _MOST_NAMES else " and ".join(names)


def _nothing_held(store: Store, ref: PortfolioRef, as_of: str | date) -> InputError:
    begins = store.begins(ref)
    if begins is None:
        return InputError("portfolio", ref.path, "a portfolio with positions; import some into it")
    return InputError("as_of", str(as_of), f"a day on which {ref.path} holds something; its positions begin {begins}")
