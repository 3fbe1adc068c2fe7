"""From what a person says (`portfolio`, `as_of`) to everything an analysis reads."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from datetime import date

from riskkit.errors import InputError, MarketDataError
from riskkit.market import FactorHistory
from riskkit.portfolio import Portfolio
from riskkit.store.contract import Inputs, PortfolioRef, Store


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
    if as_of == "latest":
        return _last(store, ref)
    try:
        day = date.fromisoformat(as_of) if isinstance(as_of, str) else as_of
    except ValueError as error:
        raise InputError("as_of", as_of, "latest or a date, YYYY-MM-DD") from error
    days = store.dates(ref, day)
    if not days:
        raise _nothing_held(store, ref, day)
    i = bisect_left(days, day)
    if i < len(days) and days[i] == day:
        return day
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
    day = resolve_as_of(store, ref, as_of)
    portfolio = store.portfolio(ref, day)
    if not portfolio.positions:
        raise _nothing_held(store, ref, day)
    history = _history(store, ref, portfolio, day, lookback_days)
    sources = tuple(dict.fromkeys(factor.source for factor in history.factors if factor.source))
    return Inputs(ref, portfolio, history, store.scenarios(ref), day, history.notes, sources)


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


def _last(store: Store, ref: PortfolioRef) -> date:
    days = store.dates(ref)
    if not days:
        raise _nothing_held(store, ref, "latest")
    return days[-1]


def _nothing_held(store: Store, ref: PortfolioRef, as_of: str | date) -> InputError:
    begins = store.begins(ref)
    if begins is None:
        return InputError("portfolio", ref.path, "a portfolio with positions; import some into it")
    return InputError("as_of", str(as_of), f"a day on which {ref.path} holds something; its positions begin {begins}")
