"""One run, from its order to its folder: the steps that a person's report and a worker's job share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from riskkit.errors import InputError, RunFailed
from riskkit.logs import bound
from riskkit.metric import Metric
from riskkit.reporting.blocks import header
from riskkit.reporting.execute import CellFailed, Executed, Guard, execute
from riskkit.reporting.failure import keep_failure, reason
from riskkit.reporting.gating import Gates
from riskkit.reporting.index import note
from riskkit.reporting.ledger import Ledger
from riskkit.reporting.order import Order
from riskkit.reporting.pages import PDF, files_in, write, write_pages
from riskkit.reporting.places import Places, work_folder
from riskkit.reporting.render import Provenance
from riskkit.reporting.steps import Steps
from riskkit.reporting.sweep import COMMIT, publish
from riskkit.reporting.taking import take
from riskkit.runs.frozen import FILES, FOLDER, freeze, sha256, thaw
from riskkit.runs.identity import code_version, new_run_id, package_versions
from riskkit.runs.judged import GATE_FILES, freeze_facts
from riskkit.runs.objects import Objects, fsync
from riskkit.runs.record import RUN_JSON, read_metrics, run_json
from riskkit.settings import Settings
from riskkit.store.contract import Artifact, Inputs, RunRecord, Store
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

    @property
    def pdf(self) -> Path | None:
        """The page on paper, if it was made."""
        path = self.folder / PDF
        return path if path.is_file() else None


@dataclass(frozen=True)
class Task:
    """A run to make.

    Attributes
    ----------
    order : Order
        What.
    store : Store
        Where its inputs are read.
    ledger : Ledger
        Whose it is, and how it is written down.
    paper : bool
        With PDF and images, where this machine has a Chromium.
    """

    order: Order
    store: Store
    ledger: Ledger
    paper: bool = False


def make(settings: Settings, task: Task, steps: Steps, guard: Guard) -> FinishedRun:
    """Freeze, execute, verify, judge, render, store, commit, publish; complete or absent.

    Raises
    ------
    InputError
        The data will not do: nothing was started.
    RunFailed
        Nothing that looks like a report was left; `reports/.failed/<run_id>/` has the log.
    Stopped
        It was told to end before it was committed.
    """
    places, run_id = Places.of(settings), new_run_id()
    with bound(run_id=run_id), work_folder(places, run_id) as work:
        try:
            run = _Run(settings, task.store, task.order, task.ledger, run_id, work, steps, task.paper)
            return run.make(places, guard)
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
    ledger: Ledger
    run_id: str
    work: Path
    steps: Steps
    paper: bool

    def make(self, places: Places, guard: Guard) -> FinishedRun:
        step, started = self.steps.step, datetime.now(UTC).replace(microsecond=0)
        with step("freeze"):
            inputs, hashes, gates = self._freeze()
        with step("execute"):
            executed = execute(
                self.work,
                self.settings,
                self.order.parameters,
                guard.limits,
                self.steps.within,
                guard.stop,
                guard.launcher,
            )
        self._split(executed)
        with step("verify"):
            taken = take(self.work, hashes)
            notebook = finished_notebook(taken / "executed.ipynb")
            metrics = read_metrics(taken / "outputs" / "metrics.json")
        with step("judge"):
            hashes |= freeze_facts(gates.facts, gates.rules, taken)
            record = self._record(hashes, metrics, notebook, started)
            record = replace(record, gates=gates.judge(metrics))
        with step("render"):
            final, told = self._write_pages(record, notebook, inputs, taken)
        with step("store"):
            record = self._store(places.objects, record, final, taken, told)
        target = places.run(record.report, record.as_of, self.order.ref.path, self.run_id)
        with step("commit"):
            self._intend(target.relative_to(places.reports))
            self.ledger.commit(record)
        with step("publish"):
            publish(final, target)
            note(places, [target])
        return FinishedRun(record, target, self.order.ref.path, self.steps.seconds, self.steps.processor_seconds)

    def _freeze(self) -> tuple[Inputs, dict[str, str], Gates]:
        inputs = load_inputs(self.store, self.order.ref.path, self.order.as_of, 1, self.order.subject)
        inputs = inputs.without(self.order.definition.key)
        shutil.copyfile(self.order.definition.notebook, self.work / "notebook.ipynb")
        hashes = freeze(inputs, self.order.parameters, self.work / "run")
        order = self.order
        facts = self.store.gate_facts(order.ref, order.definition.key, order.as_of, order.parameters)
        gates = Gates.of(thaw(self.work / "run"), facts, order.definition.gates)
        return inputs, {"notebook.ipynb": sha256(self.work / "notebook.ipynb"), **hashes}, gates

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
            official=self.ledger.official,
            parameters=dict(self.order.parameters),
            inputs=hashes,
            code=code_version(self.settings.project),
            packages=package_versions(),
            seed=seed if isinstance(seed, int) else None,
            metrics=metrics,
            artifacts=(),
            overrides=self.order.overrides,
            place=self.ledger.place,
        )

    def _write_pages(
        self, record: RunRecord, notebook: dict[str, Any], inputs: Inputs, taken: Path
    ) -> tuple[Path, dict[str, object]]:
        final = self.work / "final"
        final.mkdir()
        title, currency = self.order.headed
        told = write_pages(
            final,
            notebook,
            Provenance(
                run_id=record.id,
                report=record.report,
                run_by=self.ledger.run_by,
                run_at=record.run_at,
                as_of=record.as_of,
                official=record.official,
                portfolio=self.order.ref.path,
                portfolio_title=title,
                base_currency=currency,
                parameters=record.parameters,
                changed=self.order.changed,
                inputs=record.inputs,
                code=record.code,
                packages=record.packages,
                seed=record.seed,
                sources=inputs.sources,
                notes=inputs.notes,
                gates=record.gates,
                place=record.place,
            ),
            sorted((taken / "outputs" / "tables").iterdir()),
            paper=self.paper,
        )
        return final, told

    def _store(
        self, objects: Objects, record: RunRecord, final: Path, taken: Path, told: dict[str, object]
    ) -> RunRecord:
        """Keep every artifact by content; `run.json`, which lists the others, last."""
        files = [*files_in(final), (taken / "outputs" / "metrics.json", "metrics.json")]
        files.append((taken / "notebook.ipynb", "inputs/notebook.ipynb"))
        files += [(taken / FOLDER / name, f"inputs/{name}") for name in (*FILES, *GATE_FILES)]
        record = replace(record, artifacts=tuple(self._keep(objects, path, name) for path, name in files))
        write(final / RUN_JSON, run_json(record, self.order.ref.path, self.ledger.run_by, self.steps.seconds, told))
        fsync(final)
        return replace(record, artifacts=(*record.artifacts, self._keep(objects, final / RUN_JSON, RUN_JSON)))

    def _keep(self, objects: Objects, path: Path, name: str) -> Artifact:
        artifact = objects.put(path, name)
        self.ledger.keep(path, artifact)
        return artifact

    def _intend(self, folder: Path) -> None:
        """From the intent on, a sweep asks the database whether this run exists."""
        write(self.work / COMMIT, json.dumps({"user_id": self.ledger.user_id, "folder": str(folder)}))
        fsync(self.work)


def finished_notebook(path: Path) -> dict[str, Any]:
    """The notebook papermill wrote, if it truly came to its end, without paths: ours, or some that outputs bring.

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
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            output.get("metadata", {}).pop("filename", None)  # where a converter would write it
    return notebook
