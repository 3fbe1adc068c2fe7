"""`riskkit limits`: what a book's figures may be at most: list, set and end."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from uuid import UUID

import click

from riskkit import session
from riskkit.cli.signed_in import day_option, signed_in_store
from riskkit.cli.tables import print_table
from riskkit.errors import InputError
from riskkit.gates import Limit
from riskkit.settings import Settings
from riskkit.store.connect import open_limits
from riskkit.store.contract import PortfolioRef
from riskkit.store.inputs import find_portfolio
from riskkit.store.limits import KeptLimit, Limits

_SET_EXAMPLE = """\b
  riskkit limits set demo var --soft 1.5e6 --hard 1.75e6
  riskkit limits set demo component_var --position '*' --hard 800000
  riskkit limits set demo component_var --sector Energy --hard 1e6 --from 2022-01-03
  riskkit limits set demo var --relative --unit fraction --soft 0.1 --hard 0.25
"""


@click.group()
def command() -> None:
    """List, set and end the limits of portfolios. Setting takes the role approver and a second factor."""


@command.command("list")
@click.argument("portfolio", required=False)
@click.option("--all", "everything", is_flag=True, help="Ended ones too.")
def list_(portfolio: str | None, everything: bool) -> None:
    """List the limits in force: of PORTFOLIO, or of every book that you may see."""
    ref = None if portfolio is None else _book(portfolio)
    with _limits() as limits:
        found = [one for one in limits.all(ref) if everything or one.valid_to is None]
    if not found:
        click.echo("There is no limit.")
        return
    columns = [("limit", "left"), ("portfolio", "left"), ("figure", "left"), ("soft", "right"), ("hard", "right"),
               ("unit", "left"), ("from", "left"), ("until", "left"), ("note", "left")]  # fmt: skip
    empty = {"portfolio": ref is not None, "until": not everything}  # said already: the line has little room
    shown = [index for index, (title, _) in enumerate(columns) if not empty.get(title, False)]
    lines = [_line(one) for one in found]
    print_table([columns[index] for index in shown], [[line[index] for index in shown] for line in lines])


@command.command("set", epilog=_SET_EXAMPLE)
@click.argument("portfolio")
@click.argument("metric")
@click.option("--soft", type=float, help="A figure above warns.")
@click.option("--hard", type=float, help="A figure above is a breach.")
@click.option("--unit", help="Of the figure: a currency, fraction, days or count; the book's currency by default.")
@click.option("--position", help="Of this position, or of each: '*'.")
@click.option("--sector", help="Of this sector, or of each: '*'.")
@click.option("--currency", help="Of this currency, or of each: '*'.")
@click.option("--relative", is_flag=True, help="Of the change since the official run before.")
@click.option("--from", "first", callback=day_option, help="First day it holds; today by default.")
@click.option("--note", default="", help="Why; people read it in the list.")
def set_(
    portfolio: str,
    metric: str,
    *,
    soft: float | None,
    hard: float | None,
    unit: str | None,
    relative: bool,
    first: date | None,
    note: str,
    **parts: str | None,
) -> None:
    """Limit the figure METRIC of PORTFOLIO; a limit in force on the same figure ends on that day."""
    named = [(scope, value) for scope, value in parts.items() if value is not None]
    if len(named) > 1:
        raise InputError("part", ", ".join(scope for scope, _ in named), "one of position, sector, currency, or none")
    bounds = [bound for bound in (soft, hard) if bound is not None]
    if not bounds or not all(map(math.isfinite, bounds)):
        raise InputError("limit", ", ".join(map(str, bounds)) or "none", "--soft, --hard or both, finite")
    scope, value = named[0] if named else ("portfolio", "")
    ref = _book(portfolio)
    limit = Limit(
        metric,
        unit or ref.base_currency,
        soft,
        hard,
        scope,  # type: ignore[arg-type] # the options are the scopes
        value,
        "relative" if relative else "absolute",
    )
    with _limits() as limits:
        made = limits.set(ref, limit, first, note)
    click.echo(f"{made}: {ref.path}, {_figure(limit)}: {_bounds(limit)}")


@command.command("end")
@click.argument("limit")
@click.option("--on", "day", callback=day_option, help="First day it no longer holds; today by default.")
def end(limit: str, day: date | None) -> None:
    """End the limit LIMIT: its id from `riskkit limits list`."""
    try:
        known = str(UUID(limit))
    except ValueError:
        raise InputError("limit", limit, "a limit's id, from riskkit limits list") from None
    with _limits() as limits:
        limits.end(known, day)
    click.echo(f"{known}: ended.")


def _book(name: str) -> PortfolioRef:
    with signed_in_store() as store:
        return find_portfolio(store, name)


@contextmanager
def _limits() -> Iterator[Limits]:
    settings = Settings.load()
    with open_limits(settings, session.current(settings)) as limits:
        yield limits


def _line(kept: KeptLimit) -> tuple[str, ...]:
    one = kept.limit
    until = "" if kept.valid_to is None else kept.valid_to.isoformat()
    bounds = ("" if bound is None else f"{bound:,.10g}" for bound in (one.soft, one.hard))
    return (kept.id, kept.portfolio, _figure(one), *bounds, one.unit, kept.valid_from.isoformat(), until, kept.note)


def _figure(limit: Limit) -> str:
    part = f" of {limit.scope} {limit.scope_value}" if limit.scope_value else ""
    return f"{'change of ' if limit.basis == 'relative' else ''}{limit.metric}{part}"


def _bounds(limit: Limit) -> str:
    said = (("soft", limit.soft), ("hard", limit.hard))
    return ", ".join(f"{word} {bound:,.10g} {limit.unit}" for word, bound in said if bound is not None)
