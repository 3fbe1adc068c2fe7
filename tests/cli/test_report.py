"""`riskkit report`: what it makes, what it prints, and what it refuses before anything starts."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from riskkit import VarSpec, portfolio_var, session
from riskkit.runs.record import read_run
from riskkit.settings import Settings
from riskkit.store.connect import open_store
from riskkit.store.inputs import load_inputs

ROOT = Path(__file__).resolve().parents[2]
QUANT = "quant@atlas.example"

Run = Callable[..., tuple[int, str, str]]


class Started:
    """Counts the processes that this one starts; an audit hook stays for ever, so there is one."""

    def __init__(self) -> None:
        self.count = 0
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _: Any) -> None:
        self.count += event in ("subprocess.Popen", "os.fork", "os.posix_spawn", "os.exec")


@pytest.fixture(scope="module")
def started() -> Started:
    return Started()


@pytest.fixture
def project(riskkit: Run, tmp_path: Path) -> Path:
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def quant(project: Path, sign_in: Callable[[str], None]) -> Path:
    sign_in(QUANT)
    return project


def test_a_report_is_made_recorded_and_told(riskkit: Run, quant: Path) -> None:
    code, out, err = riskkit(
        "report", "portfolio_var", "--portfolio", "demo", "--as-of", "2020-03-16", "-p", "confidence_level", "0.975"
    )
    assert code == 0, err
    (folder,) = (quant / "reports" / "portfolio_var" / "2020-03-16" / "atlas" / "demo").iterdir()
    said = read_run(folder)
    figures = {metric["name"]: metric["value"] for metric in said["metrics"] if not metric["labels"]}
    assert said["parameters"]["confidence_level"] == 0.975
    assert f"{figures['var']:,.2f} USD" in out
    assert f"{figures['expected_shortfall']:,.2f} USD" in out
    assert out.strip().endswith("report.html")
    settings = Settings.load()
    with open_store(settings, session.current(settings)) as store:
        row = store.run(folder.name)
        inputs = load_inputs(store, "demo", "2020-03-16", None)
    assert {metric.name: metric.value for metric in row.metrics if not metric.labels} == figures
    assert row.official is False
    assert row.seed == 20200316
    here = portfolio_var(inputs.portfolio, inputs.history, VarSpec(confidence_level=0.975))
    assert figures["var"] == pytest.approx(here.var, rel=1e-12)
    assert figures["expected_shortfall"] == pytest.approx(here.expected_shortfall, rel=1e-12)


def test_a_report_kept_back_by_a_factor_that_ends_early_says_so(riskkit: Run, own_team: str, project: Path) -> None:
    days = np.busday_offset("2019-01-01", np.arange(380), roll="forward")
    levels = 50 + np.sin(np.arange(380))
    prices, book = project / "prices.csv", project / "book.csv"
    prices.write_text("date,ACME\n" + "".join(f"{d},{x:.6f}\n" for d, x in zip(days, levels, strict=True)))
    book.write_text("symbol,quantity\nACME,100\nAAPL,10\n")
    assert riskkit("prices", "import", prices)[0] == 0
    assert riskkit("portfolio", "import", "kept_back", book)[0] == 0
    code, out, err = riskkit("report", "portfolio_var", "--portfolio", "kept_back", "-p", "lookback_days", "250")
    assert code == 0, err
    assert f"{own_team}/kept_back · {days[-1]} · unofficial" in out
    said = f"ACME ends on {days[-1]}; the other factors go on to 2022-12-28, so latest is {days[-1]}."
    assert f"note: {said}" in err.splitlines()
    (page,) = (project / "reports" / "portfolio_var" / str(days[-1]) / own_team / "kept_back").glob("*/report.html")
    assert said in page.read_text()


def test_json_and_parameters_from_file_and_text(riskkit: Run, quant: Path, tmp_path: Path) -> None:
    file = tmp_path / "given.yml"
    file.write_text("as_of: 2020-03-16\nscenarios: covid_2020\n")
    text = "scenarios: lehman_2008"
    code, out, err = riskkit("report", "stress_test", "-f", file, "-y", text, "-p", "portfolio", "demo", "--json")
    assert code == 0, err
    said = json.loads(out)
    assert said["parameters"]["scenarios"] == "lehman_2008"
    own = [metric for metric in said["metrics"] if "analysis" not in metric["labels"]]
    assert {metric["labels"]["scenario"] for metric in own if metric["labels"]} == {"lehman_2008"}
    assert Path(said["html"]).is_file()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nothing"], "portfolio_var"),
        (["../notebooks/portfolio_var"], "report"),
        (["portfolio_var", "-p", "confidence_levle", "0.9"], "did you mean confidence_level"),
        (["portfolio_var", "-p", "confidence_level", "95"], "0.5 < x < 1"),
        (["portfolio_var", "-p", "confidence_level", "nan"], "0.5 < x < 1"),
        (["portfolio_var", "-p", "horizon_days", "2.5"], "whole number"),
        (["portfolio_var", "-p", "horizon_days", "true"], "whole number"),
        (["portfolio_var", "-p", "method", "guess"], "historical"),
        (["portfolio_var", "-p", "seed", "-1"], "0..4294967295"),
        (["portfolio_var", "-p", "a=1;import os;os.abort();b", "1"], "never code"),
        (["portfolio_var", "-y", "{'x = 1; import os': 1}"], "never code"),
        (["portfolio_var", "-p", "__class__", "1"], "never code"),
        (["portfolio_var", "-p", "horizon_days", "1", "-p", "horizon_days", "2"], "once"),
        (["portfolio_var", "--as-of", "2020-03-16", "-p", "as_of", "2020-03-17"], "once"),
        (["portfolio_var", "-f", "no-such-file.yml"], "no-such-file.yml"),
    ],
)
def test_what_is_wrong_is_one_line_without_signing_in(
    riskkit: Run, project: Path, started: Started, arguments: list[str], word: str
) -> None:
    before = started.count
    code, out, err = riskkit("report", *arguments)
    assert code == 2
    assert out == ""
    assert word in err
    assert len(err.strip().splitlines()) == 1
    assert err.startswith("riskkit: ")
    assert started.count == before
    assert not (project / "reports").exists()


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--portfolio", "nothing"], "atlas/demo"),
        (["--portfolio", "borealis/income"], "atlas/demo"),
        (["--as-of", "2020-03-15"], "2020-03-13 or 2020-03-16"),
        (["--as-of", "2030-01-01"], "2022-12-28"),
        (["--as-of", "1900-01-01"], "1999"),
    ],
)
def test_a_portfolio_or_date_that_is_not_there_is_one_line(
    riskkit: Run, quant: Path, started: Started, arguments: list[str], word: str
) -> None:
    before = started.count
    code, out, err = riskkit("report", "portfolio_var", *arguments)
    assert (code, out) == (2, "")
    assert word in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) == 1
    assert started.count == before
    assert not (quant / "reports").exists()


def test_two_mistakes_are_told_together(riskkit: Run, project: Path) -> None:
    code, _, err = riskkit("report", "portfolio_var", "-p", "horizon_days", "0", "-p", "method", "guess")
    assert code == 2
    assert "horizon_days" in err
    assert "method" in err


def test_not_signed_in_is_exit_3(riskkit: Run, project: Path) -> None:
    code, out, err = riskkit("report", "portfolio_var")
    assert (code, out) == (3, "")
    assert "riskkit login" in err


def test_a_viewer_is_told_before_anything_starts(
    riskkit: Run, project: Path, sign_in: Callable[[str], None], started: Started
) -> None:
    sign_in("viewer@atlas.example")
    before = started.count
    code, _, err = riskkit("report", "portfolio_var", "--as-of", "2020-03-16")
    assert code == 3
    assert "analyst" in err
    assert started.count == before
    assert not (project / "reports").exists()


def test_help_lists_a_reports_parameters(riskkit: Run, project: Path) -> None:
    code, out, _ = riskkit("report", "portfolio_var", "--help")
    assert code == 0
    assert out.startswith("Usage: riskkit report")
    line = next(line for line in out.splitlines() if line.strip().startswith("confidence_level"))
    assert line.split()[:3] == ["confidence_level", "float", "0.99"]
    assert "probability that the loss is not exceeded {0.5 < x < 1}" in line


def test_no_name_is_the_help_and_exit_2(riskkit: Run, project: Path) -> None:
    code, out, _ = riskkit("report")
    assert code == 2
    assert out.startswith("Usage: riskkit report")


def test_list(riskkit: Run, project: Path) -> None:
    code, out, _ = riskkit("report", "--list")
    assert code == 0
    notebooks = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))
    assert [line.split()[0] for line in out.splitlines()] == notebooks
    assert {"portfolio_var", "stress_test"} <= set(notebooks)


def test_a_failing_cell_is_named_and_no_traceback_is_shown(riskkit: Run, quant: Path) -> None:
    path = quant / "notebooks" / "portfolio_var.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][-1]["source"] = "raise RuntimeError('boom')"
    path.write_text(json.dumps(notebook))
    code, out, err = riskkit("report", "portfolio_var", "--as-of", "2020-03-16")
    assert (code, out) == (1, "")
    assert f"failed at execute: cell {len(notebook['cells'])}: RuntimeError: boom" in err
    assert "Traceback" not in err
    assert list((quant / "reports" / ".failed").glob("*/failure.txt"))
