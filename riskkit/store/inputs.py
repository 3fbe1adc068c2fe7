"""From what a person says (`portfolio`, `as_of`) to everything an analysis reads."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory
from riskkit.portfolio import Portfolio
from riskkit.store.contract import LAST_DAY, Inputs, PortfolioRef, Store

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


def resolve_as_of(store: Store, ref: PortfolioRef, as_of: str | date) -> date:
    """The valuation date: `latest` is the last day on which the book can be valued.

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
    near = " or ".join(str(one) for one in days[max(i - 1, 0) : i + 1])
    raise InputError("as_of", day.isoformat(), f"a day with data for {ref.path}; the nearest: {near}")


def load_inputs(store: Store, name: str, as_of: str | date, lookback_days: int | None) -> Inputs:
    """Everything an analysis of a portfolio on a date reads.

    Parameters
    ----------
    store : Store
    name : str
        `team/slug`, or the slug alone where that is unique.
    as_of : str or date
        `latest`, or the valuation date.
    lookback_days : int or None
        Returns the analysis looks back on (add `horizon_days` - 1 for overlapping ones); None for the whole history.

    Raises
    ------
    InputError
        No such portfolio, no such date, nothing held on it.
    MarketDataError
        A factor is missing or stale; names it and the position that needs it.
    """
    ref = find_portfolio(store, name)
    day, last = _resolved(store, ref, as_of)
    portfolio = store.portfolio(ref, day)
    if not portfolio.positions:
        raise _nothing_held(store, ref, day)
    history = _history(store, ref, portfolio, day, lookback_days)
    sources = tuple(dict.fromkeys(factor.source for factor in history.factors if factor.source))
    notes = (*_early_ends(store, ref, portfolio, day), *history.notes) if day == last else history.notes
    return Inputs(ref, portfolio, history, store.scenarios(ref), day, notes, sources)


def early_ends(store: Store, name: str, as_of: date) -> tuple[str, ...]:
    """Which factors keep a book from being valued after `as_of`: one sentence, or none if a later day can be had."""
    ref = find_portfolio(store, name)
    day, last = _resolved(store, ref, as_of)
    return _early_ends(store, ref, store.portfolio(ref, day), last) if day == last else ()


def _early_ends(store: Store, ref: PortfolioRef, portfolio: Portfolio, last: date) -> tuple[str, ...]:
    newest = last_level(store, ref, portfolio.factors)
    if newest is None or newest <= last:
        return ()
    ends = _ends_before(store, ref, portfolio.factors, last, newest)
    told = [f"{_some(names)} end{'s' if len(names) == 1 else ''} on {day}" for day, names in _by_day(ends)]
    return (f"{', '.join(told)}; the other factors go on to {newest}, so latest is {last}.",) if told else ()


def last_level(store: Store, ref: PortfolioRef, factors: Sequence[str]) -> date | None:
    """The last day on which any of the factors has a level."""
    try:
        return store.history(ref, factors, LAST_DAY, 1).last
    except MarketDataError as error:  # asked for a day after all data, a store says which day is the last
        found = re.search(r"no level after (\d{4}-\d{2}-\d{2})", str(error.value))
        return date.fromisoformat(found[1]) if found else None


def _ends_before(store: Store, ref: PortfolioRef, factors: Sequence[str], last: date, newest: date) -> dict[str, date]:
    """The factors without a level on `newest`, and where each ends; by halves, since as a rule they are few."""
    end = last_level(store, ref, factors)
    if end is None or end <= last:  # none ends before the book's last day, so all of these end there
        return dict.fromkeys(factors, last)
    if len(factors) == 1:
        return {factors[0]: end} if end < newest else {}
    try:
        if end == newest and not store.history(ref, factors, newest, 1).notes:
            return {}
    except MarketDataError:  # one of them ends too early to be carried forward
        pass
    half = len(factors) // 2
    return _ends_before(store, ref, factors[:half], last, newest) | _ends_before(
        store, ref, factors[half:], last, newest
    )


def _by_day(ends: Mapping[str, date]) -> list[tuple[date, list[str]]]:
    return [(day, [name for name in ends if ends[name] == day]) for day in sorted(set(ends.values()))]


def _some(names: Sequence[str]) -> str:
    if len(names) > _MOST_NAMES:
        return f"{', '.join(names[:_MOST_NAMES])} and {len(names) - _MOST_NAMES} others"
    return " and ".join(names)


def _history(
    store: Store, ref: PortfolioRef, portfolio: Portfolio, day: date, lookback_days: int | None
) -> FactorHistory:
    try:
        return store.history(ref, portfolio.factors, day, None if lookback_days is None else lookback_days + 1)
    except MarketDataError as error:
        needs = [p.symbol for p in portfolio.positions if error.field in replace(portfolio, positions=(p,)).factors]
        if not needs:
            raise
        raise MarketDataError(error.field, error.value, f"{error.expected} (needed by {', '.join(needs)})") from error


def _nothing_held(store: Store, ref: PortfolioRef, as_of: str | date) -> InputError:
    begins = store.begins(ref)
    if begins is None:
        return InputError("portfolio", ref.path, "a portfolio with positions; import some into it")
    return InputError("as_of", str(as_of), f"a day on which {ref.path} holds something; its positions begin {begins}")
