"""Two runs side by side: parameters, inputs, code and figures, and what made the difference of their VaR."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from riskkit.charts.markup import Cell, Column, Row, notes, table
from riskkit.charts.numbers import day, number, signed
from riskkit.charts.runs import figure, figure_name
from riskkit.errors import RiskkitError
from riskkit.explain import VarChange
from riskkit.runs.attribution import attribute
from riskkit.runs.compare import Difference, MetricDifference, metric_differences, run_differences
from riskkit.runs.fetch import fetch
from riskkit.runs.frozen import FOLDER
from riskkit.runs.objects import Objects
from riskkit.store.contract import RunRecord, Store
from riskkit.wording import heading

#: Rows of a table; what is left out is counted.
MOST = 40
_KINDS = {"run": "Run", "parameter": "Parameter", "input": "Input", "code": "Code", "package": "Package"}


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs.

    Attributes
    ----------
    before, after : RunRecord
    facts : tuple of Difference
    metrics : tuple of MetricDifference
    change : VarChange or None
        What made the difference of VaR.
    why_not : str
        Why there is none.
    """

    before: RunRecord
    after: RunRecord
    facts: tuple[Difference, ...]
    metrics: tuple[MetricDifference, ...]
    change: VarChange | None
    why_not: str = ""


def compare(store: Store, before_id: str, after_id: str) -> Comparison:
    """Compare two runs as the reader: both must be theirs to see, and the kept inputs are read with their own rights.

    Raises
    ------
    InputError
        One of them is not there to see.
    """
    before, after = store.run(before_id), store.run(after_id)
    change, why_not = None, ""
    try:
        with tempfile.TemporaryDirectory(prefix="riskkit-compare-") as folder:
            objects = Objects(Path(folder))
            for record in (before, after):
                kept = [one for one in record.artifacts if one.name.startswith(f"{FOLDER}/")]
                fetch(objects, record.team_id, kept, store.read_file)
            change = attribute(objects, before, after)
    except RiskkitError as error:
        why_not = str(error)
    return Comparison(
        before,
        after,
        run_differences(before, after),
        metric_differences(before.metrics, after.metrics),
        change,
        why_not,
    )


def drawn(found: Comparison) -> Markup:
    """As a page shows it."""
    titles = tuple(f"{heading(one.report)}, {day(one.as_of)}" for one in (found.before, found.after))
    head = Markup('<p class="rk-sub">From {} to {}.</p>').format(*titles)
    return head + _change(found) + _facts(found.facts) + _metrics(found.metrics)


def _change(found: Comparison) -> Markup:
    change = found.change
    if change is None:
        return Markup('<p class="rk-sub">The change of VaR is not attributed: {}</p>').format(found.why_not)
    unit = change.after.portfolio.base_currency
    rows: list[Row] = [["VaR before", Cell(number(change.before.var), change.before.var)]]
    for effect, var in zip(change.effects["effect"], change.effects["var"], strict=True):
        rows.append([f"{effect.capitalize()}", Cell(signed(float(var)), float(var))])
    total: Row = ["VaR after", Cell(number(change.after.var), change.after.var)]
    columns = [Column("What made the difference"), Column(f"VaR, {unit}", numeric=True)]
    shown = table(columns, rows, total=total, caption="Change of VaR by cause")
    return shown + notes((*_recorded(found, change), *change.notes))


def _recorded(found: Comparison, change: VarChange) -> list[str]:
    """A run whose own figure is another than its inputs give today."""
    said = []
    for record, result in ((found.before, change.before), (found.after, change.after)):
        own = [one.value for one in record.metrics if one.name == "var" and not one.labels]
        if own and abs(own[0] - result.var) > 1e-9 * abs(own[0]):
            said.append(f"The run of {day(record.as_of)} recorded {number(own[0])}: its code or packages were others.")
    return said


def _facts(differences: tuple[Difference, ...]) -> Markup:
    if not differences:
        return Markup('<p class="rk-sub">Parameters, inputs, code and packages are the same.</p>')
    rows: list[Row] = [
        [_KINDS.get(one.kind, one.kind), one.name, _value(one.before), _value(one.after)] for one in differences[:MOST]
    ]
    columns = [Column(text) for text in ("", "Differs", "Before", "After")]
    return table(columns, rows, caption="What differs of how they were made") + _left(len(differences))


def _metrics(differences: tuple[MetricDifference, ...]) -> Markup:
    if not differences:
        return Markup('<p class="rk-sub">Every figure is the same.</p>')
    ordered = sorted(differences, key=lambda one: (bool(one.labels), -abs(one.change or 0.0)))
    rows: list[Row] = [
        [
            Cell(figure_name(one.name), note=", ".join(f"{name} {value}" for name, value in one.labels.items())),
            ", ".join(str(value) for value in one.labels.values()),
            "" if one.before is None else Cell(figure(one.before), one.before.value),
            "" if one.after is None else Cell(figure(one.after), one.after.value),
        ]
        for one in ordered[:MOST]
    ]
    columns = [Column("Figure"), Column("Of"), Column("Before", numeric=True), Column("After", numeric=True)]
    return table(columns, rows, caption="Figures that differ") + _left(len(differences))


def _left(count: int) -> Markup:
    return Markup('<p class="rk-sub">and {} more</p>').format(number(count - MOST)) if count > MOST else Markup("")


def _value(value: object) -> Cell:
    text = "none" if value is None else str(value)
    return Cell(text if len(text) <= 24 else text[:12] + "…", note=text)
