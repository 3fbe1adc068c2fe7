"""`riskkit runs`: find, show, open, reproduce and compare the runs there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import click

from riskkit import session
from riskkit.cli.gate_lines import gate_lines
from riskkit.cli.named_runs import bring, named_runs
from riskkit.cli.runs_change import hold, prune, release, rerun
from riskkit.cli.runs_compare import diff, reproduce
from riskkit.cli.signed_in import day_option
from riskkit.cli.tables import print_table
from riskkit.errors import InputError
from riskkit.metric import Metric
from riskkit.reporting.places import Places
from riskkit.reporting.sweep import restore
from riskkit.runs.record import in_folder
from riskkit.settings import Settings
from riskkit.store.connect import open_runs, open_store
from riskkit.store.contract import RunRecord
from riskkit.store.inputs import find_portfolio
from riskkit.store.rest import PAGE
from riskkit.store.runs import FoundRun, Wanted, condition

#: Headline figures a line of the list has room for.
_SHOWN = 2


@click.group()
def command() -> None:
    """List, find, show, open, reproduce, compare, rerun and keep the runs of reports.

    RUN is the id of a run, or its beginning: at least 4 digits, by which no other run of yours begins.
    """


for _one in (reproduce, diff, rerun, hold, release, prune):
    command.add_command(_one)


@command.command("list")
@click.option("-n", "--limit", type=click.IntRange(1, PAGE), default=20, show_default=True, help="At most so many.")
def list_(limit: int) -> None:
    """List the latest runs of your teams, newest first."""
    _search(Wanted(), None, limit)


@command.command("search")
@click.option("--report", help="The report's name.")
@click.option("--portfolio", help="The book: team/portfolio, or its name alone where that is unique.")
@click.option("--as-of", "day", callback=day_option, help="Valuation date.")
@click.option("--from", "first", callback=day_option, help="First valuation date.")
@click.option("--until", "last", callback=day_option, help="Last valuation date.")
@click.option("--official/--unofficial", "official", default=None, help="Only official runs, or only the others.")
@click.option("--where", multiple=True, metavar="CONDITION", help='A headline figure: "var > 5e6"; all must hold.')
@click.option("-n", "--limit", type=click.IntRange(1, PAGE), default=20, show_default=True, help="At most so many.")
def search(
    report: str | None,
    portfolio: str | None,
    day: date | None,
    first: date | None,
    last: date | None,
    official: bool | None,
    where: tuple[str, ...],
    limit: int,
) -> None:
    """Find runs by report, portfolio, valuation date and headline figures, newest first."""
    conditions = tuple(condition(text) for text in where)
    _search(Wanted(report, None, day or first, day or last, official, conditions), portfolio, limit)


@command.command("show")
@click.argument("run")
def show(run: str) -> None:
    """Show the run RUN: parameters, inputs, code, metrics and artifacts."""
    settings = Settings.load()
    (record,), books = named_runs(settings, run)
    with open_runs(settings, session.current(settings)) as runs:
        successor = None if record.place.current else runs.successor(record.id)
    official = "official" if record.official else "unofficial"
    click.echo(f"{record.id}: {record.report} · {books.get(record.portfolio_id, record.portfolio_id)} · {official}")
    for name, value in (*_standing(record, successor), *_facts(record)):
        click.echo(f"  {name:<12}{value}")
    for line in gate_lines(record.gates):
        click.echo(f"  {line}")
    figures = [(one.name, _labels(one), f"{one.value:,.10g}", one.unit) for one in record.metrics]
    print_table([("metric", "left"), ("of", "left"), ("value", "right"), ("unit", "left")], figures)
    kept = [(one.name, f"{one.size:,}", one.sha256) for one in record.artifacts]
    print_table([("artifact", "left"), ("bytes", "right"), ("sha256", "left")], kept)


@command.command("open")
@click.argument("run")
@click.option("--print", "only_print", is_flag=True, help="Print where the page lies, open nothing.")
def open_(run: str, only_print: bool) -> None:
    """Open the page of the run RUN in the browser, and print where it lies.

    An official run that is not on this machine is brought from the bucket, compared with its hashes.
    """
    settings = Settings.load()
    (record,), books = named_runs(settings, run)
    page = _page(settings, record, books[record.portfolio_id])
    click.echo(str(page))
    if not only_print:
        click.launch(page.as_uri())


def _search(wanted: Wanted, portfolio: str | None, limit: int) -> None:
    settings = Settings.load()
    who = session.current(settings)
    if portfolio is not None:
        with open_store(settings, who) as store:
            wanted = Wanted(**{**vars(wanted), "portfolio_id": find_portfolio(store, portfolio).id})
    with open_runs(settings, who) as runs:
        found = runs.search(wanted, limit)
    if not found:
        click.echo("No run is like that." if wanted != Wanted() else "There is no run yet.")
        return
    columns = [("run", "left"), ("report", "left"), ("portfolio", "left"), ("as of", "left"), ("made (UTC)", "left"),
               ("", "left"), ("gates", "left"), ("headline", "left")]  # fmt: skip
    chosen = [one.metric for one in wanted.where]
    print_table(columns, [_line(one, chosen) for one in found])


def _line(run: FoundRun, chosen: list[str]) -> tuple[str, ...]:
    shown = [one for one in run.metrics if one.name in chosen] or run.metrics[:_SHOWN]
    return (
        run.id,
        run.report,
        run.portfolio,
        run.as_of.isoformat(),
        _time(run.run_at),
        _standing_word(run),
        run.verdict or "not judged",
        ", ".join(map(_headline, shown)),
    )


def _standing_word(run: FoundRun) -> str:
    word = "unofficial" if not run.official else "official" if run.current else "superseded"
    return f"{word}, on hold" if run.hold else word


def _page(settings: Settings, record: RunRecord, portfolio: str) -> Path:
    """The page in the run's folder, which is brought here if it is elsewhere; or as it is kept by its content."""
    places = Places.of(settings)
    page = places.run(record.report, record.as_of, portfolio, record.id) / "report.html"
    if page.is_file():
        return page
    pages = [one for one in record.artifacts if in_folder(one.name)]
    bring(settings, record, pages)
    if restore(places, record, portfolio):
        return page
    for artifact in pages:
        if artifact.name == "report.html" and places.objects.has(artifact):
            return places.objects.path(artifact)
    expected = f"a run whose page lies on this machine, below {places.reports}, or in the bucket"
    raise InputError("run", record.id, expected)


def _standing(record: RunRecord, successor: tuple[str, str] | None) -> Iterator[tuple[str, str]]:
    place = record.place
    if not place.current:
        yield "superseded", "" if successor is None else f"by {successor[0]}: {successor[1]}"
    if place.hold:
        yield "on hold", place.hold
    if place.supersedes is not None:
        yield "supersedes", f"{place.supersedes}: {place.reason}"
    if place.slot is not None:
        yield "slot", f"{_time(place.slot)} UTC"
    if place.attempt is not None:
        yield "attempt", str(place.attempt)
    for one in place.failures:
        cell = f", cell {one['cell']}" if "cell" in one else ""
        yield "failed", f"attempt {one['attempt']}{cell}: {one['type']}: {one.get('message', '')}"


def _facts(record: RunRecord) -> Iterator[tuple[str, str]]:
    yield "as of", record.as_of.isoformat()
    yield "made", f"{_time(record.run_at)} UTC, {record.status}"
    yield "notebook", record.notebook
    for name, value in record.parameters.items():
        yield "parameter", f"{name} = {json.dumps(value, ensure_ascii=False)}"
    for name, change in record.overrides.items():
        yield "override", f"{name}: {json.dumps(change, ensure_ascii=False)}"
    yield "code", ", ".join(f"{name} {value}" for name, value in record.code.items())
    yield "packages", ", ".join(f"{name} {version}" for name, version in record.packages.items())
    if record.seed is not None:
        yield "seed", str(record.seed)
    for name, digest in record.inputs.items():
        yield "input", f"{name} {digest}"


def _labels(metric: Metric) -> str:
    return ", ".join(f"{name} {value}" for name, value in metric.labels.items())


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def _headline(metric: Metric) -> str:
    """A figure in a line of the list: money in whole units, counts without a word.

    >>> _headline(Metric("var", 1413958.18, "USD")), _headline(Metric("done", 2.0, "count"))
    ('var 1,413,958 USD', 'done 2')
    """
    figure = f"{metric.value:,.0f}" if abs(metric.value) >= 1000 else f"{metric.value:,.6g}"
    return f"{metric.name} {figure}" + ("" if metric.unit == "count" else f" {metric.unit}")
