"""A run made again: equal, or the differing input is named."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from riskkit.metric import Metric
from riskkit.reporting.places import Places
from riskkit.reporting.reproduce import reproduce
from riskkit.reporting.runner import run_report
from riskkit.settings import Settings
from riskkit.store.contract import RunRecord
from riskkit.store.memory import MemoryStore


@pytest.fixture(scope="module")
def made(tiny: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, RunRecord]:
    settings = tiny.make_project(tmp_path_factory.mktemp("reproduce"))
    store = MemoryStore(tiny.make_database(), tiny.QUANT)
    run = run_report(settings, store, "tiny", {"portfolio": "demo", "as_of": "2020-03-16", "horizon_days": 10})
    return settings, run.record


def named(found: Any) -> list[tuple[str, str]]:
    return [(one.kind, one.name) for one in found.inputs]


def test_every_metric_is_equal_even_when_the_project_has_moved_on(tiny: ModuleType, made: Any) -> None:
    settings, record = made
    notebook = settings.project / "notebooks" / "tiny.ipynb"
    kept = notebook.read_text()
    notebook.write_text(kept.replace("confidence_level + horizon_days", "0.0"))
    try:
        found = reproduce(settings, record)
    finally:
        notebook.write_text(kept)
    assert (found.equal, found.compared, found.inputs, found.failure) == (True, 1, (), "")
    assert list(Places.of(settings).work.iterdir()) == [], "nothing is left"


def test_a_figure_that_differs_is_shown_with_both_values(made: Any) -> None:
    settings, record = made
    found = reproduce(settings, replace(record, metrics=(Metric("var", 11.0, "USD"),)))
    assert not found.equal
    (one,) = found.metrics
    assert one.before is not None
    assert one.after is not None
    assert (one.name, one.before.value, one.after.value) == ("var", 11.0, 10.99)


@pytest.mark.parametrize("name", ["portfolio.json", "history.npz", "notebook.ipynb"])
def test_a_tampered_input_is_named_and_not_executed(made: Any, name: str) -> None:
    settings, record = made
    (artifact,) = [one for one in record.artifacts if one.name == f"inputs/{name}"]
    path: Path = Places.of(settings).objects.path(artifact)
    kept = path.read_bytes()
    os.chmod(path, 0o644)  # noqa: PTH101
    path.write_bytes(kept[:-1] + b" ")
    try:
        found = reproduce(settings, record)
    finally:
        path.write_bytes(kept)
    assert (found.equal, found.compared) == (False, 0)
    assert named(found) == [("input", name)]
    assert "nothing was executed" in found.failure


def test_a_missing_input_is_named(made: Any) -> None:
    settings, record = made
    artifacts = tuple(one for one in record.artifacts if one.name != "inputs/scenarios.json")
    assert named(reproduce(settings, replace(record, artifacts=artifacts))) == [("input", "scenarios.json")]


def test_changed_packages_code_and_parameters_are_named(made: Any) -> None:
    settings, record = made
    then = replace(
        record,
        packages={**record.packages, "numpy": "1.0"},
        code={**record.code, "version": "0.0"},
        parameters={**record.parameters, "horizon_days": 9},
        metrics=(Metric("var", 9.99, "USD"),),
    )
    found = reproduce(settings, then)
    assert not found.equal
    assert named(found) == [("parameter", "horizon_days"), ("code", "version"), ("package", "numpy")]
    assert str(found.inputs[2]) == f"package numpy: 1.0 -> {record.packages['numpy']}"
