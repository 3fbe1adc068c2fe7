"""Keeping what was built: for the team, by its analysts, under a name of its own, and taken back on the same page."""

from threading import Event

import pytest

from riskkit.errors import InputError
from riskkit.store.memory import MemoryStore
from riskkit.stress import BUILT, stress_test

QUANT, VIEWER = "quant@atlas.example", "viewer@atlas.example"


def fill(page, **texts):
    fields = page.panel.shelf.form.fields
    for name, text in {"title": "Our view", "source": "The desk", **texts}.items():
        fields[name].value = text
    return page.panel.shelf


def wrong(page):
    return {name: error.value for name, error in page.panel.shelf.form._errors.items() if error.value}


def library(page):
    return {scenario.name: scenario for scenario in page.store.scenarios(page.inputs.ref)}


@pytest.fixture
def built(page):
    """A page on which something is built, the rest following."""
    shown = page(shocks="equity:-0.2", rest="follow")
    shown.outcome = next(row.pnl for row in shown.result().rows if row.scenario.name == BUILT)
    return shown


def test_what_is_saved_gives_the_builders_figure_again(built):
    fill(built, description="What we fear").form.button.click()
    built.settled()
    assert wrong(built) == {}
    kept = library(built)["our_view"]
    assert (kept.title, kept.source, kept.description, kept.own) == ("Our view", "The desk", "What we fear", True)
    assert {shock.target for shock in kept.shocks} == {"kind:equity", "AAA.vol", "EURUSD"}
    again = stress_test(built.inputs.portfolio, built.inputs.over(None), [kept]).rows[0]
    assert again.pnl == built.outcome
    assert "Team’s own" in built.panel._library.value
    assert "our_view" in [row.scenario.name for row in built.result().rows]
    assert built.panel.shelf.form.fields["title"].value == ""


def test_it_is_taken_back_on_the_same_page(built):
    fill(built).form.button.click()
    built.settled()
    built.panel.shelf.kept.button.click()
    built.settled()
    assert "our_view" not in library(built)
    assert "no longer saved" in built.panel.shelf.kept.line.value
    assert built.panel.shelf.kept.button.layout.display == "none"


def test_a_taken_name_says_so_at_its_field_and_may_be_replaced_and_restored(built, named):
    built.store.add_scenario(built.inputs.ref, named("our_view", title="The old one"))
    fill(built).form.button.click()
    built.settled()
    assert "has a scenario of this name: “The old one”" in wrong(built)["name"]
    assert library(built)["our_view"].title == "The old one"
    assert built.panel.shelf.form.instead.layout.display is None
    built.panel.shelf.form.instead.click()
    built.settled()
    assert library(built)["our_view"].title == "Our view"
    built.panel.shelf.kept.button.click()
    built.settled()
    assert library(built)["our_view"].title == "The old one"


def test_the_name_of_a_shared_one_may_be_used_by_intent(built):
    fill(built, name="crash").form.button.click()
    built.settled()
    assert "the shared scenario" in wrong(built)["name"]
    built.panel.shelf.form.instead.click()
    built.settled()
    assert library(built)["crash"].own
    built.panel.shelf.kept.button.click()
    built.settled()
    assert not library(built)["crash"].own


def test_the_teams_own_is_deleted_and_brought_back(built, named):
    built.store.add_scenario(built.inputs.ref, named("old", title="<b>Old</b>"))
    built.refresh()
    built.settled()
    shelf = built.panel.shelf
    shelf.mine.value = "old"
    shelf.delete.click()
    built.settled()
    assert "old" not in library(built)
    assert "“&lt;b&gt;Old&lt;/b&gt;” is deleted" in shelf.gone.line.value
    shelf.gone.button.click()
    built.settled()
    assert library(built)["old"].title == "<b>Old</b>"
    assert "<b>Old" not in built.panel._library.value


@pytest.mark.parametrize(
    ("texts", "field", "said"),
    [
        ({"title": ""}, "name", "a scenario name"),
        ({"title": "", "name": "ok"}, "title", "1 to 200 characters"),
        ({"title": "x" * 300}, "title", "1 to 200 characters"),
        ({"title": "a\u202eb", "name": "ok"}, "title", "direction-changing"),
        ({"source": ""}, "source", "1 to 200 characters"),
        ({"name": "Not A Name"}, "name", "lower-case"),
        ({"name": "1st"}, "name", "lower-case"),
        ({"name": "n" * 64}, "name", "63"),
        ({"name": BUILT}, "name", "another name"),
        ({"description": "x" * 2500}, "description", "at most 2000"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_is_kept(built, texts, field, said):
    before = library(built)
    fill(built, **texts).form.button.click()
    built.settled()
    assert said in wrong(built)[field]
    assert library(built) == before


def test_nothing_built_is_nothing_to_keep(page):
    shown = page()
    assert shown.panel.shelf.form.button.disabled
    fill(shown).save(instead=False)
    shown.settled()
    assert "every slider stands at zero" in wrong(shown)["title"]


def test_a_viewer_plays_is_offered_nothing_and_a_forged_message_is_refused(page, database, named):
    MemoryStore(database, QUANT).add_scenario(page().inputs.ref, named("old"))
    shown = page(VIEWER, shocks="equity:-0.2")
    shelf = shown.panel.shelf
    assert shelf.keep.children == shelf.own.children == ()
    assert "data-built" in shown.panel._result.value
    before = library(shown)
    fill(shown).form.button.click()
    shown.settled()
    assert "takes the role analyst" in shelf.kept.line.value
    shelf.mine.value = "old"
    shelf.delete.click()
    shown.settled()
    assert library(shown) == before
    with pytest.raises(InputError):
        shown.store.remove_scenario(shown.inputs.ref, "crash")


def test_what_is_pressed_while_something_is_written_overtakes_nothing(built, named, monkeypatch):
    built.store.add_scenario(built.inputs.ref, named("old"))
    built.refresh()
    built.settled()
    shelf, gate, add = fill(built), Event(), built.store.add_scenario
    monkeypatch.setattr(built.store, "add_scenario", lambda *given: gate.wait(30) and add(*given))
    shelf.mine.value = "old"
    shelf.form.button.click()
    assert shelf.delete.disabled
    shelf.delete.click()  # as a forged message would
    gate.set()
    built.settled()
    assert {"old", "our_view"} <= library(built).keys()
    assert not shelf.delete.disabled
    fill(built, title="Another")
    shelf.delete.click()
    built.settled()
    assert "old" not in library(built)
    assert shelf.form.fields["title"].value == "Another", "what is typed there was not saved yet"
