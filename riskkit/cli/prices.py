"""`riskkit prices`: import prices of one's own, and remove them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from riskkit.cli.signed_in import signed_in_store
from riskkit.market import FactorSeries
from riskkit.store.contract import Store

_EXAMPLES = """\b
Wide, one column a symbol:            Long, one row a price:
  date,ACME,GLOBEX                      date,symbol,price,currency
  2022-01-03,101.2,55.1                 2022-01-03,ACME,101.2,USD
  2022-01-04,100.7,                     2022-01-03,SAP,124.1,EUR

\b
  riskkit prices import prices.csv --check
  riskkit prices import rates.csv --kind fx
  riskkit prices import yields.csv --kind yield --currency EUR
"""


@click.group()
def command() -> None:
    """Import prices, rates and yields, and remove your own."""


@command.command("import", epilog=_EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--team", help="The team that owns them; needed if you may write in several.")
@click.option("--kind", default="equity", show_default=True, help="equity, fx, volatility or yield: of the whole file.")
@click.option("--currency", default="USD", show_default=True, help="Of the prices, where no column says it.")
@click.option("--return-type", help="relative, log or absolute; by default what is usual for the kind.")
@click.option("--timezone", help="The exchange's zone, such as Asia/Tokyo, if the file has times with an offset.")
@click.option("--jumps", default="refuse", show_default=True, help="refuse or note: a change like an unadjusted split.")
@click.option("--source", default="", help="Where the prices come from; shown under every report.")
@click.option("--replace-shared", is_flag=True, help="Hide shared prices even by a shorter history of your own.")
@click.option("--check", is_flag=True, help="Only check the file and say what would be written.")
def import_(file: Path, team: str | None, replace_shared: bool, check: bool, **form: Any) -> None:
    """Import the prices in FILE as your team's own, all or nothing.

    They go before shared prices of the same symbol, for your team only. Missing prices are left missing; a report
    carries a short gap forward and says so. Nothing is written if anything in the file is wrong, nor if prices would
    hide shared ones that go back further or on for longer, unless you say --replace-shared.
    """
    # pandas and pandera take seconds to import, and --help needs neither.
    from riskkit.feeds.price_format import PriceFormat
    from riskkit.feeds.prices import read_prices
    from riskkit.imports.book import writable_team
    from riskkit.imports.hiding import hidden_by

    prices = read_prices(file, PriceFormat(**form))
    with signed_in_store() as store:
        owner = writable_team(store, team)
        hiding = hidden_by(store, owner, prices.series)
        known = _known_before(store, owner, {one.factor.name for one in prices.series})
        for note in (*prices.notes, *known, *hiding.notes):
            click.echo(f"note: {note}")
        for one in prices.series:
            click.echo(_line(one))
        if not replace_shared:
            hiding.refuse()
        if check:
            click.echo("Checked; nothing was written.")
            return
        written = store.import_prices(owner, prices.series)
    click.echo(f"Team {owner}: {written:,} new or changed prices.")


@command.command("remove")
@click.argument("symbols", nargs=-1, required=True)
@click.option("--team", help="The team that owns them; needed if you may write in several.")
@click.option("--dry-run", is_flag=True, help="Only say what would go, and what it leaves behind.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove(symbols: tuple[str, ...], team: str | None, dry_run: bool, yes: bool) -> None:
    """Remove your team's own prices of SYMBOLS, all or nothing.

    Where there are shared prices of the same symbol, your team uses those from then on. Reports that were made stay as
    they are: a run keeps its inputs.
    """
    from riskkit.imports.book import writable_team
    from riskkit.imports.removal import removal_of

    with signed_in_store() as store:
        removal = removal_of(store, writable_team(store, team), symbols)
        for one in removal.series:
            click.echo(_line(one))
        for note in removal.notes:
            click.echo(f"note: {note}")
        if dry_run:
            click.echo("Nothing was removed.")
            return
        if not yes:
            click.confirm(f"Remove {', '.join(removal.factors)} from team {removal.team}?", abort=True, err=True)
        gone = removal.write(store)
    click.echo(f"Team {removal.team}: {gone:,} factor{'' if gone == 1 else 's'} removed.")


def _line(one: FactorSeries) -> str:
    days = f"{len(one.levels):,} {'day' if len(one.levels) == 1 else 'days'}"
    return f"{one.factor.name}: {days}, {one.dates[0]} to {one.dates[-1]}"


def _known_before(store: Store, team: str, imported: set[str]) -> list[str]:
    known = sorted(factor.name for factor in store.factors(team) if factor.name in imported)
    if not known:
        return []
    shown = ", ".join(known[:10]) + (" …" if len(known) > 10 else "")
    return [f"{shown}: there were prices before; where those are shared, your team now uses only its own."]
