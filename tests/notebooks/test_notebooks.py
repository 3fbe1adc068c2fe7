"""Each notebook runs on the embedded Supabase as the demo's quant, and shows the command line's figures."""

import functools
import json
import os
import re
from unittest import mock

import nbclient
import nbformat
import pytest

NAMES = (
    "portfolio_var",
    "portfolio_positions",
    "stress_test",
    "var_backtest",
    "var_change",
    "portfolio_optimisation",
    "report_status",
    "limits",
    "market_data_quality",
)
CHANGED = {"portfolio": "atlas/demo", "as_of": "2020-03-16"}


@pytest.fixture(scope="module")
def printed(run, quant, project):
    """What nbval says of all of them."""
    notebooks = [project / "notebooks" / f"{name}.ipynb" for name in NAMES]
    return run("pytest", "--nbval-lax", *notebooks, "-v", "-p", "no:cacheprovider", "--rootdir", project)


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_from_top_to_bottom(name, printed):
    ended = re.findall(rf"/{name}(?:\.|::)ipynb::Cell \d+ (\w+)", printed)
    assert len(ended) > 3
    assert set(ended) == {"PASSED"}


@pytest.fixture(scope="module")
def executed(project, environment, quant):
    """The notebook as JupyterLab runs it, with some parameters changed, once; the state of its widgets."""

    @functools.cache
    def execute(name):
        notebook = nbformat.read(project / "notebooks" / f"{name}.ipynb", as_version=4)
        lines = "\n".join(f"{key} = {value!r}" for key, value in CHANGED.items())
        notebook.cells.insert(2, nbformat.v4.new_code_cell(lines))
        # a page computes beside its cells: let it come to its end before the kernel does
        waiting = "import asyncio; assert await asyncio.to_thread(run.wait, 180)"
        notebook.cells.append(nbformat.v4.new_code_cell(waiting))
        with mock.patch.dict(os.environ, environment):
            nbclient.NotebookClient(notebook, timeout=200, resources={"metadata": {"path": str(project)}}).execute()
        return notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"].values()

    return execute


@pytest.fixture(scope="module")
def reported(run, quant):
    """What the command line says, asked once: metrics of a report."""

    @functools.cache
    def report(name):
        arguments = ["--portfolio", CHANGED["portfolio"], "--as-of", CHANGED["as_of"]]
        return json.loads(run("riskkit", "report", name, *arguments, "--json"))["metrics"]

    return report


def figures(widgets, pattern):
    html = "".join(str(widget["state"].get("value", "")) for widget in widgets)
    return {name: float(value) for name, value in re.findall(pattern, html)}


TILE = r'data-metric="(\w+)" data-value="([^"]+)"'


def test_the_var_on_the_page_is_the_command_lines(executed, reported):
    widgets = executed("portfolio_var")
    metrics = reported("portfolio_var")
    wanted = {metric["name"]: metric["value"] for metric in metrics if not metric["labels"]}
    shown = figures(widgets, TILE)
    for name in ("var", "expected_shortfall", "value"):
        assert shown[name] == pytest.approx(wanted[name], rel=1e-12)
    shares = {
        m["labels"]["position"]: m["value"]
        for m in metrics
        if m["name"] == "component_var" and "position" in m["labels"]
    }
    html = "".join(str(widget["state"].get("value", "")) for widget in widgets)
    for position, share in shares.items():
        row = re.search(rf'<th scope="row">{re.escape(position)}</th>(.*?)</tr>', html)[1]
        values = [float(value) for value in re.findall(r'data-value="([^"]+)"', row)]
        assert values[2] == pytest.approx(share, rel=1e-12)


def test_the_stress_test_on_the_page_is_the_command_lines(executed, reported):
    widgets = executed("stress_test")
    metrics = reported("stress_test")
    wanted = sorted(m["value"] for m in metrics if m["name"] == "stress_pnl" and m["labels"].keys() == {"scenario"})
    assert figures(widgets, TILE)["worst_pnl"] == pytest.approx(wanted[0], rel=1e-12)
    html = next(value for w in widgets if "P&amp;L by scenario" in (value := str(w["state"].get("value", ""))))
    shown = [float(value) for value in re.findall(r'data-value="([^"]+)"', html)]
    assert shown == pytest.approx(wanted, rel=1e-12)


def test_the_backtest_on_the_page_is_the_command_lines(executed, reported):
    """On its own page, and beside the VaR: one figure, four faces."""
    wanted = {metric["name"]: metric["value"] for metric in reported("var_backtest") if not metric["labels"]}
    beside = {
        metric["name"]: metric["value"]
        for metric in reported("portfolio_var")
        if metric["labels"] == {"analysis": "rolling_backtest"}
    }
    for shown in (
        figures(executed("var_backtest"), TILE),
        figures(executed("portfolio_var"), TILE),
    ):
        for name in ("exceptions", "zone_probability", "worst_pnl"):
            assert shown[name] == pytest.approx(wanted[name], rel=1e-12)
            assert beside[name] == pytest.approx(wanted[name], rel=1e-12)


def test_the_optimum_on_the_page_is_the_command_lines(executed, reported):
    shown = figures(executed("portfolio_optimisation"), TILE)
    metrics = reported("portfolio_optimisation")
    wanted = {m["name"]: m["value"] for m in metrics if not m["labels"] or m["labels"] == {"weights": "after"}}
    for name in ("expected_shortfall", "volatility", "expected_return", "turnover"):
        assert shown[name] == pytest.approx(wanted[name], rel=1e-12)


def test_the_live_page_puts_no_address_of_another_host_on_the_page(executed):
    for widget in executed("portfolio_var"):
        assert "//cdn" not in json.dumps(widget)
