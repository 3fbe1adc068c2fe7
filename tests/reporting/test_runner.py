"""A report is there, complete and recorded, or nothing is."""

from __future__ import annotations

import json
import os
import resource
import time
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

from riskkit.errors import Forbidden, InputError, RunFailed, Unavailable
from riskkit.reporting.execute import Limits
from riskkit.reporting.making import finished_notebook
from riskkit.reporting.runner import run_report
from riskkit.reporting.steps import STEPS
from riskkit.runs.record import read_run
from riskkit.settings import Settings
from riskkit.store.contract import RunRecord
from riskkit.store.memory import MemoryStore


@pytest.fixture(scope="module")
def project(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    made: Settings = tiny.make_project(tmp_path_factory.mktemp("runner"))
    return made


@pytest.fixture(scope="module")
def finished(tiny: ModuleType, project: Settings) -> tuple[Any, MemoryStore, list[tuple[str, float]]]:
    steps: list[tuple[str, float]] = []
    store = MemoryStore(tiny.make_database(), tiny.QUANT)
    given = {"portfolio": "demo", "as_of": "2020-03-16", "horizon_days": 10, "note": "<b>"}
    run = run_report(project, store, "tiny", given, lambda step, fraction: steps.append((step, fraction)))
    return run, store, steps


def test_the_folder_holds_the_three_files_and_nothing_else(finished: Any, project: Settings) -> None:
    run = finished[0]
    assert run.folder == project.project / "reports/tiny/2020-03-16/atlas/demo" / run.record.id
    expected = ["notebook.ipynb", "report.html", "run.json", "tables", "tables.xlsx"]
    assert sorted(path.name for path in run.folder.iterdir()) == expected
    assert read_run(run.folder)["id"] == run.record.id


def test_run_json_says_what_the_run_is_made_of(finished: Any) -> None:
    run = finished[0]
    said = read_run(run.folder)
    assert said["parameters"] == {
        "portfolio": "atlas/demo",
        "as_of": "2020-03-16",
        "confidence_level": 0.99,
        "horizon_days": 10,
        "note": "<b>",
    }
    assert said["metrics"] == [{"name": "var", "value": 10.99, "unit": "USD", "labels": {}}]
    assert set(said["inputs"]) >= {"notebook.ipynb", "portfolio.json", "history.npz", "parameters.json"}
    assert said["official"] is False
    assert said["run_by"] == "quant@atlas.example"
    assert {"prepare", "execute", "execute.kernel", "execute.cells", "render"} <= set(said["seconds"])
    names = [artifact["name"] for artifact in said["artifacts"]]
    assert "tables/summary.csv" in names
    assert "inputs/history.npz" in names


def test_the_row_is_what_the_folder_says(finished: Any) -> None:
    run, store, _ = finished
    assert store.run(run.record.id) == run.record
    assert [artifact.name for artifact in run.record.artifacts][-1] == "run.json"
    assert run.record.run_at.tzinfo is not None


def test_steps_are_told_in_order_and_cells_in_between(finished: Any) -> None:
    told = finished[2]
    assert tuple(step for step, fraction in told if fraction == 0.0) == STEPS
    assert tuple(step for step, fraction in told if fraction == 1.0) == STEPS
    within = [fraction for step, fraction in told if step == "execute"]
    assert within == sorted(within)
    assert len(within) == 7  # begin, end, and five of the six cells: the last is the end


def test_every_artifact_is_kept_by_content(finished: Any, project: Settings, tmp_path: Path) -> None:
    from riskkit.runs.objects import Objects

    objects = Objects(project.project / "reports" / ".objects")
    for artifact in finished[0].record.artifacts:
        objects.take(artifact, tmp_path / "taken")


def test_the_notebook_carries_no_path_of_this_machine(finished: Any, project: Settings) -> None:
    text = (finished[0].folder / "notebook.ipynb").read_text()
    assert str(project.project) not in text
    assert "input_path" not in text


def test_nothing_is_left_of_the_work(finished: Any, project: Settings) -> None:
    assert list((project.project / "reports" / ".work").iterdir()) == []
    assert not (project.project / "reports" / ".failed").exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"confidence_levle": 0.9}, "confidence_levle"),
        ({"a = 1; import os; os.system('true'); b": 1}, "parameter name"),
        ({"__class__": 1}, "parameter name"),
        ({"confidence_level": 95.0}, "confidence_level"),
        ({"confidence_level": "0.99"}, "confidence_level"),
        ({"horizon_days": 2.5}, "horizon_days"),
        ({"horizon_days": True}, "horizon_days"),
        ({"portfolio": "income"}, "portfolio"),
        ({"portfolio": "../../etc"}, "portfolio"),
        ({"as_of": "2019-01-01"}, "as_of"),
        ({"as_of": "yesterday"}, "as_of"),
    ],
)
def test_a_wrong_parameter_starts_nothing(
    given: dict[str, object], field: str, settings: Settings, store: MemoryStore, tiny: ModuleType
) -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    with pytest.raises(InputError) as caught:
        run_report(settings, store, "tiny", {"portfolio": "demo", **given})
    assert caught.value.field == field
    assert not (settings.project / "reports").exists()
    assert {process.pid for process in psutil.Process().children(recursive=True)} == before


@pytest.mark.parametrize("name", ["nothing", "../tiny", "tiny.ipynb", "", "http://x", "-"])
def test_an_unknown_report_is_refused(name: str, settings: Settings, store: MemoryStore) -> None:
    with pytest.raises(InputError) as caught:
        run_report(settings, store, name, {})
    assert caught.value.field == "report"
    assert "tiny" in caught.value.expected


@pytest.mark.parametrize(
    ("cell", "reason", "number"),
    [
        ("raise ValueError('no <price>')", "ValueError: no <price>", 3),
        ("import os; os._exit(3)", "DeadKernel", 3),
        ("import ctypes; ctypes.string_at(0)", "DeadKernel", 3),
        ("print('x' * 5_000_000)", "OutputTooLarge", 3),
        ("import time; time.sleep(60)", "Timeout", 3),
        ("import sys; sys.exit(0)", "ran to its end", None),
        ("1 + 1", "run.save", None),
    ],
    ids=["error", "exit", "segfault", "flood", "endless", "sys.exit", "no metrics"],
)
def test_a_failing_notebook_leaves_a_log_and_no_report(
    cell: str, reason: str, number: int | None, settings: Settings, store: MemoryStore, tiny: ModuleType
) -> None:
    tiny.write_notebook(settings.project / "notebooks" / "tiny.ipynb", cell)
    limits = Limits(run_seconds=100, cell_seconds=4, output_bytes=1_000_000)
    with pytest.raises(RunFailed, match=reason) as caught:
        run_report(settings, store, "tiny", {"portfolio": "demo"}, limits=limits)
    assert caught.value.cell == number
    reports = settings.project / "reports"
    assert tiny.complete_runs(reports) == {}
    assert store.runs() == ()
    assert list((reports / ".work").iterdir()) == []
    kept = reports / ".failed" / caught.value.run_id / "failure.txt"
    assert str(caught.value) in kept.read_text()
    assert_no_process(settings)


def test_the_whole_run_has_a_limit_too(settings: Settings, store: MemoryStore, tiny: ModuleType) -> None:
    tiny.write_notebook(settings.project / "notebooks" / "tiny.ipynb", "while True: pass")
    with pytest.raises(RunFailed, match="no end after 3 s"):
        run_report(settings, store, "tiny", {"portfolio": "demo"}, limits=Limits(run_seconds=3))
    assert_no_process(settings)


def test_the_kernel_sees_no_secret_and_no_network_is_needed(
    settings: Settings, store: MemoryStore, tiny: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    canary = "canary-7f3a"
    for name in ("SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_URL", "SUPABASE_ANON_KEY", "RISKKIT_TICKET", "AWS_SECRET"):
        monkeypatch.setenv(name, canary)
    look = """\
import os, json, pathlib, socket
refused = []
def refuse(*args, **kwargs):
    refused.append(str(args))
    raise OSError("no network")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
environment = dict(os.environ)
"""
    keep = "(folder / 'outputs' / 'tables' / 'environment.csv').write_text(json.dumps([environment, refused]))"
    tiny.write_notebook(settings.project / "notebooks" / "tiny.ipynb", look, tiny.OPEN, tiny.SHOW, tiny.SAVE, keep)
    run = run_report(settings, store, "tiny", {"portfolio": "demo"})
    kept = {artifact.name: artifact for artifact in run.record.artifacts}
    text = (settings.project / "reports" / ".objects" / kept["tables/environment.csv"].key).read_text()
    environment, refused = json.loads(text)
    assert canary not in text
    assert refused == []
    assert {name for name in environment if name.startswith(("SUPABASE", "RISKKIT"))} == {
        "RISKKIT_HOME",
        "RISKKIT_PROJECT",
        "RISKKIT_RUN_DIR",
    }
    assert environment["HOME"] != os.environ["HOME"]


def test_a_viewer_is_told_before_anything_starts(settings: Settings, tiny: ModuleType) -> None:
    store = MemoryStore(tiny.make_database(), "viewer@atlas.example")
    with pytest.raises(Forbidden, match="analyst"):
        run_report(settings, store, "tiny", {"portfolio": "demo"})
    assert not (settings.project / "reports").exists()


class Demoted(MemoryStore):
    """A store whose user loses the role while the report runs."""

    def record_run(self, record: RunRecord) -> None:
        """Refuse, as the database does."""
        MemoryStore(self._db, "viewer@atlas.example").record_run(record)


def test_the_database_has_the_last_word_and_nothing_is_left(settings: Settings, tiny: ModuleType) -> None:
    with pytest.raises(Forbidden):
        run_report(settings, Demoted(tiny.make_database(), tiny.QUANT), "tiny", {"portfolio": "demo"})
    assert tiny.complete_runs(settings.project / "reports") == {}
    assert list((settings.project / "reports" / ".work").iterdir()) == []


class LostAnswer(MemoryStore):
    """A store whose answers to `record_run` are lost, the first `lost` of them after the row was written."""

    lost = 1
    written = True

    def record_run(self, record: RunRecord) -> None:
        """Write, or not, then lose the answer."""
        if self.lost:
            self.lost -= 1
            if self.written:
                super().record_run(record)
            raise Unavailable("the answer was lost")
        super().record_run(record)


@pytest.mark.parametrize("written", [True, False])
def test_a_lost_answer_is_asked_for_again(written: bool, settings: Settings, tiny: ModuleType) -> None:
    store = LostAnswer(tiny.make_database(), tiny.QUANT)
    store.written = written
    run = run_report(settings, store, "tiny", {"portfolio": "demo"})
    assert set(tiny.complete_runs(settings.project / "reports")) == {run.record.id}
    assert len(store.runs()) == 1


@pytest.mark.parametrize("written", [True, False])
def test_when_the_answer_stays_lost_the_next_run_settles_it(
    written: bool, settings: Settings, tiny: ModuleType
) -> None:
    store = LostAnswer(tiny.make_database(), tiny.QUANT)
    store.written, store.lost = written, 2
    with pytest.raises(Unavailable):
        run_report(settings, store, "tiny", {"portfolio": "demo"})
    assert tiny.complete_runs(settings.project / "reports") == {}
    run_report(settings, store, "tiny", {"portfolio": "demo"})
    rows = {record.id for record in store.runs()}
    assert set(tiny.complete_runs(settings.project / "reports")) == rows
    assert len(rows) == 1 + written


@pytest.mark.parametrize("step", ["execute", "render", "store"])
def test_a_write_that_fails_leaves_the_last_report_alone(
    step: str, settings: Settings, store: MemoryStore, tiny: ModuleType
) -> None:
    good = run_report(settings, store, "tiny", {"portfolio": "demo"})
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(begun: str, fraction: float) -> None:
        if (begun, fraction) == (step, 0.0):  # from here on no file can be longer: as on a full disk, writes fail
            resource.setrlimit(resource.RLIMIT_FSIZE, (900, limits[1]))

    try:
        with pytest.raises(RunFailed, match="File too large"):
            run_report(settings, store, "tiny", {"portfolio": "demo"}, fill)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert set(tiny.complete_runs(settings.project / "reports")) == {good.record.id}
    assert list((settings.project / "reports" / ".work").iterdir()) == []


def test_a_notebook_that_was_killed_is_no_report(tmp_path: Path) -> None:
    path = tmp_path / "executed.ipynb"
    cell = {"cell_type": "code", "metadata": {"papermill": {"status": "completed"}}, "outputs": [], "source": ""}
    ran = {"end_time": "2026-01-01", "exception": None}
    good = {"cells": [cell], "metadata": {"papermill": ran}}
    path.write_text(json.dumps(good))
    assert finished_notebook(path)["cells"] == [cell]
    running = {**cell, "metadata": {"papermill": {"status": "running"}}}
    for bad in (
        {**good, "metadata": {"papermill": {**ran, "end_time": None}}},
        {**good, "metadata": {"papermill": {**ran, "exception": True}}},
        {**good, "cells": [cell, running]},
        {"cells": []},
    ):
        path.write_text(json.dumps(bad))
        with pytest.raises(InputError):
            finished_notebook(path)


def assert_no_process(settings: Settings, seconds: float = 5.0) -> None:
    """No papermill and no kernel of this project lives after that time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and processes(settings):
        time.sleep(0.05)
    assert processes(settings) == []


def processes(settings: Settings) -> list[psutil.Process]:
    """Those with a run directory of this project in their environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("RISKKIT_RUN_DIR", "").startswith(str(settings.project)):
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            continue
    return found
