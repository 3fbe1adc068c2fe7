"""`riskkit portfolio`: import a book of one's own, list, show and tag those there are."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from riskkit.cli.signed_in import day_option, signed_in_store
from riskkit.cli.tables import print_table, quantity
from riskkit.store.contract import LAST_DAY
from riskkit.store.inputs import find_portfolio

_IMPORT_EXAMPLE = """\b
A file needs the columns symbol and quantity; the rest says what is not known yet:

\b
  symbol,quantity,asset_class,currency,underlying,strike,expiry,kind
  AAPL,1200,,,,,,
  MSFT,-300,,,,,,
  EUR cash,250000,cash,EUR,,,,
  SP500 put,10,option,USD,SP500,3500,2023-06-16,put

\b
  riskkit portfolio import mine positions.csv --check
  riskkit portfolio import mine positions.csv --title "My book" --valid-from 2020-01-02
"""


@click.group()
def command() -> None:
    """Import, list, show and tag portfolios."""


@command.command("import", epilog=_IMPORT_EXAMPLE)
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--team", help="The team that owns it; needed if you may write in several.")
@click.option("--title", help="What people read; the name if it is not given.")
@click.option("--base-currency", metavar="CCY", help="Of its value, P&L and risk; USD for a new one.")
@click.option(
    "--valid-from",
    metavar="DATE",
    callback=day_option,
    help="First day the positions are held. A new book: from the beginning; an existing one: from its latest day.",
)
@click.option("--check", is_flag=True, help="Only check the file and say what would be written.")
def import_(
    name: str,
    file: Path,
    team: str | None,
    title: str | None,
    base_currency: str | None,
    valid_from: date | None,
    check: bool,
) -> None:
    """Make the positions in FILE the portfolio NAME, all or nothing.

    Every symbol needs prices: import them first with `riskkit prices import` if they are not there yet. The book
    before --valid-from stays as it is, so that reports of earlier dates do not change.
    """
    # pandas and pandera take seconds to import, and listing needs neither.
    from riskkit.imports.book import BookOrder, plan_book

    with signed_in_store() as store:
        plan = plan_book(store, BookOrder(name, team, title, base_currency, valid_from), file)
        for note in plan.notes:
            click.echo(f"note: {note}")
        count = f"{len(plan.positions):,} position{'' if len(plan.positions) == 1 else 's'}"
        what = f"{plan.team}/{plan.slug}: {count} in {plan.base_currency}, valid from {plan.valid_from}"
        if check:
            click.echo(f"{what}. Checked; nothing was written.")
            return
        plan.write(store)
    click.echo(f"{what}. {'Replaces the book from that day on.' if plan.replaces else 'Imported.'}")


@command.command("list")
def list_() -> None:
    """List the portfolios you may see."""
    with signed_in_store() as store:
        found = store.portfolios()
    if not found:
        click.echo("There is no portfolio yet. Import one: riskkit portfolio import NAME positions.csv")
        return
    by_id = {ref.id: ref for ref in found}
    parents = [by_id[ref.parent_id].path if ref.parent_id in by_id else "" for ref in found]
    columns = [(title, "left") for title in ("portfolio", "title", "currency", "part of", "tags")]
    rows = [
        (ref.path, ref.title, ref.base_currency, parent, ", ".join(ref.tags))
        for ref, parent in zip(found, parents, strict=True)
    ]
    print_table(columns, rows)


@command.command("tag")
@click.argument("name")
@click.argument("tags", nargs=-1)
@click.option("--remove", is_flag=True, help="Take these tags away instead.")
def tag(name: str, tags: tuple[str, ...], remove: bool) -> None:
    """Give the portfolio NAME the TAGS, beside those it has: a report's file may be for all of a tag (tag:TAG).

    Without TAGS, show those it has.
    """
    with signed_in_store() as store:
        ref = find_portfolio(store, name)
        wanted = sorted({*ref.tags} - {*tags} if remove else {*ref.tags, *tags})
        if wanted != list(ref.tags):
            store.tag(ref, wanted)
    click.echo(f"{ref.path}: {', '.join(wanted) or 'no tags'}")


@command.command("show")
@click.argument("name")
@click.option(
    "--as-of", metavar="DATE", callback=day_option, help="The positions of that day; by default the last ones."
)
def show(name: str, as_of: date | None) -> None:
    """Show the positions of the portfolio NAME: its name, or team/name."""
    with signed_in_store() as store:
        ref = find_portfolio(store, name)
        portfolio = store.portfolio(ref, as_of or LAST_DAY)
        begins = store.begins(ref)
    when = f"on {as_of}" if as_of else "as it stands"
    click.echo(f"{ref.path}: {ref.title}, base currency {ref.base_currency}, {when}")
    if not portfolio.positions:
        since = f"its positions begin {begins}" if begins else f"import some: riskkit portfolio import {ref.slug} FILE"
        click.echo(f"It holds nothing {when if as_of else 'yet'}; {since}.")
        return
    columns = [("symbol", "left"), ("class", "left"), ("currency", "left"), ("sector", "left"), ("quantity", "right")]
    rows = [
        (p.symbol, p.instrument.asset_class, p.instrument.currency, p.instrument.sector, quantity(p.quantity))
        for p in portfolio.positions
    ]
    print_table(columns, rows)
