"""What is asked for: a report by name and parameters, checked before anything is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from riskkit.errors import InputError
from riskkit.gates import GateRules
from riskkit.parameters.declaration import Parameter, Value
from riskkit.parameters.execution import Execution
from riskkit.parameters.notebook import notebook_declarations, notebook_names, notebook_path
from riskkit.parameters.report_file import load_report
from riskkit.parameters.validate import complete, validate
from riskkit.store.contract import PortfolioRef, Store
from riskkit.store.inputs import find_portfolio, resolve_as_of, resolve_day
from riskkit.store.subject import Subject, subject


@dataclass(frozen=True)
class Definition:
    """A report as it is defined: by a file in `parameters/`, or by its notebook alone.

    Attributes
    ----------
    key : str
        The report's name in addresses, tables and folders.
    notebook : Path
    portfolios : tuple of str
        The books it is made for where nobody names one; empty for a notebook alone.
    pinned : mapping
        Parameters that the definition sets.
    declared : tuple of Parameter
        All parameters of the notebook.
    execution : Execution
        Time limits, among others.
    gates : GateRules
        What its figures must keep.
    """

    key: str
    notebook: Path
    portfolios: tuple[str, ...]
    pinned: Mapping[str, Value]
    declared: tuple[Parameter, ...]
    execution: Execution
    gates: GateRules


@dataclass(frozen=True)
class Order:
    """A report to make: everything is known, nothing is computed.

    Attributes
    ----------
    definition : Definition
    ref : PortfolioRef
    as_of : date
        A day with data.
    parameters : mapping
        All, resolved: the portfolio by its path, the date as ISO text.
    """

    definition: Definition
    ref: PortfolioRef
    as_of: date
    parameters: Mapping[str, Value]

    @property
    def subject(self) -> Subject | None:
        """What it is about; None for a report on a book's figures."""
        return subject(self.parameters)

    @property
    def headed(self) -> tuple[str, str]:
        """What its page names it after, and its currency: empty where the figures are in none, or in several."""
        kind = None if self.subject is None else self.subject.kind
        title = f"Team {self.ref.team}" if kind == "reports" else self.ref.title
        return title, "" if kind in ("reports", "prices") else self.ref.base_currency

    @property
    def changed(self) -> tuple[str, ...]:
        """Names of the parameters, portfolio and date apart, that differ from the notebook's defaults."""
        default = complete(self.definition.declared, {})
        return tuple(
            name
            for name, value in self.parameters.items()
            if name not in ("portfolio", "as_of") and value != default[name]
        )

    @property
    def overrides(self) -> dict[str, dict[str, Value]]:
        """What the caller set against the report's file, with both values; a notebook alone has none to set against."""
        if not self.definition.portfolios:
            return {}
        filed = complete(self.definition.declared, self.definition.pinned)
        return {
            name: {"file": filed[name], "run": value}
            for name, value in self.parameters.items()
            if name not in ("portfolio", "as_of") and value != filed[name]
        }


def definition(project: Path, name: str) -> Definition:
    """The report called `name`: a file `parameters/<name>.yml`, or else the notebook of that name.

    Raises
    ------
    InputError
        There is none; those that exist are listed.
    """
    known = report_names(project)
    if name not in known:
        raise InputError("report", name, "one of " + ", ".join(known) if known else f"a report in {project}")
    file = project / "parameters" / f"{name}.yml"
    if file.is_file():
        report = load_report(file)
        notebook, portfolios, pinned = notebook_path(project, report.notebook), report.portfolios, report.parameters
        execution, gates = report.execution, report.gates
    else:
        notebook, portfolios, pinned = notebook_path(project, name), (), {}
        execution, gates = Execution(), GateRules()
    declared = notebook_declarations(notebook)
    missing = {"portfolio", "as_of"} - {parameter.name for parameter in declared}
    if missing:
        expected = "a parameters cell that declares portfolio and as_of"
        raise InputError("parameters cell", ", ".join(sorted(missing)) + " missing", expected, source=str(notebook))
    return Definition(name, notebook, portfolios, pinned, declared, execution, gates)


def report_names(project: Path) -> tuple[str, ...]:
    """Every name that `riskkit report` takes, sorted."""
    files = (path.stem for path in (project / "parameters").glob("*.yml"))
    return tuple(sorted({*files, *notebook_names(project)}))


def place_order(store: Store, defined: Definition, given: Mapping[str, object]) -> Order:
    """Validate the parameters given, find the portfolio, resolve the date.

    Raises
    ------
    InputError
        Names the field; nothing was started.
    """
    values = complete(defined.declared, {**defined.pinned, **validate(defined.declared, given)})
    if len(defined.portfolios) == 1 and "portfolio" not in given:
        values["portfolio"] = defined.portfolios[0]
    ref = find_portfolio(store, str(values["portfolio"]))
    about, asked = subject(values), str(values["as_of"])
    as_of = resolve_as_of(store, ref, asked) if about is None else resolve_day(store, ref, asked, about)
    values |= {"portfolio": ref.path, "as_of": as_of.isoformat()}
    return Order(defined, ref, as_of, values)
