"""A panel on a live page: told of every answer, it moves the controls and has the page read again."""

from datetime import date

import pytest
from ipywidgets import HTML

from riskkit import InputError, VarSpec, portfolio_var
from riskkit.panels import PANELS
from riskkit.store.inputs import load_inputs

SPEC = VarSpec("historical", 0.99, 1, 250)


class Notes:
    """A panel that keeps what it was told."""

    def __init__(self, desk):
        self.desk, self.box, self.seen = desk, HTML(), []

    def answered(self, shown):
        self.seen.append((shown.values["method"], shown.result.var))

    def unanswered(self, values):
        self.seen.append((values["method"], None))


@pytest.fixture
def opened(open_run, monkeypatch):
    monkeypatch.setitem(PANELS, "notes", Notes)
    run = open_run(portfolio_var, SPEC)
    run.controls()
    run.act("notes")
    return run, run.panels["notes"]


def test_it_is_told_what_the_page_shows_first_and_after_every_move(opened):
    run, panel = opened
    assert panel.seen == [("historical", run.result.var)]
    run.panel.fields["method"].widget.value = "parametric"
    assert run.wait(60)
    assert panel.seen[1:] == [("parametric", run.result.var)]


def test_it_moves_the_controls_through_the_same_validator(opened):
    run, panel = opened
    panel.desk.move({"horizon_days": 10})
    assert run.wait(60)
    assert run.result.spec.horizon_days == 10
    assert run.panel.fields["horizon_days"].read() == 10
    with pytest.raises(InputError, match="horizon_days"):
        panel.desk.move({"horizon_days": 0})
    assert run.result.spec.horizon_days == 10


def test_what_it_wrote_is_read_again(opened, store):
    run, panel = opened
    before, ref = run.result, store.portfolios()[0]
    own = store.portfolio(ref, date.max)
    store.import_portfolio(ref.team, ref.slug, ref.title, ref.base_currency, own.positions[:1], before.as_of)
    panel.desk.refresh()
    assert run.wait(60)
    inputs = load_inputs(store, ref.path, "latest", 250)
    assert run.result.var == portfolio_var(inputs.portfolio, inputs.history, SPEC).var != before.var


def test_it_is_told_when_there_is_no_answer_and_what_was_asked(opened, store):
    run, panel = opened
    ref = store.portfolios()[0]
    held = {position.symbol: None for position in store.portfolio(ref, date.max).positions}
    store.change_positions(ref, store.revision(ref), store.begins(ref), held, [])
    panel.desk.refresh()
    assert run.wait(60)
    assert panel.seen[-1] == ("historical", None)


def test_an_unknown_panel_is_named_with_those_there_are(opened):
    with pytest.raises(InputError, match=r"panel: got 'nothing'; expected one of .*notes"):
        opened[0].act("nothing")
