"""`riskkit runs reproduce` and `diff` on two real reports of the demo's book."""

import json
import re
import shutil
from pathlib import Path

import pytest

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


def amount(text):
    return float(text.replace(",", ""))


def test_reproduce_and_diff(riskkit, report, tmp_path):
    one, two = report("2020-03-16"), report("2020-03-18", "-p", "confidence_level", "0.975")
    code, out, err = riskkit("runs", "reproduce", one["id"])
    assert code == 0, out + err
    assert f"Equal: all {len(one['metrics'])} metrics, to the last bit." in out

    code, out, err = riskkit("runs", "diff", one["id"], two["id"])
    assert code == 0, err
    assert "parameter confidence_level: 0.99 -> 0.975" in out
    assert "input history.npz: " in out
    totals = re.search(r"^VaR (\S+) -> (\S+) USD, of which$", out, re.MULTILINE)
    var = [next(m["value"] for m in run["metrics"] if m["name"] == "var" and not m["labels"]) for run in (one, two)]
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
    assert "not attributed" in riskkit("runs", "diff", one["id"], two["id"])[1]


def _is_history(path, project, run):
    said = json.loads((project / run["html"]).with_name("run.json").read_text())
    return path.name == said["inputs"]["history.npz"]
