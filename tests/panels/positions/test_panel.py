"""Editing a book on its page: what is typed, what is unsaved, one save, undo, and two editors."""

import json
from datetime import date

import pytest

from riskkit.portfolio import Equity, Position
from riskkit.store.memory import MemoryStore

FIRST, LAST = date(2019, 1, 1), date(2019, 3, 12)


def test_an_edit_is_unsaved_until_it_is_saved_and_then_a_change_with_a_name(open_page):
    page = open_page()
    page.type("AAA", "120")
    assert page.panel.edits.wanted == {"AAA": 120.0}
    assert page.held()["AAA"] == 100
    assert "100 → 120" in page.panel.grid.source.data["change"][0]
    assert "+298" in page.form.unsaved.value, "20 more at 14.90"
    page.save()
    assert page.held() == {"AAA": 120, "BBB": -50, "USD cash": 1000}
    assert page.held(date(2019, 3, 11))["AAA"] == 100, "the day before the edit counts is as it was"
    assert not page.panel.edits
    assert page.refreshed == 2
    assert "AAA" in page.panel.history.value
    assert "ann@atlas.example" in page.panel.history.value


@pytest.mark.parametrize("typed", ["NaN", "1e400", "inf", "text", "", "0x10", "1,2,3", "9" * 500, "1e15", None, 5e300])
def test_a_quantity_that_is_none_is_said_with_field_value_and_expectation(open_page, typed):
    page = open_page()
    page.type("AAA", typed)
    assert "Quantity of AAA" in page.form.fault.value
    assert "expected a number of units such as 1,200" in page.form.fault.value
    assert 'role="alert"' in page.form.fault.value
    assert not page.panel.edits
    assert page.panel.grid.source.data["quantity"][0] == "100", "the grid shows what holds"


def test_the_form_adds_what_the_team_knows_and_names_what_it_does_not(open_page):
    page = open_page()
    page.put("ccc", "1,200.5")
    assert page.panel.edits.wanted == {"CCC": 1200.5}
    page.put("AAB", "1")
    assert "did you mean AAA?" in page.form.fault.value
    page.put("<img src=x>", "1")
    assert "&lt;img" in page.form.fault.value
    page.put("DDD", "1")
    assert "an instrument with prices" in page.form.fault.value
    assert page.panel.edits.wanted == {"CCC": 1200.5}
    page.save()
    assert page.held()["CCC"] == 1200.5


def test_ticked_positions_are_removed_when_saved(open_page):
    page = open_page()
    page.form.remove.click()
    assert "none ticked" in page.form.fault.value
    page.panel.grid.source.selected.indices = [1, 99, -4]
    page.form.remove.click()
    assert page.panel.edits.wanted == {"BBB": None}
    page.save()
    assert "BBB" not in page.held()
    assert page.held(date(2019, 3, 11))["BBB"] == -50


def test_undo_takes_back_the_last_change_and_is_on_record(open_page):
    page = open_page()
    assert page.form.undo.disabled, "an import that made the book is not undone here"
    page.type("AAA", "120").save()
    page.form.undo.click()
    page.settle()
    assert page.held()["AAA"] == 100
    assert "Undo of change 2" in page.panel.history.value or "undo of change 2" in page.panel.history.value


def test_the_second_of_two_editors_is_told_and_loses_nothing(open_page):
    ann, ben = open_page("ann"), open_page("ben")
    ann.type("AAA", "120")
    ben.type("BBB", "-60").save()
    ann.save()
    assert "Nothing was written, because meanwhile ben@atlas.example" in ann.form.said.value
    assert "BBB −50 → −60" in ann.form.said.value
    assert ann.panel.edits.wanted == {"AAA": 120.0}
    ann.save()
    assert ann.held() == {"AAA": 120, "BBB": -60, "USD cash": 1000}


@pytest.mark.parametrize(("mine", "expected"), [(True, 120), (False, 130)])
def test_where_both_changed_the_same_position_somebody_chooses(open_page, mine, expected):
    ann, ben = open_page("ann"), open_page("ben")
    ann.type("AAA", "120")
    ben.type("AAA", "130").save()
    ann.panel.watch.look()
    ann.settle()
    assert "Meanwhile ben@atlas.example" in ann.form.said.value
    assert ann.panel.edits.clashes == {"AAA": 100.0}
    assert ann.form.save.disabled
    assert ann.form.clash.layout.display is None
    assert "130 → 120" in ann.panel.grid.source.data["change"][0]
    (ann.form.mine if mine else ann.form.theirs).click()
    ann.save()
    assert ann.held()["AAA"] == expected


def test_who_has_nothing_unsaved_follows(open_page):
    ann, ben = open_page("ann"), open_page("ben")
    ben.type("AAA", "130").save()
    ann.panel.watch.look()
    ann.settle()
    assert "Just now ben@atlas.example" in ann.form.said.value
    assert ann.refreshed == 2
    assert ann.panel.grid.source.data["quantity"][0] == "130"


def test_what_others_change_before_ones_own_save_is_shown_is_told(open_page):
    ann, ben = open_page("ann"), open_page("ben")
    ann.slow = True
    ann.type("AAA", "120").save()
    ben.panel.watch.look()
    ben.settle().type("BBB", "-60").save()
    ann.panel.watch.look()
    ann.settle()
    ann.slow = False
    ann.refresh()
    ann.settle()
    assert "Just now ben@atlas.example" in ann.form.said.value
    assert "BBB −50 → −60" in ann.form.said.value
    assert "AAA" not in ann.form.said.value, "one's own change is no news"
    assert ann.panel.grid.source.data["quantity"][1] == "−60"


def test_a_viewer_sees_no_controls_and_a_forged_message_writes_nothing(open_page, database):
    page = open_page("vic")
    assert page.panel.box.children[0].layout.display == "none"
    assert "ann@atlas.example" in page.panel.history.value
    page.type("AAA", "1").save()
    assert "takes the role analyst" in page.form.said.value
    assert page.held()["AAA"] == 100


def test_unsaved_changes_are_kept_by_the_browser_and_come_back(open_page):
    page = open_page()
    page.type("AAA", "120").put("CCC", "3")
    text = page.panel.draft.value
    assert json.loads(text)["wanted"] == {"AAA": 120.0, "CCC": 3.0}
    again = open_page()
    again.panel._restored(text)
    again.settle()
    assert again.panel.edits.wanted == {"AAA": 120.0, "CCC": 3.0}
    again.save()
    assert again.panel.draft.value == ""
    assert again.held()["CCC"] == 3


@pytest.mark.parametrize(
    "text",
    [
        "x", "[]", "{}", '{"revision": 1, "day": "2019-01-02", "wanted": {"AAA": "x"}, "new": []}',
        '{"revision": 1, "day": "2019-01-02", "wanted": {"AAA": NaN}, "new": []}',
        '{"revision": 1, "day": "2019-01-02", "wanted": {"AAA": 1e400}, "new": []}',
        '{"revision": 1, "day": "never", "wanted": {"AAA": 1}, "new": []}',
        '{"revision": 1, "day": "2019-01-02", "wanted": {"AAA": true}, "new": []}',
        '{"revision": 1, "day": "2019-01-02", "wanted": {"AAA": 1}, "new": [{"symbol": "AAA"}]}',
        "[" * 5000,
    ],
)  # fmt: skip
def test_a_draft_that_is_none_is_refused(open_page, text):
    page = open_page()
    page.panel._restored(text)
    page.settle()
    assert "Draft" in page.form.said.value
    assert not page.panel.edits


def test_a_draft_of_an_older_book_is_shown_against_the_newer_one(open_page):
    ann = open_page("ann")
    ann.type("AAA", "120")
    text = ann.panel.draft.value
    open_page("ben").type("AAA", "130").save()
    again = open_page("ann")
    again.panel._restored(text)
    again.settle()
    assert "Your unsaved changes are back. Since then ben@atlas.example" in again.form.said.value
    assert "AAA" in again.panel.edits.clashes


def test_edits_from_another_day_on_leave_the_days_before(open_page):
    page = open_page()
    page.form.day.value = date(2019, 2, 1)
    page.settle()
    page.type("AAA", "7").save()
    assert page.held(date(2019, 1, 31))["AAA"] == 100
    assert page.held(date(2019, 2, 1))["AAA"] == 7
    page.form.day.value = date(2019, 1, 15)
    page.settle()
    page.type("AAA", "8")
    assert "Takes the place of what was to be held later: AAA" in page.form.unsaved.value
    page.form.day.value = None
    page.settle()
    assert "Counts from" in page.form.fault.value


def test_discard_leaves_everything_as_it_is(open_page):
    page = open_page()
    page.type("AAA", "7")
    page.form.discard.click()
    assert not page.panel.edits
    assert page.panel.grid.source.data["quantity"][0] == "100"
    assert page.panel.draft.value == ""


@pytest.fixture
def emptied(database):
    """A book whose only position was taken out again."""
    store = MemoryStore(database, "ann@atlas.example")
    held = [Position(Equity("AAA", "USD", sector="Energy"), 1.0)]
    ref = store.import_portfolio("atlas", "new", "New book", "USD", held, FIRST)
    store.change_positions(ref, store.revision(ref), FIRST, {"AAA": None}, [])


@pytest.mark.usefixtures("emptied")
def test_a_book_that_holds_nothing_is_filled_on_its_page(open_page):
    page = open_page(book="new")
    assert page.panel._editor.layout.display is None, "the editor is there"
    assert "New book holds nothing yet" in page.form.said.value
    assert page.form.day.value == LAST, "from the last day with prices on"
    page.put("AAA", "10")
    page.save()
    assert page.held() == {"AAA": 10}
    assert "holds nothing" not in page.form.said.value


@pytest.mark.usefixtures("emptied")
def test_who_may_not_edit_is_offered_nothing_for_an_empty_book_either(open_page):
    assert open_page("vic", book="new").panel._editor.layout.display == "none"
