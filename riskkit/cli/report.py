"""`riskkit report`: run a report as the signed-in user, and say what it found and where it lies."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from riskkit.errors import InputError
from riskkit.metric import Metric
from riskkit.parameters.declaration import describe
from riskkit.parameters.given import Given, Place, Plain
from riskkit.parameters.merge import merge
from riskkit.parameters.validate import validate
from riskkit.reporting.making import FinishedRun
from riskkit.reporting.order import Definition, definition, report_names
from riskkit.reporting.runner import run_report
from riskkit.reporting.steps import OnStep, percent, silent
from riskkit.runs.record import gates_json
from riskkit.settings import Settings
from riskkit.store.inputs import early_ends, find_portfolios
from riskkit.store.subject import kind_of


@click.command(add_help_option=False)
@click.argument("name", required=False)
@click.option("--portfolio", metavar="NAME", help="The book: team/portfolio, or its name alone where that is unique.")
@click.option("--as-of", metavar="DATE", help="Valuation date, YYYY-MM-DD, or latest.")
@click.option("-p", "--parameters", "single", nargs=2, multiple=True, metavar="NAME VALUE", help="One parameter.")
@click.option("-f", "--parameters_file", "files", multiple=True, metavar="FILE", help="A YAML file of parameters.")
@click.option("-y", "--parameters_yaml", "texts", multiple=True, metavar="YAML", help="Parameters as YAML text.")
@click.option("--list", "list_all", is_flag=True, help="List the reports there are.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each run.")
@click.option(
    "--pdf", "paper", is_flag=True, help="Make a PDF and images of the figures too, with this machine's Chromium."
)
@click.option("--open", "open_page", is_flag=True, help="Open the report in the browser.")
@click.option("-h", "--help", "show_help", is_flag=True, help="Show this, and a named report's parameters.")
@click.pass_context
def command(
    context: click.Context,
    /,
    name: str | None,
    portfolio: str | None,
    as_of: str | None,
    single: Sequence[tuple[str, str]],
    files: Sequence[str],
    texts: Sequence[str],
    **flags: bool,
) -> None:
    """Run the report NAME: a file in parameters/ or a notebook in notebooks/.

    It is made hermetically, recorded as yours and unofficial, and put complete into
    reports/<report>/<as_of>/<team>/<portfolio>/<run>/, or not at all.

    Give its parameters as papermill takes them: -p NAME VALUE, -f FILE, -y YAML. `riskkit report NAME --help` lists
    them. --portfolio and --as-of are short for -p portfolio and -p as_of.
    """
    settings = Settings.load()
    if flags["list_all"]:
        _print_list(settings)
    elif flags["show_help"] or name is None:
        click.echo(context.get_help())
        if name is not None:
            _print_parameters(definition(settings.project, name))
        if not flags["show_help"]:
            sys.exit(2)
    else:
        defined = definition(settings.project, name)
        given = _given(portfolio, as_of, merge(single, files, texts))
        validate(defined.declared, given)  # what is wrong without looking at any data is said without signing in
        _run(settings, defined, given, flags)


def _given(portfolio: str | None, as_of: str | None, given: Given) -> Given:
    for option, name, value in (("--portfolio", "portfolio", portfolio), ("--as-of", "as_of", as_of)):
        if value is not None:
            if name in given:
                raise InputError(name, value, f"each parameter once: it is given by {given.places[name].source} too")
            given[name], given.places[name] = Plain(value), Place(option)
    return given


def _run(settings: Settings, defined: Definition, given: Given, flags: Mapping[str, bool]) -> None:
    # Imported here because the Supabase client takes a second, and a wrong parameter should be told in less.
    from riskkit import session
    from riskkit.store.connect import open_store

    several = "portfolio" not in given and bool(defined.portfolios)
    with open_store(settings, session.current(settings)) as store:
        for book in find_portfolios(store, defined.portfolios) if several else (None,):
            values = Given({**given, **({} if book is None else {"portfolio": book.path})}, given.places)
            with progress(flags["as_json"]) as on_step:
                run = run_report(settings, store, defined.key, values, on_step, paper=flags["paper"])
            click.echo(json.dumps(_as_json(run)) if flags["as_json"] else summary(run))
            if flags["paper"] and run.pdf is None:
                click.echo("note: no PDF: its reason is in run.json", err=True)
            data_matter = kind_of(run.record.parameters) is None
            for note in early_ends(store, run.portfolio, run.record.as_of) if data_matter else ():
                click.echo(f"note: {note}", err=True)
            if flags["open_page"]:
                click.launch(run.html.as_uri())


@contextmanager
def progress(quiet: bool) -> Iterator[OnStep]:
    """A bar on standard error, where a person watches."""
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    with tqdm(total=100, leave=False, bar_format="{desc:<9} {bar:32} {percentage:3.0f} %  {elapsed}") as bar:

        def show(step: str, fraction: float) -> None:
            bar.set_description_str(step, refresh=False)
            bar.n = percent(step, fraction)
            bar.refresh()

        yield show


def summary(run: FinishedRun) -> str:
    """The headline figures, and where the page lies."""
    rows = [(metric.name.replace("_", " "), *_figure(metric)) for metric in run.record.metrics if not metric.labels]
    rows += [(metric.labels["scenario"].replace("_", " "), *_figure(metric)) for metric in _worst(run)]
    wide = [max(len(row[column]) for row in rows) if rows else 0 for column in range(2)]
    whose = "official" if run.record.official else "unofficial"
    lines = [f"{run.record.report} · {run.portfolio} · {run.record.as_of} · {whose}"]
    lines += [f"  {label:<{wide[0]}}  {value:>{wide[1]}} {unit}".rstrip() for label, value, unit in rows]
    lines += [f"  {line}" for line in _warnings(run)]
    return "\n".join([*lines, f"  {_short(run.html)}"])


def _warnings(run: FinishedRun) -> list[str]:
    """The verdict, and each finding that is not a PASS."""
    gates = run.record.gates
    if gates is None:
        return []
    said = [f"{one.verdict} {one.sentence}" for one in gates.worst_first if one.verdict != "PASS"]
    return [f"gates {gates.verdict}", *(f"  {line}" for line in said)]


def _worst(run: FinishedRun) -> list[Metric]:
    """The three scenarios that lose most, of a stress test."""
    pnl = [
        metric for metric in run.record.metrics if metric.name == "stress_pnl" and set(metric.labels) == {"scenario"}
    ]
    return sorted(pnl, key=lambda metric: metric.value)[:3]


def _figure(metric: Metric) -> tuple[str, str]:
    if metric.unit == "fraction":
        return f"{100 * metric.value:,.2f}", "%"
    if metric.unit in ("count", "days"):
        return f"{metric.value:,.0f}", metric.unit if metric.unit == "days" else ""
    return f"{metric.value:,.2f}", metric.unit


def _short(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def _as_json(run: FinishedRun) -> dict[str, Any]:
    return {
        "id": run.record.id,
        "report": run.record.report,
        "portfolio": run.portfolio,
        "as_of": run.record.as_of.isoformat(),
        "parameters": dict(run.record.parameters),
        "metrics": [
            {"name": metric.name, "value": metric.value, "unit": metric.unit, "labels": dict(metric.labels)}
            for metric in run.record.metrics
        ],
        "gates": gates_json(run.record.gates),
        "html": str(run.html),
        "pdf": None if run.pdf is None else str(run.pdf),
        "seconds": {step: round(seconds, 3) for step, seconds in run.seconds.items()},
    }


def _print_list(settings: Settings) -> None:
    names = report_names(settings.project)
    wide = max(map(len, names), default=0)
    for name in names:
        defined = definition(settings.project, name)
        books = ", ".join(defined.portfolios) or "any portfolio"
        click.echo(f"{name:<{wide}}  notebooks/{defined.notebook.name}  {books}")


def _print_parameters(defined: Definition) -> None:
    described = describe(defined.declared)
    wide = [max(len(row[column]) for row in described) for column in range(3)]
    click.echo(f"\nParameters of {defined.key} (notebooks/{defined.notebook.name}):")
    for row in described:
        pinned = f" [here {defined.pinned[row.name]}]" if row.name in defined.pinned else ""
        allowed = f" {{{row.constraint}}}" if row.constraint else ""
        click.echo(
            f"  {row.name:<{wide[0]}}  {row.type:<{wide[1]}}  {row.default:<{wide[2]}}  {row.help}{allowed}{pinned}"
        )
