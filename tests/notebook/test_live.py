"""A live page: controls recompute, views are updated in place, and the figures are the command line's."""

import threading
from datetime import date

import pytest
from jupyter_bokeh import BokehModel

from riskkit import InputError, StressSpec, VarSpec, charts, notebook, portfolio_var, stress_test
from riskkit.errors import RiskkitError, Unavailable
from riskkit.store.inputs import load_inputs
from riskkit.stress import (
    ConditionalSpec,
    LadderSpec,
    ReverseSpec,
    conditional_stress,
    reverse_stress,
    sensitivity_ladder,
)
from riskkit.widgets.figures import named

VIEWS = (charts.headline, charts.pnl_distribution, charts.component_var, charts.components)
SPEC = VarSpec("historical", 0.99, 1, 250)


@pytest.fixture
def page(open_run):
    def make(**kwargs):
        run = open_run(portfolio_var, SPEC, **kwargs)
        run.controls()
        for view in VIEWS:
            run.show(view)
        run.save()
        return run

    return make


def move(run, name, value):
    run.panel.fields[name].widget.value = value
    assert run.wait(60)


def directly(store, spec, portfolio="demo", as_of="latest"):
    inputs = load_inputs(store, portfolio, as_of, spec.lookback_days)
    return portfolio_var(inputs.portfolio, inputs.history, spec)


@pytest.mark.parametrize(
    ("moves", "spec"),
    [
        ({"method": "parametric"}, VarSpec("parametric", 0.99, 1, 250)),
        ({"method": "monte_carlo_t", "seed": 5}, VarSpec("monte_carlo_t", 0.99, 1, 250, seed=5)),
        ({"confidence_level": 0.975, "horizon_days": 10}, VarSpec("historical", 0.975, 10, 250)),
        ({"lookback_days": 300}, VarSpec("historical", 0.99, 1, 300)),
    ],
)
def test_a_moved_control_gives_the_figure_of_the_calculation_itself(page, store, moves, spec):
    run = page()
    for name, value in moves.items():
        move(run, name, value)
    expected = directly(store, spec)
    assert run.result.var == expected.var
    assert run.result.expected_shortfall == expected.expected_shortfall
    html = run.cards[charts.headline].box.children[0].value
    assert f'data-metric="var" data-value="{expected.var!r}"' in html


def test_every_widget_and_every_model_stays_itself(page):
    run = page()
    widgets = {view: card.box.children for view, card in run.cards.items()}
    figures = {view: c[1]._model for view, c in widgets.items() if isinstance(c[1], BokehModel)}
    models = {view: {name: id(model) for name, model in named(figure).items()} for view, figure in figures.items()}
    html = {view: children[0].value for view, children in widgets.items()}
    for name, value in (("method", "parametric"), ("portfolio", "atlas/small"), ("confidence_level", 0.9)):
        move(run, name, value)
        assert {view: card.box.children for view, card in run.cards.items()} == widgets
        assert {view: {n: id(m) for n, m in named(f).items()} for view, f in figures.items()} == models
    assert all(
        children[0].value != html[view] for view, children in widgets.items() if view is not charts.component_var
    )
    lines = named(figures[charts.pnl_distribution])["lines"].data
    assert lines["text"][0].startswith("VaR 90")
    assert named(figures[charts.component_var])["bars"].data["label"] == ["CCC"]


def test_a_change_of_method_reads_nothing_again(page, store):
    run = page()
    before = store.reads
    for name, value in (("method", "parametric"), ("confidence_level", 0.95), ("horizon_days", 5)):
        move(run, name, value)
    assert store.reads == before
    move(run, "portfolio", "atlas/small")
    assert store.reads == before + 1
    move(run, "portfolio", "demo")
    assert store.reads == before + 1


def test_work_is_shown_at_once_and_the_last_answer_stays(page, store, monkeypatch):
    run = page()
    gate, html = threading.Event(), run.cards[charts.headline].box.children[0].value
    monkeypatch.setattr(store, "history", lambda *args: gate.wait(30) and type(store).history(store, *args))
    run.panel.fields["lookback_days"].widget.value = 300
    assert "rk-busy" in run._status.progress.value
    assert all("rk-refreshing" in card.box._dom_classes for card in run.cards.values())
    assert run.cards[charts.headline].box.children[0].value == html
    gate.set()
    assert run.wait(60)
    assert "rk-busy" not in run._status.progress.value
    assert not any("rk-refreshing" in card.box._dom_classes for card in run.cards.values())
    assert run.cards[charts.headline].box.children[0].value != html


def test_the_latest_change_wins(page, store):
    run = page()
    for days in range(2, 12):
        run.panel.fields["horizon_days"].widget.value = days
    assert run.wait(60)
    assert run.result.spec.horizon_days == 11
    assert run.result.var == directly(store, VarSpec("historical", 0.99, 11, 250)).var


@pytest.mark.parametrize(
    ("failure", "said"),
    [(Unavailable("The database does not answer."), "The database does not answer."),
     (KeyError("internal detail"), "Something went wrong here")],
)  # fmt: skip
def test_a_failure_is_a_sentence_and_the_figures_stay(page, store, failure, said):
    run = page()
    var, html = run.result.var, run.cards[charts.components].box.children[0].value
    store.failure = failure
    move(run, "lookback_days", 300)
    assert said in run._status.banner.value
    assert "internal detail" not in run._status.banner.value
    assert "Traceback" not in run._status.banner.value
    assert run.result.var == var
    assert run.cards[charts.components].box.children[0].value == html
    store.failure = None
    move(run, "lookback_days", 260)
    assert run._status.banner.value == ""
    assert run.result.spec.lookback_days == 260


def test_more_days_than_there_are_is_said_beside_the_controls(page):
    run = page()
    move(run, "lookback_days", 5000)
    assert 'role="alert"' in run._status.banner.value
    assert run.result.spec.lookback_days == 250


def test_a_day_without_data_snaps_and_says_so(page, store):
    run = page()
    saturday = date(2019, 1, 5)
    move(run, "as_of", saturday)
    assert run.answer.inputs.as_of == date(2019, 1, 4)
    assert run.panel.fields["as_of"].widget.value == date(2019, 1, 4)
    assert "a Saturday" in run._status.banner.value
    assert "as_of=2019-01-04" in run.panel.state.value
    assert run.result.var == directly(store, SPEC, as_of="2019-01-04").var


def test_address_and_command_follow_the_controls(page):
    run = page()
    assert 'data-query="portfolio=atlas/demo&amp;lookback_days=250"' in run.panel.state.value
    move(run, "method", "parametric")
    move(run, "portfolio", "atlas/small")
    assert "portfolio=atlas/small" in run.panel.state.value
    assert "method=parametric" in run.panel.state.value
    assert "riskkit report portfolio_var --portfolio atlas/small --as-of 2019-07-15" in run._command.value
    assert "-p method parametric" in run._command.value
    move(run, "portfolio", "demo")
    assert "portfolio=atlas/demo" in run.panel.state.value
    assert "--portfolio atlas/demo" in run._command.value


def test_a_mistyped_value_is_named_as_it_was_typed_and_stays_in_its_box(page):
    run = page()
    move(run, "confidence_level", 2)
    assert "Confidence level: 2 cannot be used; expected a number, 0.5 &lt; x &lt; 1." in run._status.banner.value
    assert run.panel.fields["confidence_level"].widget.value == 2
    move(run, "confidence_level", 0.99)
    assert run._status.banner.value == ""
    move(run, "as_of", date(1985, 3, 15))
    assert "As of: 1985-03-15 cannot be used; expected a day with data for atlas/demo" in run._status.banner.value
    assert run.panel.fields["as_of"].widget.value == date(1985, 3, 15)


def test_a_forged_value_changes_nothing(page):
    run = page()
    var = run.result.var
    run.panel._moved()
    run.panel.fields["confidence_level"].widget.value = 1.0
    run.panel.fields["as_of"].widget.set_trait("value", date(1, 1, 1))
    assert run.wait(60)
    assert run.result.var == var


def test_in_lab_an_error_is_an_error(open_run):
    with pytest.raises(InputError, match="atlas/demo"):
        open_run(portfolio_var, SPEC, portfolio="nobodys")
    with pytest.raises(InputError, match="2019-01-04"):
        open_run(portfolio_var, SPEC, as_of="2019-01-05")


def test_on_a_dashboard_an_error_leaves_the_controls_to_mend_it(page, store):
    run = page(portfolio="nobodys", face="dashboard")
    assert "nobodys" in run._status.banner.value
    assert run.result is None
    assert "rk-nothing" in run.cards[charts.headline].box.children[0].value
    assert [name for _, name in run.panel.fields["portfolio"].widget.options] == ["atlas/demo", "atlas/small"]
    move(run, "portfolio", "atlas/demo")
    assert run._status.banner.value == ""
    assert run.result.var == directly(store, SPEC).var
    assert isinstance(run.cards[charts.pnl_distribution].box.children[1], BokehModel)


def test_the_stress_test_is_chosen_by_ticking_scenarios(open_run, store):
    run = open_run(stress_test, StressSpec())
    run.also(conditional_stress, ConditionalSpec, target="kind:equity", size=-0.2)
    run.also(reverse_stress, ReverseSpec, fraction=0.1)
    run.also(sensitivity_ladder, LadderSpec)
    run.controls()
    run.show(charts.stress_scenarios)
    run.panel.fields["scenarios"].widget._boxes["boom"].value = False
    assert run.wait(60)
    assert [row.scenario.name for row in run.result.rows] == ["crash"]
    assert "scenarios=crash" in run.panel.state.value


def test_a_parameter_that_reaches_nothing_is_refused(surroundings, shown):
    run = notebook.open_run(stress_test, "demo", "latest", StressSpec(), surroundings("lab", "portfolio_var"))
    with pytest.raises(RiskkitError, match="method, confidence_level"):
        run.controls()
