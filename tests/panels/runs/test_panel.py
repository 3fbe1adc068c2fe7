"""The page on runs: what it lists, what it lets whom do, and what it tells them instead."""

import pytest

from riskkit import InputError, charts
from riskkit.store.memory_reviews import run_hash
from tests.panels.runs.conftest import DAY, FIRST, OWN, SECOND, mail, text


def offered(panel):
    """What a reader may press."""
    forms = {"approve": panel.decision._form, "rerun": panel.rerun.box}
    return {name for name, box in forms.items() if box.layout.display != "none"}


def test_latest_is_the_day_of_the_last_run_and_the_list_says_what_counts(opened):
    run, panel = opened("viewer")
    assert run.answer.inputs.as_of == DAY
    assert [(one.id, one.standing) for one in run.result.runs if one.official] == [
        (SECOND, "official"), (FIRST, "superseded")]  # fmt: skip
    listed = str(charts.runs_list(run.result).html)
    assert "not official" in listed
    assert "WARN" in listed
    assert f'data-go="run_id={SECOND}"' in listed
    assert "Open a run in the list" in text(panel)


def test_one_run_shows_its_figures_gates_history_and_escapes_what_people_wrote(opened):
    _, panel = opened("viewer", SECOND)
    said = text(panel)
    for words in ("VaR is 91 % of its limit.", "1,300,000", "method", "made by the service"):
        assert words in said
    assert "The close of &lt;b&gt;ACME&lt;/b&gt; was wrong." in said
    assert "<b>ACME" not in said
    assert f'data-to="../runs/{SECOND}"' in said


@pytest.mark.parametrize(
    ("who", "run_id", "may", "why"),
    [
        ("viewer", SECOND, set(), "An approver of the team decides"),
        ("quant", SECOND, {"rerun"}, "An approver of the team decides"),
        ("approver", SECOND, {"approve", "rerun"}, "bound to what you see"),
        ("approver", FIRST, set(), "It was superseded"),
        ("approver", OWN, set(), "Only official runs"),
    ],
)
def test_a_role_shapes_what_is_offered(opened, who, run_id, may, why):
    _, panel = opened(who, run_id)
    assert offered(panel) == may
    assert why in text(panel)


def test_a_comment_is_text_and_another_reader_sees_it_without_a_reload(opened, stores):
    _, panel = opened("viewer", SECOND)
    _, reader = opened("quant", SECOND)
    panel.comment.text.value = "Why <script>alert(1)</script>?\nTwice."
    panel.comment.button.click()
    panel.settle()
    assert panel.comment.text.value == ""
    reader._watch.look()
    reader.settle()
    assert "Why &lt;script&gt;alert(1)&lt;/script&gt;?\nTwice." in text(reader)
    assert mail("viewer") in text(reader)
    panel.comment.text.value = "  "
    panel.comment.button.click()
    panel.settle()
    assert "something to say" in text(panel)
    assert len(stores["viewer"].story(SECOND).comments) == 1


def test_four_eyes_a_rejection_wants_a_reason_and_the_last_decision_stands(opened):
    run, panel = opened("approver", SECOND)
    panel.decision.reject.click()
    panel.settle()
    assert "a reason for the rejection" in text(panel)
    panel.decision.reason.value = "The book was late."
    panel.decision.reject.click()
    panel.settle()
    assert "The book was late." in text(panel)
    panel.decision.approve.click()
    panel.settle()
    decided = next(one for one in run.result.runs if one.id == SECOND).decision
    assert (decided.decision, decided.by) == ("approved", mail("approver"))
    assert str(charts.runs_headline(run.result).html).count('data-metric="approved" data-value="1.0"') == 1


def test_a_run_that_is_no_longer_what_was_shown_is_not_decided_on(opened, stores):
    _, panel = opened("approver", SECOND)
    record, story = panel._open
    panel._open = (record, story.__class__(**{**vars(story), "hash": "0" * 64}))
    panel.decision.approve.click()
    panel.settle()
    assert "nothing was written" in text(panel)
    assert stores["viewer"].story(SECOND).decisions == ()
    assert story.hash == run_hash(record)


def test_a_forged_message_of_a_viewer_is_refused(opened, stores):
    _, panel = opened("viewer", SECOND)
    panel.decision.approve.click()  # the button is hidden; a message can press it all the same
    panel.settle()
    assert "takes the role approver" in text(panel)
    panel.rerun.reason.value = "forged"
    panel.rerun.line.button.click()
    panel.settle()
    assert "takes the role analyst" in panel.rerun.line.line.value
    assert stores["quant"].story(SECOND).decisions == ()


def test_two_runs_side_by_side(opened):
    _, panel = opened("viewer", SECOND)
    assert panel.other.value == FIRST, "the one it supersedes"
    panel.compare.click()
    panel.settle()
    said = text(panel)
    assert "Parameters, inputs, code and packages are the same." in said
    assert "1,200,000" in said
    assert "The change of VaR is not attributed" in said, "memory keeps no inputs"


def test_an_address_of_no_run_says_so_and_the_list_stays(opened):
    run, panel = opened("viewer", "90000000-0000-4000-8000-000000000000")
    assert "the id of a run that you may see" in text(panel)
    assert len(run.result.runs) == 3
    with pytest.raises(InputError):
        panel._desk.move({"run_id": "../x"})


def test_a_report_of_runs_is_chosen_and_closing_empties_the_address(opened):
    run, panel = opened("viewer", SECOND)
    panel._desk.move({"report": "stress_test"})
    panel.settle()
    assert {one.report for one in run.result.runs} == {"stress_test"}
    panel._desk.move({"run_id": ""})
    panel.settle()
    assert "Open a run in the list" in text(panel)
    assert "run_id" not in run.panel.state.value
