"""`riskkit runs reproduce` and `diff` on a real report of the demo's book, and on one of another day."""

import json
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from riskkit import VarSpec, portfolio_var, session
from riskkit.metric import Metric
from riskkit.reporting.places import Places
from riskkit.runs.frozen import freeze
from riskkit.runs.identity import new_run_id
from riskkit.settings import Settings
from riskkit.store.connect import open_store
from riskkit.store.inputs import load_inputs

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def report(riskkit, sign_in, tmp_path):
    """Make the VaR report of the demo's book: what it says as JSON."""
    for name in ("notebooks", "parameters"):
        shutil.copytree(ROOT / name, tmp_path / name)
    sign_in("quant@atlas.example")

    def report(as_of, *arguments):
        code, out, err = riskkit("report", "portfolio_var", "--portfolio", "demo", "--as-of", as_of, "--json",
                                 *arguments)  # fmt: skip
        assert code == 0, err
        return json.loads(out)

    return report


@pytest.fixture
def other_day(tmp_path):
    """Record a run like another, of another day and level, without executing the notebook again: its id and VaR."""

    def other_day(run_id, as_of, level):
        settings = Settings.load()
        with open_store(settings, session.current(settings)) as store:
            one = store.run(run_id)
            inputs = load_inputs(store, one.parameters["portfolio"], as_of, 1)
            parameters = {**one.parameters, "as_of": as_of, "confidence_level": level}
            frozen = freeze(inputs, parameters, tmp_path / "other")
            objects = Places.of(settings).objects
            put = {
                f"inputs/{name}": objects.put(tmp_path / "other" / "inputs" / name, f"inputs/{name}") for name in frozen
            }
            var = portfolio_var(inputs.portfolio, inputs.over(500), VarSpec(confidence_level=level)).var
            made = replace(
                one, id=new_run_id(), as_of=date.fromisoformat(as_of), parameters=parameters, overrides={},
                inputs={**one.inputs, **frozen}, metrics=(Metric("var", var, "USD"),),
                artifacts=tuple({**{artifact.name: artifact for artifact in one.artifacts}, **put}.values()),
            )  # fmt: skip
            store.record_run(made)
        return made.id, var

    return other_day


def amount(text):
    return float(text.replace(",", ""))


def test_reproduce_and_diff(riskkit, report, other_day, tmp_path):
    one = report("2020-03-16")
    two, other_var = other_day(one["id"], "2020-03-18", 0.975)
    code, out, err = riskkit("runs", "reproduce", one["id"])
    assert code == 0, out + err
    assert f"Equal: all {len(one['metrics'])} metrics, to the last bit." in out

    code, out, err = riskkit("runs", "diff", one["id"], two)
    assert code == 0, err
    assert "parameter confidence_level: 0.99 -> 0.975" in out
    assert "input history.npz: " in out
    totals = re.search(r"^VaR (\S+) -> (\S+) USD, of which$", out, re.MULTILINE)
    var = [next(m["value"] for m in one["metrics"] if m["name"] == "var" and not m["labels"]), other_var]
    assert [amount(total) for total in totals.groups()] == pytest.approx(var, abs=0.006)
    effects = [
        amount(re.search(rf"^  {name} +(\S+)$", out, re.MULTILINE)[1]) for name in ("positions", "market", "model")
    ]
    assert sum(effects) == pytest.approx(var[1] - var[0], abs=0.03)
    assert effects[0] == 0.0, "the same book"
    assert "recorded" not in out, "today's code finds what the runs found"

    (kept,) = [path for path in (tmp_path / "reports" / ".objects").glob("*/*") if _is_history(path, tmp_path, one)]
    kept.chmod(0o644)
    kept.write_bytes(b"something else")
    code, out, _ = riskkit("runs", "reproduce", one["id"])
    assert code == 1
    assert "input history.npz: " in out
    assert "nothing was executed" in out
    assert "not attributed" in riskkit("runs", "diff", one["id"], two)[1]


def _is_history(path, project, run):
    said = json.loads((project / run["html"]).with_name("run.json").read_text())
    return path.name == said["inputs"]["history.npz"]
