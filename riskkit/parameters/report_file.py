"""A report's definition: `parameters/<key>.yml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from riskkit import names
from riskkit.errors import InputError, InputErrors
from riskkit.gates import GateRules
from riskkit.parameters.declaration import Value
from riskkit.parameters.execution import (
    FIELDS,
    Execution,
    Retention,
    alarm,
    execution,
    recipients,
    retention,
    selectors,
)
from riskkit.parameters.gate_rules import gate_rules
from riskkit.parameters.given import Place
from riskkit.parameters.merge import scalars
from riskkit.parameters.notebook import notebook_declarations, notebook_path
from riskkit.parameters.schedule_fields import timetable
from riskkit.parameters.validate import validate
from riskkit.parameters.yaml_file import Node, read_yaml
from riskkit.schedules.timetable import Timetable

_KEY = re.compile(r"[a-z][a-z0-9_]{0,62}")


@dataclass(frozen=True)
class ReportFile:
    """What a report is.

    Attributes
    ----------
    key : str
        The file's stem: the report's name in addresses, tables and folders.
    notebook : str
        Name of the notebook that makes it.
    title : str
        What people read.
    portfolios : tuple of str
        The books it is made for, one run each: `team/portfolio`, or the portfolio alone where that is unique;
        `tag:<tag>`: a team's books that bear it; `all` alone: all of a team's.
    parameters : mapping
        Validated values of the notebook's parameters that differ from its defaults or are pinned here.
    timetable : Timetable or None
        When it is due; None for a report that is made only when somebody asks for it.
    execution : Execution
        Retries, time limits, how many at once.
    retention : Retention or None
        Which runs are kept; None: all.
    recipients : tuple of str
        Mail addresses and names of webhooks.
    alarm_after_minutes : int or None
        A report that is not there so long after its slot is late, and the recipients are told; None: the misfire
        policy's grace.
    gates : GateRules
        What holds a report back.
    """

    key: str
    notebook: str
    title: str
    portfolios: tuple[str, ...]
    parameters: Mapping[str, Value]
    timetable: Timetable | None = None
    execution: Execution = field(default_factory=Execution)
    retention: Retention | None = None
    recipients: tuple[str, ...] = ()
    gates: GateRules = field(default_factory=GateRules)
    alarm_after_minutes: int | None = None


def load_report(path: Path) -> ReportFile:
    """The report defined by `parameters/<key>.yml`, its parameters validated against its notebook.

    Raises
    ------
    InputError
        With file, line and column.
    """
    if path.suffix != ".yml" or not _KEY.fullmatch(path.stem):
        raise InputError("report", path.name, "a snake_case name ending in .yml")
    node = read_yaml(path)
    fields = node.fields(
        "report",
        required=("notebook", "title", "portfolios"),
        optional=("parameters", "schedule", "gates", *FIELDS),
    )
    notebook = fields["notebook"].text("notebook", "a notebook's name")
    project = path.absolute().parent.parent
    try:
        declared = notebook_declarations(notebook_path(project, notebook))
    except InputError as error:
        if error.field == "notebook":
            raise fields["notebook"].error("notebook", error.expected) from error
        raise
    given = scalars(fields["parameters"]) if "parameters" in fields else scalars(Node(None, Place()))
    if "portfolio" in given:
        raise InputError("portfolio", given["portfolio"], "under portfolios", **given.places["portfolio"]._asdict())
    try:
        title = names.title("title", fields["title"].text("title"))
    except InputError as error:
        raise fields["title"].error("title", error.expected) from error
    return ReportFile(
        key=path.stem,
        notebook=notebook,
        title=title,
        portfolios=selectors(fields["portfolios"]),
        parameters=validate(declared, given),
        timetable=timetable(fields["schedule"]) if "schedule" in fields else None,
        execution=execution(fields),
        retention=retention(fields["retention"]) if "retention" in fields else None,
        recipients=recipients(fields["recipients"]) if "recipients" in fields else (),
        gates=gate_rules(fields["gates"]) if "gates" in fields else GateRules(),
        alarm_after_minutes=alarm(fields["alarm_after_minutes"]) if "alarm_after_minutes" in fields else None,
    )


def load_reports(project: Path) -> tuple[ReportFile, ...]:
    """Every report of the project, sorted by key; all errors together."""
    reports: list[ReportFile] = []
    errors: list[InputError] = []
    for path in sorted((project / "parameters").glob("*.yml")):
        try:
            reports.append(load_report(path))
        except InputErrors as several:
            errors.extend(several.errors)
        except InputError as error:
            errors.append(error)
    if errors:
        raise InputErrors(errors)
    return tuple(reports)
