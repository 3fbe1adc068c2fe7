"""`run.json` says what a folder holds; a folder that does not agree with it is no run."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from riskkit.errors import InputError
from riskkit.metric import Metric
from riskkit.runs.objects import Objects
from riskkit.runs.record import PAGES, RUN_JSON, read_metrics, read_run, run_json
from riskkit.store.contract import RunRecord


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "run"
    made.mkdir()
    for name in PAGES:
        (made / name).write_text(f"content of {name}")
    objects = Objects(tmp_path / "objects")
    record = RunRecord(
        id="018f",
        report="portfolio_var",
        notebook="portfolio_var",
        portfolio_id="p",
        team_id="t",
        as_of=date(2020, 3, 16),
        run_at=datetime(2026, 1, 2, tzinfo=UTC),
        official=False,
        parameters={"confidence_level": 0.99},
        inputs={"history.npz": "0" * 64},
        code={"version": "0.1.0", "commit": None, "dirty": None},
        packages={"numpy": "2"},
        seed=7,
        metrics=(Metric("var", 0.1 + 0.2, "USD"), Metric("component_var", -1.5, "USD", {"position": "A"})),
        artifacts=tuple(objects.put(made / name, name) for name in PAGES),
    )
    (made / RUN_JSON).write_text(run_json(record, "atlas/demo", "quant@atlas.example", {"execute": 1.23456}))
    return made


def test_run_json_says_everything(folder: Path) -> None:
    content = read_run(folder)
    assert content["metrics"][0] == {"name": "var", "value": 0.1 + 0.2, "unit": "USD", "labels": {}}
    assert (content["portfolio"], content["as_of"], content["seed"]) == ("atlas/demo", "2020-03-16", 7)
    assert content["seconds"] == {"execute": 1.235}


@pytest.mark.parametrize("name", PAGES)
def test_a_changed_or_missing_page_is_no_run(folder: Path, name: str) -> None:
    (folder / name).write_text("something else")
    with pytest.raises(InputError, match=f"run.{name}"):
        read_run(folder)
    (folder / name).unlink()
    with pytest.raises(InputError, match=f"run.{name}"):
        read_run(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"artifacts": 5}', '{"artifacts": [], "format": 9}'])
def test_an_unreadable_run_json_is_no_run(folder: Path, text: str) -> None:
    (folder / RUN_JSON).write_text(text)
    with pytest.raises(InputError):
        read_run(folder)


def test_metrics_are_read(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps([{"name": "var", "value": 1, "unit": "USD", "labels": {"position": "A"}}]))
    assert read_metrics(path) == (Metric("var", 1.0, "USD", {"position": "A"}),)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "[1]",
        '[{"name": "var"}]',
        '[{"name": "var", "value": NaN, "unit": "USD"}]',
        '[{"name": "var", "value": 1e999, "unit": "USD"}]',
        '[{"name": "var", "value": 1, "unit": "USD"}, {"name": "var", "value": 2, "unit": "USD"}]',
        "half of a fi",
    ],
)
def test_bad_metrics_are_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(text)
    with pytest.raises(InputError, match="metrics"):
        read_metrics(path)


def test_a_notebook_that_saved_nothing_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"run\.save"):
        read_metrics(tmp_path / "metrics.json")
