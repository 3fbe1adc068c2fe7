"""One report, from its name to its folder: hermetic, complete or absent."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from riskkit.errors import Forbidden, InputError, RunFailed, Unavailable
from riskkit.logs import bound
from riskkit.metric import Metric
from riskkit.reporting.blocks import header
from riskkit.reporting.execute import CellFailed, Executed, Limits, execute
from riskkit.reporting.failure import keep_failure, reason
from riskkit.reporting.order import Order, definition, place_order
from riskkit.reporting.places import Places, work_folder
from riskkit.reporting.render import Provenance, render
from riskkit.reporting.steps import OnStep, Steps, silent
from riskkit.reporting.sweep import COMMIT, publish, sweep
from riskkit.runs.frozen import FILES, FOLDER, freeze, sha256
from riskkit.runs.identity import code_version, new_run_id, package_versions
from riskkit.runs.objects import Objects, fsync
from riskkit.runs.record import PAGES, RUN_JSON, read_metrics, run_json
from riskkit.settings import Settings
from riskkit.store.contract import Artifact, Inputs, Member, RunRecord, Store
from riskkit.store.inputs import load_inputs


@dataclass(frozen=True)
class FinishedRun:
    """A report that is there.

    Attributes
    ----------
    record : RunRecord
        As the database has it.
    folder : Path
        With `report.html`, `notebook.ipynb` and `run.json`.
    portfolio : str
        `team/portfolio`.
    seconds, processor_seconds : mapping
        By step.
    """

    record: RunRecord
    folder: Path
    portfolio: str
    seconds: Mapping[str, float]
    processor_seconds: Mapping[str, float]

    @property
    def html(self) -> Path:
        """The page."""
        return self.folder / "report.html"


def run_report(
    settings: Settings,
    store: Store,
    report: str,
    parameters: Mapping[str, object],
    on_step: OnStep = silent,
    limits: Limits | None = None,
) -> FinishedRun:
    """Make a report as the signed-in user, unofficial, and record it.

    Parameters
    ----------
    settings : Settings
        Where the project is.
    store : Store
        Read and written as the user.
    report : str
        A file's stem in `parameters/`, or a notebook's name.
    parameters : mapping
        Values by name, typed; `portfolio` and `as_of` among them.
    on_step : callable, optional
        Told (step, fraction done).
    limits : Limits, optional

    Raises
    ------
    InputError
        A parameter, the portfolio or the date will not do: nothing was started.
    Forbidden
        The user may only look: nothing was started.
    RunFailed
        Nothing that looks like a report was left; `reports/.failed/<run_id>/` has the log.
    """
    steps, places, run_id = Steps(on_step), Places.of(settings), new_run_id()
    with steps.step("prepare"):
        order = place_order(store, definition(settings.project, report), parameters)
        member = store.member()
        _may_record(member, order.ref.team)
    with steps.step("sweep"):
        sweep(places, store, member.user_id)
    with bound(run_id=run_id), work_folder(places, run_id) as work:
        try:
            return _Run(settings, store, order, member, run_id, work, steps).make(places, limits or Limits())
        except (CellFailed, InputError, OSError) as error:
            if isinstance(error, InputError) and steps.current == "freeze":
                raise  # the data will not do: nothing was started
            cell = error.cell if isinstance(error, CellFailed) else None
            failure = RunFailed(run_id, steps.current, reason(error), cell=cell)
            keep_failure(places, work, failure, error)
            raise failure from error


@dataclass(frozen=True)
class _Run:
    settings: Settings
    store: Store
    order: Order
    member: Member
    run_id: str
    work: Path
    steps: Steps

    def make(self, places: Places, limits: Limits) -> FinishedRun:
        step, started = self.steps.step, datetime.now(UTC).replace(microsecond=0)
        with step("freeze"):
            inputs, hashes = self._freeze()
        with step("execute"):
            executed = execute(self.work, self.settings, self.order.parameters, limits, self.steps.within)
        self._split(executed)
        with step("verify"):
            notebook = finished_notebook(self.work / "executed.ipynb")
            metrics = read_metrics(self.work / "run" / "outputs" / "metrics.json")
        with step("render"):
            record = self._record(hashes, metrics, notebook, started)
            final = self._write_pages(record, notebook, inputs)
        with step("store"):
            record = self._store(places.objects, record, final)
        target = places.run(record.report, record.as_of, self.order.ref.path, self.run_id)
        with step("commit"):
            self._commit(record, target.relative_to(places.reports))
        with step("publish"):
            publish(final, target)
        return FinishedRun(record, target, self.order.ref.path, self.steps.seconds, self.steps.processor_seconds)

    def _freeze(self) -> tuple[Inputs, dict[str, str]]:
        inputs = load_inputs(self.store, self.order.ref.path, self.order.as_of, 1)
        shutil.copyfile(self.order.definition.notebook, self.work / "notebook.ipynb")
        hashes = freeze(inputs, self.order.parameters, self.work / "run")
        return inputs, {"notebook.ipynb": sha256(self.work / "notebook.ipynb"), **hashes}

    def _split(self, executed: Executed) -> None:
        for part, seconds in executed.seconds.items():
            self.steps.seconds[f"execute.{part}"] = seconds
        for part, seconds in executed.processor_seconds.items():
            self.steps.processor_seconds[f"execute.{part}"] = seconds

    def _record(
        self, hashes: dict[str, str], metrics: tuple[Metric, ...], notebook: dict[str, Any], started: datetime
    ) -> RunRecord:
        seed = self.order.parameters.get("seed", header(notebook).get("seed"))
        return RunRecord(
            id=self.run_id,
            report=self.order.definition.key,
            notebook=self.order.definition.notebook.stem,
            portfolio_id=self.order.ref.id,
            team_id=self.order.ref.team_id,
            as_of=self.order.as_of,
            run_at=started,
            official=False,
            parameters=dict(self.order.parameters),
            inputs=hashes,
            code=code_version(self.settings.project),
            packages=package_versions(),
            seed=seed if isinstance(seed, int) else None,
            metrics=metrics,
            artifacts=(),
            overrides=self.order.overrides,
        )

    def _write_pages(self, record: RunRecord, notebook: dict[str, Any], inputs: Inputs) -> Path:
        page = render(
            notebook,
            Provenance(
                run_id=record.id,
                report=record.report,
                run_by=self.member.email,
                run_at=record.run_at,
                as_of=record.as_of,
                official=record.official,
                portfolio=self.order.ref.path,
                portfolio_title=self.order.ref.title,
                base_currency=self.order.ref.base_currency,
                parameters=record.parameters,
                changed=self.order.changed,
                inputs=record.inputs,
                code=record.code,
                packages=record.packages,
                seed=record.seed,
                sources=inputs.sources,
                notes=inputs.notes,
            ),
        )
        final = self.work / "final"
        final.mkdir()
        write(final / "report.html", page)
        write(final / "notebook.ipynb", json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
        return final

    def _store(self, objects: Objects, record: RunRecord, final: Path) -> RunRecord:
        """Keep every artifact by content; `run.json`, which lists the others, last."""
        run, tables = self.work / "run", sorted((self.work / "run" / "outputs" / "tables").glob("*.csv"))
        kept: list[Artifact] = [objects.put(final / name, name) for name in PAGES]
        kept.append(objects.put(run / "outputs" / "metrics.json", "metrics.json"))
        kept += [objects.put(table, f"tables/{table.name}") for table in tables]
        kept.append(objects.put(self.work / "notebook.ipynb", "inputs/notebook.ipynb"))
        kept += [objects.put(run / FOLDER / name, f"inputs/{name}") for name in FILES]
        record = replace(record, artifacts=tuple(kept))
        write(final / RUN_JSON, run_json(record, self.order.ref.path, self.member.email, self.steps.seconds))
        fsync(final)
        return replace(record, artifacts=(*kept, objects.put(final / RUN_JSON, RUN_JSON)))

    def _commit(self, record: RunRecord, folder: Path) -> None:
        """Write the row; from the intent on, a sweep asks the database whether this run exists."""
        write(self.work / COMMIT, json.dumps({"user_id": self.member.user_id, "folder": str(folder)}))
        fsync(self.work)
        try:
            self.store.record_run(record)
        except Unavailable:  # the answer may have been lost, not the row: saying it twice changes nothing
            self.store.record_run(record)


def _may_record(member: Member, team: str) -> None:
    """Say now what the database would say at the end, after a minute's work."""
    if dict(member.teams).get(team, "viewer") == "viewer":
        raise Forbidden(f"Running a report takes the role analyst in team {team}; yours is viewer.")


def finished_notebook(path: Path) -> dict[str, Any]:
    """The notebook papermill wrote, if it truly came to its end, without the paths of this machine.

    Raises
    ------
    InputError
        It did not: a killed run leaves valid JSON too.
    """
    try:
        notebook: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        ran = notebook["metadata"]["papermill"]
        unfinished = [cell for cell in notebook["cells"] if cell["metadata"]["papermill"]["status"] != "completed"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError("notebook", path.name, "the notebook that papermill wrote") from error
    if not ran.get("end_time") or ran.get("exception") or unfinished:
        raise InputError("notebook", path.name, "a notebook that papermill ran to its end")
    for name in ("input_path", "output_path", "environment_variables"):
        ran.pop(name, None)
    return notebook


def write(path: Path, text: str) -> None:
    """Write a file and wait until it is on the disk."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
