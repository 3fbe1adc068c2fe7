"""What comes back late is of the run that was asked about, and is not shown for another one."""

from threading import Event

from riskkit.errors import Unavailable
from riskkit.store.memory import MemoryStore
from tests.panels.runs.conftest import FIRST, SECOND, mail, text


class Slow(MemoryStore):
    """A store whose stories, and what it tells of a job, wait for `gate`."""

    def __init__(self, of, email):
        super().__init__(of._db, email)
        self.gate = Event()
        self.gate.set()

    def story(self, run_id):
        found = super().story(run_id)
        if run_id == SECOND:
            assert self.gate.wait(30)
        return found

    def follow(self, job_id, tell):
        assert self.gate.wait(30)
        tell(Unavailable("Nothing is known of the job."))


def turn(run, run_id):
    run._move({"run_id": run_id})
    assert run.wait(30)


def test_a_comment_that_is_written_late_is_not_shown_under_another_run(opened, stores):
    stores["viewer"] = store = Slow(stores["viewer"], mail("viewer"))
    run, panel = opened("viewer", SECOND)
    store.gate.clear()
    panel.comment.text.value, panel.decision.reason.value = "Of the second.", "Not yet."
    panel.comment.button.click()
    turn(run, FIRST)
    assert panel._reading.wait(30)
    panel.comment.text.value = "Of the first, unsent."
    store.gate.set()
    panel.settle()
    assert panel._open[0].id == FIRST
    assert "Of the second." not in text(panel)
    assert panel.comment.text.value == "Of the first, unsent."
    turn(run, SECOND)
    panel.settle()
    assert "Of the second." in text(panel)
    assert (panel.comment.text.value, panel.decision.reason.value) == ("", "Not yet."), (
        "what is sent goes, the rest stays"
    )


def test_what_was_typed_of_one_run_is_not_said_of_another(opened):
    run, panel = opened("approver", SECOND)
    panel.comment.text.value, panel.decision.reason.value = "Of the second.", "Its close was wrong."
    turn(run, FIRST)
    panel.settle()
    assert (panel.comment.text.value, panel.decision.reason.value) == ("", "")
    panel.comment.text.value = "Of the first."
    turn(run, "")
    turn(run, SECOND)
    panel.settle()
    assert (panel.comment.text.value, panel.decision.reason.value) == ("Of the second.", "Its close was wrong.")
    turn(run, FIRST)
    panel.settle()
    assert panel.comment.text.value == "Of the first."


def test_a_run_that_was_closed_before_it_was_read_stays_closed(opened, stores):
    stores["viewer"] = store = Slow(stores["viewer"], mail("viewer"))
    run, panel = opened("viewer")
    store.gate.clear()
    turn(run, SECOND)
    turn(run, "")
    store.gate.set()
    panel.settle()
    assert panel._open is None
    assert "Open a run in the list" in text(panel)


def test_a_button_that_is_pressed_twice_writes_once(opened, stores):
    stores["approver"] = store = Slow(stores["approver"], mail("approver"))
    _, panel = opened("approver", SECOND)
    store.gate.clear()
    panel.comment.text.value = "Once."
    panel.comment.button.click()
    panel.comment.button.click()
    store.gate.set()
    panel.settle()
    store.gate.clear()
    panel.decision.approve.click()
    panel.decision.approve.click()
    store.gate.set()
    panel.settle()
    story = store.story(SECOND)
    assert [one.text for one in story.comments] == ["Once."]
    assert len(story.decisions) == 1
    panel.comment.text.value = "Twice."
    panel.comment.button.click()
    panel.settle()
    assert len(store.story(SECOND).comments) == 2


def test_how_a_job_fares_is_told_under_its_own_run(opened, stores):
    stores["quant"] = store = Slow(stores["quant"], mail("quant"))
    run, panel = opened("quant", SECOND)
    line = panel.rerun.line
    store.gate.clear()
    panel.rerun.reason.value = "The close was wrong."
    line.button.click()
    assert line.button.disabled
    turn(run, FIRST)
    assert panel._reading.wait(30)
    assert not line.button.disabled
    store.gate.set()
    panel.settle()
    assert "Nothing is known" not in line.line.value
    turn(run, SECOND)
    panel.settle()
    assert panel.rerun.reason.value == "", "it was asked"
    panel.rerun.reason.value = "The close was wrong again."
    line.button.click()
    panel.settle()
    assert "Nothing is known of the job." in line.line.value
