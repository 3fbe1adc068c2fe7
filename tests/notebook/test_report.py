"""The report face: frozen inputs and nothing else, views as bundles, figures written whole."""

import json
import os

import pandas as pd
import pytest

from riskkit import InputError, StressSpec, VarSpec, charts, portfolio_var, stress_test
from riskkit.charts.view import MIME as VIEW
from riskkit.notebook.header import MIME as HEADER
from riskkit.runs.frozen import freeze
from riskkit.store.inputs import load_inputs

SPEC = VarSpec("historical", 0.99, 1, 250)


@pytest.fixture
def frozen(store, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    freeze(load_inputs(store, "atlas/demo", "2019-07-15", None), {"portfolio": "atlas/demo"}, folder)
    return folder


@pytest.fixture
def no_store(monkeypatch, store):
    """A report that asks the store for anything fails."""
    monkeypatch.setattr(type(store), "portfolios", None)
    monkeypatch.setattr(type(store), "history", None)


def test_it_reads_the_frozen_inputs_and_shows_bundles(frozen, no_store, open_run, shown):
    run = open_run(portfolio_var, SPEC, "atlas/demo", "2019-07-15", face="report")
    run.controls()
    run.show(charts.headline)
    run.show(charts.pnl_distribution)
    run.save()
    header, *views = shown
    assert [next(iter(view)) for view in views] == [VIEW] * 3
    assert [view[VIEW]["name"] for view in views] == ["parameters", "headline", "pnl_distribution"]
    said = header[HEADER]
    assert said["question"] == "How much can Demo book lose, and why?"
    assert (said["portfolio"], said["as_of"], said["base_currency"]) == ("atlas/demo", "2019-07-15", "USD")
    assert said["estimator"] == run.result.estimator
    assert set(run.result.notes) <= set(said["notes"])
    json.dumps(shown)


def test_the_figures_are_those_of_the_live_page(frozen, store, open_run):
    report = open_run(portfolio_var, SPEC, face="report").result
    live = open_run(portfolio_var, SPEC).result
    assert (report.var, report.expected_shortfall) == (live.var, live.expected_shortfall)
    pd.testing.assert_frame_equal(report.components, live.components, check_exact=True)


def test_the_parameters_are_stated_in_words(frozen, open_run, shown):
    open_run(portfolio_var, SPEC, face="report").controls()
    html = shown[-1][VIEW]["html"]
    for text in (
        "Demo book",
        "as of 15\u00a0Jul\u00a02019",
        "Method: Historical simulation",
        "Confidence level: 99\u00a0%",
    ):
        assert text in html


def test_metrics_and_tables_are_written_to_the_last_bit(frozen, open_run):
    run = open_run(portfolio_var, SPEC, face="report")
    run.save()
    metrics = json.loads((frozen / "outputs" / "metrics.json").read_text())
    assert metrics[0] == {"name": "var", "value": run.result.var, "unit": "USD", "labels": {}}
    assert len(metrics) == len(run.result.metrics())
    table = pd.read_csv(frozen / "outputs" / "tables" / "components.csv")
    assert table["component_var"].tolist() == run.result.components["component_var"].tolist()
    assert {path.stem for path in (frozen / "outputs" / "tables").iterdir()} == set(run.result.tables())


def test_a_stress_test_is_saved_too(frozen, open_run):
    run = open_run(stress_test, StressSpec(), face="report")
    run.save()
    metrics = json.loads((frozen / "outputs" / "metrics.json").read_text())
    assert {m["labels"]["scenario"] for m in metrics if m["name"] == "stress_pnl"} == {"crash", "boom"}


@pytest.mark.parametrize(("portfolio", "as_of"), [("atlas/small", "latest"), ("demo", "2019-07-12")])
def test_parameters_that_ask_for_other_inputs_are_refused(frozen, open_run, portfolio, as_of):
    with pytest.raises(InputError, match="frozen"):
        open_run(portfolio_var, SPEC, portfolio, as_of, face="report")


def test_changed_inputs_are_refused(frozen, open_run):
    book = frozen / "inputs" / "portfolio.json"
    os.chmod(book, 0o644)  # noqa: PTH101
    book.write_text(book.read_text().replace("1000", "1001"))
    with pytest.raises(InputError, match="frozen"):
        open_run(portfolio_var, SPEC, face="report")
