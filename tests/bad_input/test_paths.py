"""What a notebook's file and its outputs may not reach, families 59 to 66: names are no paths, links lead nowhere."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from riskkit.errors import InputError
from riskkit.parameters.report_file import load_report
from riskkit.reporting.blocks import blocks
from riskkit.reporting.cause import cause_of
from riskkit.reporting.failure import keep_failure
from riskkit.reporting.making import finished_notebook
from riskkit.reporting.order import definition
from riskkit.reporting.places import Places
from riskkit.reporting.taking import take
from riskkit.runs.frozen import sha256

SECRET = "root:x:0:0 canary-65"
NAMES = ["../../etc/x", "..%2f", "C:\\x", "\\\\host\\s", "con", "portfolio_var.", "x" * 300, "http://a/b.ipynb",
         "s3://a/b", "gs://a", "hdfs://a", "abs://a", "adl://a", "-", "/etc/passwd", "portfolio_var.ipynb"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES, ids=lambda name: f"{name[:20]}")
def test_59_60_neither_a_reports_name_nor_its_files_notebook_is_a_path(tmp_path, name):
    for folder in ("notebooks", "parameters"):
        (tmp_path / folder).mkdir()
    (tmp_path / "notebooks" / "portfolio_var.ipynb").write_text("{}")
    with pytest.raises(InputError) as caught:
        definition(tmp_path, name)
    assert (caught.value.field, caught.value.exit_code) == ("report", 2)
    file = tmp_path / "parameters" / "var.yml"
    file.write_text(f"title: x\nnotebook: {json.dumps(name)}\nportfolios: [demo]\n")
    with pytest.raises(InputError) as caught:
        load_report(file)
    assert (caught.value.field, caught.value.line) == ("notebook", 2)
    assert not cause_of(caught.value).retryable


def executed(*cells: dict) -> dict:
    """A notebook as papermill leaves it."""
    ran = {"papermill": {"status": "completed"}}
    return {
        "cells": [{"metadata": ran, **cell} for cell in cells],
        "metadata": {"papermill": {"end_time": datetime(2026, 1, 1, tzinfo=UTC).isoformat(), "exception": None}},
    }


def test_62_a_file_name_that_an_output_brings_is_dropped(tmp_path):
    hostile = {"filename": "../../x", "kept": 1}
    output = {"output_type": "display_data", "data": {"image/png": "AAAA"}, "metadata": hostile}
    stream = {"output_type": "stream", "name": "stdout", "text": "no metadata here"}
    (tmp_path / "n.ipynb").write_text(json.dumps(executed({"cell_type": "code", "outputs": [output, stream]})))
    (cell,) = finished_notebook(tmp_path / "n.ipynb")["cells"]
    assert cell["outputs"][0]["metadata"] == {"kept": 1}


@pytest.mark.parametrize("source", ["![x](../../../etc/passwd)", "![x](file:///etc/passwd)", "![x](attachment:x.png)",
                                    "![x](http://evil.example/x)", '<img src="/etc/passwd">'])  # fmt: skip
def test_63_an_image_in_prose_is_never_opened(source):
    title = {"cell_type": "markdown", "source": "# Title"}
    prose = {"cell_type": "markdown", "source": source, "attachments": {"x.png": {"image/png": "AAAA"}}}
    (block,) = blocks({"cells": [title, prose]})
    assert "<img" not in block.html
    assert "data:" not in block.html
    assert "root:" not in block.html


@pytest.fixture
def work(tmp_path):
    """A run's work folder after its notebook, and what it may not see beside it."""
    folder = tmp_path / "work"
    for name in ("run/inputs", "run/outputs/tables"):
        (folder / name).mkdir(parents=True)
    for name in ("executed.ipynb", "notebook.ipynb", "log.txt", "run/outputs/metrics.json",
                 "run/outputs/tables/a.csv", "run/inputs/portfolio.json"):  # fmt: skip
        (folder / name).write_text("{}")
    (tmp_path / "outside").mkdir()
    for name in ("secret.csv", "metrics.json", "portfolio.json"):
        (tmp_path / "outside" / name).write_text(SECRET)
    return folder


def taken(work: Path) -> set[str]:
    hashes = {name: sha256(path) for name, path in (("notebook.ipynb", work / "notebook.ipynb"),)}
    hashes["portfolio.json"] = sha256(work.parent / "work" / "run" / "inputs" / "portfolio.json")
    folder = take(work, hashes)
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_65_plain_files_are_taken(work):
    assert taken(work) == {
        "executed.ipynb", "notebook.ipynb", "outputs/metrics.json", "outputs/tables/a.csv", "inputs/portfolio.json",
    }  # fmt: skip


def replaced(work: Path, name: str, outside: str, link: Callable[[Path, Path], None] = Path.symlink_to) -> None:
    path = work / name
    if path.is_dir():
        for one in path.iterdir():
            one.unlink()
        path.rmdir()
    path.unlink(missing_ok=True)
    link(path, work.parent / "outside" / outside)


OUTSIDE = {
    "65 the executed notebook": ("executed.ipynb", "metrics.json"),
    "65 the metrics": ("run/outputs/metrics.json", "metrics.json"),
    "65 a table": ("run/outputs/tables/secret.csv", "secret.csv"),
    "65 the folder of tables": ("run/outputs/tables", ""),
    "65 an input": ("run/inputs/portfolio.json", "portfolio.json"),
}
LINKS = [
    *(pytest.param(*case, Path.symlink_to, id=f"{name}, a link") for name, case in OUTSIDE.items()),
    # A folder has one name.
    *(pytest.param(*case, Path.hardlink_to, id=f"{name}, a second name") for name, case in OUTSIDE.items() if case[1]),
]


@pytest.mark.parametrize(("name", "outside", "link"), LINKS)
def test_a_link_is_refused_and_what_it_leads_to_is_never_read(work, name, outside, link):
    hashes = {"portfolio.json": sha256(work / "run/inputs/portfolio.json")}
    replaced(work, name, outside, link)
    with pytest.raises(InputError, match="a plain file in a plain folder") as caught:
        take(work, hashes)
    assert not cause_of(caught.value).retryable
    assert not [path for path in (work / "taken").rglob("*") if path.is_file() and SECRET in path.read_text()]


def test_65_a_pipe_a_folder_and_a_changed_input_are_refused_at_once(work):
    hashes = {"portfolio.json": sha256(work / "run/inputs/portfolio.json")}
    os.mkfifo(work / "run/outputs/tables/pipe.csv")
    with pytest.raises(InputError, match="a plain file"):
        take(work, {})
    for again, name in enumerate(("x y.csv", "=1.csv", "\u202ex.csv", "x" * 130 + ".csv")):
        other = work.parent / f"again-{again}"
        (other / "run/outputs/tables").mkdir(parents=True)
        (other / "run/outputs/tables" / name).write_text("x")
        with pytest.raises(InputError, match="lower-case letters"):
            take(other, {})
    (work / "run/outputs/tables/pipe.csv").unlink()
    (work / "run/inputs/portfolio.json").write_text('{"changed": 1}')
    (work / "taken").rename(work / "before")
    with pytest.raises(InputError, match="the bytes that were frozen"):
        take(work, hashes)


def test_65_the_log_of_a_failure_follows_no_link_either(work, tmp_path):
    from riskkit.errors import RunFailed

    replaced(work, "log.txt", "secret.csv")
    replaced(work, "executed.ipynb", "secret.csv")
    places = Places(tmp_path / "reports")
    keep_failure(places, work, RunFailed("r1", "execute", "why"), ValueError("why"))
    kept = places.failed / "r1"
    assert (kept / "failure.txt").is_file()
    assert not [path for path in kept.iterdir() if SECRET in path.read_text()]
