"""A page's further analyses: the same inputs and parameters, after its own, and a sentence where they cannot be."""

import json
import threading

import pytest

from riskkit import VarSpec, charts, notebook, portfolio_var
from riskkit.backtest import BacktestSpec, rolling_backtest
from riskkit.charts.view import MIME as VIEW
from riskkit.errors import RiskkitError
from riskkit.notebook.companion import Companion
from riskkit.notebook.pages import page
from riskkit.optimise import OptimiseSpec, optimise_portfolio
from riskkit.runs.frozen import freeze
from riskkit.store.inputs import load_inputs
from riskkit.var import compare_methods

SPEC = VarSpec("historical", 0.95, 1, 250)
TEST = BacktestSpec("historical", 0.95, 1, 250, backtest_days=100)


@pytest.fixture
def opened(open_run, shown):
    """The page of `portfolio_var.ipynb`, small enough for the market of these tests."""

    def make(face="lab", backtest_days=100):
        run = open_run(portfolio_var, SPEC, face=face)
        comparison = run.also(compare_methods, VarSpec)
        backtest = run.also(rolling_backtest, BacktestSpec, backtest_days=backtest_days)
        run.controls()
        run.show(charts.headline)
        run.show(charts.methods, comparison)
        run.show(charts.backtest_headline, backtest)
        run.show(charts.backtest_days, backtest)
        run.save()
        return run

    return make


@pytest.fixture
def frozen(store, tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    freeze(load_inputs(store, "atlas/demo", "2019-07-15", None), {"portfolio": "atlas/demo"}, folder)
    return folder


def html(run, view):
    return run.cards[view].box.children[0].value


def directly(store, spec):
    inputs = load_inputs(store, "demo", "latest", None)
    return rolling_backtest(inputs.portfolio, inputs.history, spec)


def test_it_is_computed_after_the_page_and_in_its_thread(opened, store):
    run = opened()
    assert run.result is not None
    assert run.wait(60)
    expected = directly(store, TEST)
    assert f'data-metric="worst_pnl" data-value="{float(expected.pnl.min())!r}"' in html(run, charts.backtest_headline)
    assert f'data-value="{run.result.var!r}"' in html(run, charts.methods)
    assert len(run.cards[charts.backtest_days].box.children) == 3


def test_it_follows_the_controls(opened, store):
    run = opened()
    assert run.wait(60)
    run.panel.fields["confidence_level"].widget.value = 0.9
    assert run.wait(60)
    expected = directly(store, BacktestSpec("historical", 0.9, 1, 250, backtest_days=100))
    assert f'data-metric="exceptions" data-value="{expected.n_exceptions:.1f}"' in html(run, charts.backtest_headline)
    assert not any("rk-refreshing" in card.box._dom_classes for card in run.cards.values())
    assert "rk-busy" not in run._status.progress.value


def test_the_pages_own_figures_come_first(opened, monkeypatch):
    run = opened()
    assert run.wait(60)
    gate, before = threading.Event(), html(run, charts.backtest_headline)
    ask = run._answers.beside
    monkeypatch.setattr(run._answers, "beside", lambda *given: gate.wait(30) and ask(*given))
    headline = html(run, charts.headline)
    run.panel.fields["confidence_level"].widget.value = 0.9
    while html(run, charts.headline) == headline:
        assert not run.wait(0.01)
    assert html(run, charts.backtest_headline) == before
    assert "rk-refreshing" in run.cards[charts.backtest_headline].box._dom_classes
    assert "rk-busy" in run._status.progress.value
    gate.set()
    assert run.wait(60)
    assert html(run, charts.backtest_headline) != before


def test_where_it_cannot_be_its_cards_say_why(opened):
    run = opened(backtest_days=5000)
    assert run.wait(60)
    assert "rk-nothing" in html(run, charts.backtest_days)
    assert "backtest_days" in html(run, charts.backtest_days) or "History" in html(run, charts.backtest_days)
    assert f'data-value="{run.result.var!r}"' in html(run, charts.headline)
    assert run._status.banner.value == ""


def test_a_spec_that_cannot_be_is_said_on_the_card_too(opened):
    run = opened()
    assert run.wait(60)
    run.panel.fields["horizon_days"].widget.value = 90
    assert run.wait(60)
    assert "at least two horizons" in html(run, charts.backtest_headline)
    run.panel.fields["horizon_days"].widget.value = 1
    assert run.wait(60)
    assert 'data-metric="exceptions"' in html(run, charts.backtest_headline)


def test_a_report_computes_it_on_the_frozen_inputs_and_saves_it(opened, frozen, store, shown):
    run = opened(face="report")
    expected = directly(store, TEST)
    views = {view[VIEW]["name"]: view[VIEW]["html"] for view in shown if VIEW in view}
    assert f'data-value="{float(expected.pnl.min())!r}"' in views["backtest_headline"]
    metrics = json.loads((frozen / "outputs" / "metrics.json").read_text())
    assert metrics[0] == {"name": "var", "value": run.result.var, "unit": "USD", "labels": {}}
    wanted = {"name": "exceptions", "value": expected.n_exceptions, "unit": "count"}
    assert {**wanted, "labels": {"analysis": "rolling_backtest"}} in metrics
    tables = {path.stem for path in (frozen / "outputs" / "tables").iterdir()}
    assert {"components", "rolling_backtest_days", "compare_methods_methods"} <= tables


def test_a_report_says_what_could_not_be_computed(opened, frozen, shown):
    opened(face="report", backtest_days=5000)
    views = {view[VIEW]["name"]: view[VIEW]["html"] for view in shown if VIEW in view}
    assert "rk-nothing" in views["backtest_headline"]
    assert "data-value" not in views["backtest_headline"]


def test_a_slow_page_shows_its_controls_before_its_figures(surroundings, shown, store, monkeypatch):
    gate, read = threading.Event(), type(store).history
    monkeypatch.setattr(store, "history", lambda *given: gate.wait(30) and read(store, *given))
    run = notebook.open_run(rolling_backtest, "demo", "latest", TEST, surroundings("lab", "var_backtest"))
    run.controls()
    run.show(charts.backtest_headline)
    assert run.result is None
    assert "Computing" in html(run, charts.backtest_headline)
    assert "rk-busy" in run._status.progress.value
    gate.set()
    assert run.wait(60)
    assert f'data-value="{run.result.n_exceptions:.1f}"' in html(run, charts.backtest_headline)
    run.save()
    assert "riskkit report var_backtest --portfolio atlas/demo" in run._command.value


def test_its_progress_is_counted(surroundings, shown):
    spec = BacktestSpec("parametric", 0.95, 1, 250, backtest_days=100)
    run = notebook.open_run(rolling_backtest, "demo", "latest", spec, surroundings("lab", "var_backtest"))
    told = []
    run._status.progress.observe(lambda change: told.append(change["new"]), "value")
    assert run.wait(60)
    assert any("aria-valuenow" in value for value in told)
    assert "rk-busy" not in run._status.progress.value


def test_a_slow_page_that_cannot_be_says_why(surroundings, shown, store):
    spec = BacktestSpec("historical", 0.95, 1, 250, backtest_days=2000)
    run = notebook.open_run(rolling_backtest, "demo", "latest", spec, surroundings("lab", "var_backtest"))
    run.controls()
    run.show(charts.backtest_days)
    assert run.wait(60)
    assert 'role="alert"' in run._status.banner.value
    assert "no figure to show yet" in html(run, charts.backtest_days)
    run.panel.fields["backtest_days"].widget.value = 100
    assert run.wait(60)
    assert run._status.banner.value == ""
    assert len(run.cards[charts.backtest_days].box.children) == 3


def test_an_infeasible_optimisation_is_a_sentence_and_the_weights_stay(surroundings, shown):
    spec = OptimiseSpec(lookback_days=250)
    around = surroundings("lab", "portfolio_optimisation")
    run = notebook.open_run(optimise_portfolio, "demo", "latest", spec, around)
    run.controls()
    run.show(charts.optimisation_trades)
    assert run.wait(120)
    before = html(run, charts.optimisation_trades)
    run.panel.fields["max_weight"].widget.value = 0.3
    assert run.wait(60)
    assert "infeasible" in run._status.banner.value
    assert html(run, charts.optimisation_trades) == before


def test_a_field_that_is_none_is_refused():
    with pytest.raises(RiskkitError, match="colour"):
        Companion(rolling_backtest, BacktestSpec, {"colour": "red"})


def test_every_notebook_of_the_project_has_its_page():
    assert page("optimise_portfolio").report == "portfolio_optimisation"
    assert page("something_else") == ("something_else", "Something else", "", False)


def test_a_view_of_the_page_shown_after_one_that_is_still_computed_keeps_its_figure(open_run, shown):
    gate = threading.Event()
    run = open_run(portfolio_var, SPEC, face="lab")

    def late(portfolio, history, spec):
        gate.wait(30)
        return compare_methods(portfolio, history, spec)

    comparison = run.also(late, VarSpec)
    run.controls()
    run.show(charts.methods, comparison)
    run.show(charts.components)
    assert "Computing" in html(run, charts.methods)
    assert f'data-value="{run.result.var!r}"' in html(run, charts.components)
    gate.set()
    assert run.wait(60)
    assert "Computing" not in html(run, charts.methods)


def test_a_further_analysis_is_not_made_again_for_what_it_does_not_read(opened):
    """A slider of the page's own analysis moves often; what does not depend on it stands."""
    companion = Companion(rolling_backtest, BacktestSpec, {})
    values = {"portfolio": "atlas/demo", "as_of": "latest", "confidence_level": 0.95, "shocks": ""}
    assert companion.same(values, {**values, "shocks": "equity:-0.2"})
    for moved in ({"confidence_level": 0.99}, {"portfolio": "atlas/small"}, {"as_of": "2019-07-15"}):
        assert not companion.same(values, {**values, **moved})
