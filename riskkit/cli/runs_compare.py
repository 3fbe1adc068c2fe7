"""`riskkit runs reproduce` and `riskkit runs diff`: a run again, and two runs side by side."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import click

from riskkit.cli.named_runs import bring, named_runs
from riskkit.cli.tables import print_table
from riskkit.errors import RiskkitError
from riskkit.metric import Metric
from riskkit.reporting.places import Places
from riskkit.reporting.reproduce import Reproduction
from riskkit.reporting.reproduce import reproduce as again
from riskkit.runs.attribution import attribute
from riskkit.runs.compare import MetricDifference, metric_differences, run_differences
from riskkit.runs.frozen import FOLDER
from riskkit.settings import Settings
from riskkit.store.contract import RunRecord

#: Figures of parts that are printed unless all are asked for.
_MOST = 20


@click.command("reproduce")
@click.argument("run")
def reproduce(run: str) -> None:
    """Make the run RUN again from its frozen inputs, and compare every metric.

    Exit code 0: all are equal, to the last bit, and so is what the gates find of them. Exit code 1: one is not, or the
    run cannot be made again; what differs of its inputs, parameters, code and packages is named.
    """
    settings = Settings.load()
    (record,), _ = named_runs(settings, run)
    _bring_inputs(settings, record)
    found = again(settings, record)
    for line in _told(found):
        click.echo(line)
    _print_metrics(found.metrics, ("recorded", "again"))
    sys.exit(0 if found.equal else 1)


def _bring_inputs(settings: Settings, record: RunRecord) -> None:
    bring(settings, record, [one for one in record.artifacts if one.name.startswith(f"{FOLDER}/")])


def _told(found: Reproduction) -> list[str]:
    if found.failure:
        first = found.failure
    elif found.equal:
        first = f"Equal: all {found.compared} metrics, to the last bit."
        if found.verdicts[0] is not None:
            first += f" The gates find the same: {found.verdicts[0]}."
    else:
        first = f"Different: {len(found.metrics)} metrics; {found.compared} are in both."
        if found.findings:
            first += f" The gates find something else: {found.verdicts[0]} -> {found.verdicts[1]}."
        elif not found.inputs:
            first += " Nothing on record differs: the notebook depends on something else, such as the clock."
    return [first, *(f"  {one}" for one in (*found.findings, *found.inputs))]


@click.command("diff")
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option("--all", "everything", is_flag=True, help=f"All figures of parts that differ, not only {_MOST}.")
def diff(before: str, after: str, everything: bool) -> None:
    """Compare the runs A and B: parameters, inputs, code and metrics, and why VaR changed."""
    settings = Settings.load()
    (first, second), _ = named_runs(settings, before, after)
    for one in (first, second):
        _bring_inputs(settings, one)
    facts = run_differences(first, second)
    click.echo("\n".join(map(str, facts)) if facts else "Parameters, inputs, code and packages are the same.")
    parts = [one for one in metric_differences(first.metrics, second.metrics) if one.labels]
    parts.sort(key=lambda one: -abs(one.change or 0.0))
    shown = parts if everything else parts[:_MOST]
    _print_metrics([*_headline(first, second), *shown], ("A", "B"))
    if len(shown) < len(parts):
        click.echo(f"{len(parts) - len(shown)} more differ: --all prints them.")
    _print_attribution(settings, first, second)


def _headline(before: RunRecord, after: RunRecord) -> list[MetricDifference]:
    """The headline figures of both, equal ones too."""
    old, new = ({one.name: one for one in run.metrics if not one.labels} for run in (before, after))
    return [MetricDifference(name, {}, old.get(name), new.get(name)) for name in dict.fromkeys((*old, *new))]


def _print_metrics(found: Sequence[MetricDifference], titles: tuple[str, str]) -> None:
    if not found:
        return
    columns = [("metric", "left"), ("of", "left"), *((title, "right") for title in titles), ("change", "right")]
    rows = [
        (
            one.name,
            ", ".join(f"{label} {value}" for label, value in one.labels.items()),
            _figure(one.before),
            _figure(one.after),
            "" if one.change is None else f"{one.change:+,.6g}",
        )
        for one in found
    ]
    print_table(columns, rows)


def _print_attribution(settings: Settings, before: RunRecord, after: RunRecord) -> None:
    try:
        change = attribute(Places.of(settings).objects, before, after)
    except RiskkitError as error:
        click.echo(f"The change of VaR is not attributed: {error}")
        return
    unit = change.after.portfolio.base_currency
    click.echo(f"VaR {change.before.var:,.2f} -> {change.after.var:,.2f} {unit}, of which")
    for effect, var in zip(change.effects["effect"], change.effects["var"], strict=True):
        click.echo(f"  {effect:<10}{var:>+18,.2f}")
    for record, result in ((before, change.before), (after, change.after)):
        kept = [one.value for one in record.metrics if one.name == "var" and not one.labels]
        if kept and abs(kept[0] - result.var) > 1e-9 * abs(kept[0]):
            click.echo(f"note: run {record.id} recorded {kept[0]:,.2f}: its code or packages were others.")
    for note in change.notes:
        click.echo(f"note: {note}")


def _figure(metric: Metric | None) -> str:
    return "" if metric is None else f"{metric.value:,.10g} {metric.unit}"
