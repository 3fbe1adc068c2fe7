"""The run that is open on a page: read in a thread, kept up to date, and what its reader may do with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ipywidgets import HTML, Button, Dropdown, HBox, Layout, Text, Textarea, VBox
from markupsafe import Markup

from riskkit.charts.numbers import day
from riskkit.charts.runs import go
from riskkit.errors import RiskkitError, Unavailable
from riskkit.panels.desk import Desk, Shown
from riskkit.panels.runs import detail
from riskkit.panels.runs.compare import Comparison, compare, drawn
from riskkit.panels.runs.talk import CommentForm, DecisionForm, RerunForm
from riskkit.panels.runs.watch import Known, Watch
from riskkit.status import ReportRuns
from riskkit.store.contract import RunRecord
from riskkit.store.jobs import Job
from riskkit.store.reviews import Story
from riskkit.widgets.card import REFRESHING
from riskkit.widgets.errands import Errands
from riskkit.widgets.sentence import sentence
from riskkit.wording import heading

_NONE = (
    '<h3 class="rk-title">One run</h3><p class="rk-nothing">Open a run in the list or the calendar: its page, figures '
    "and gates, what was said of it, and its approval are shown here.</p>"
)
_ROADS = {True: "Changes by others appear at once.", False: "The page looks for changes by others every few seconds."}
#: Runs that another one can be compared with.
_MOST_OTHERS = 200


class RunsPanel:
    """The open run of the page `report_runs`.

    Parameters
    ----------
    desk : Desk

    Attributes
    ----------
    box : VBox
    comment, decision, rerun : forms
    other, compare : Dropdown, Button
        Which run to compare with.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._reading, self._writing, self._comparing, self._following = Errands(), Errands(), Errands(), Errands()
        self._watch = Watch(desk.store, self._reading.tell, desk.refresh, self._talked, self._road)
        self._shown: Shown | None = None
        self._wanted = ""  # the run that the page is to show
        self._open: tuple[RunRecord, Story] | None = None
        self._typed_for = ""
        self._unsent: dict[tuple[str, Text | Textarea], str] = {}
        self._role = "viewer"
        self._head, self._body, self._said = _html(), _html(), _html()
        self.comment = CommentForm(self._comment)
        self.decision = DecisionForm(self._decide)
        self.rerun = RerunForm(self._make_again)
        self.other = Dropdown(description="Compare with", options=[("no other run", "")], value="")
        self.compare = Button(description="Compare")
        self.compare.on_click(lambda _button: self._compare())
        self._difference, self._live = _html(), _html()
        self.box = VBox([], layout=Layout(width="100%", overflow="visible"))
        self.box.add_class("rk-panel")
        self.box.add_class("rk-run")
        self._close()

    def answered(self, shown: Shown) -> None:
        """The list is another one, or another run is to be opened."""
        before, self._shown = self._shown, shown
        self._wanted = wanted = str(shown.values.get("run_id", ""))
        if not wanted:
            self._close()
        elif self._open is None or self._open[0].id != wanted or before is None:
            self._read(wanted)
        else:
            self._offer_others(self._open[0])
        self._follow()

    def _read(self, wanted: str) -> None:
        self.box.add_class(REFRESHING)
        store, shown = self._desk.store, self._shown

        def work() -> tuple[RunRecord, Story, str]:
            record = store.run(wanted)
            team = shown.inputs.ref.team if shown else ""
            return record, store.story(wanted), self._desk.role(team)

        self._reading.send(
            work,
            lambda found: self._opened(found) if wanted == self._wanted else None,
            lambda error: self._failed(error) if wanted == self._wanted else None,
        )

    def _opened(self, found: tuple[RunRecord, Story, str]) -> None:
        record, story, role = found
        fresh = self._open is None or self._open[0].id != record.id
        if fresh:
            self._difference.value = self._said.value = ""
            self.rerun.line.say("")
            self.rerun.line.busy(False)
            self._turn_texts(record.id)
        self._open, self._role = (record, story), role
        self.box.children = self._parts()
        self._head.value = str(detail.head(record, story) + _closing())
        self._body.value = str(detail.body(record, story))
        self._tell_forms(record, story)
        self._offer_others(record)
        self.box.remove_class(REFRESHING)
        self._follow()

    def _turn_texts(self, run_id: str) -> None:
        """What was typed of one run and not sent is not said of another; it is there again when one comes back."""
        for field in (self.comment.text, self.decision.reason, self.rerun.reason):
            self._unsent[self._typed_for, field] = field.value
            field.value = self._unsent.pop((run_id, field), "")
        self._typed_for = run_id

    def _sent(self, run_id: str, field: Text | Textarea) -> None:
        """What was typed of the run is written: its field is empty again, also when one comes back."""
        self._unsent.pop((run_id, field), None)
        if self._shows(run_id):
            field.value = ""

    def _parts(self) -> tuple[Any, ...]:
        beside = HBox([self.decision.box, self.comment.box], layout=Layout(width="100%"))
        beside.add_class("rk-run-talk")
        compared = HBox([self.other, self.compare], layout=Layout(width="100%"))
        self.other.add_class("rk-control")
        self.compare.add_class("rk-request")
        compared.add_class("rk-run-compare")
        title = HTML('<h4 class="rk-small-title">What is different?</h4>')
        return (
            self._head,
            self._said,
            beside,
            self._body,
            self.rerun.box,
            title,
            compared,
            self._difference,
            self._live,
        )

    def _tell_forms(self, record: RunRecord, story: Story) -> None:
        self.comment.show(story)
        self.decision.show(record, story, self._role)
        self.rerun.show(record, self._role)

    def _close(self) -> None:
        self._open = None
        self._head.value = _NONE
        self.box.children = (self._head, self._said, self._live)
        self.box.remove_class(REFRESHING)

    def _failed(self, error: Exception) -> None:
        self._close()
        self._head.value = _NONE
        self._tell_wrong(error)

    def _talked(self, run_id: str, story: Story) -> None:
        """Somebody has said or decided something of a run, which may be open no more."""
        if self._open is not None and self._open[0].id == run_id:
            self._opened((self._open[0], story, self._role))

    def _shows(self, run_id: str) -> bool:
        return self._open is not None and self._open[0].id == run_id

    def _road(self, live: bool) -> None:
        self._live.value = str(
            Markup('<p class="rk-sub rk-road" data-road="{}">{}</p>').format(
                "live" if live else "polling", _ROADS[live]
            )
        )

    def _follow(self) -> None:
        """What is shown now is what the watch compares with."""
        if self._shown is None or self._shown.inputs.runs is None:
            return
        run, story = ("", None) if self._open is None else (self._open[0].id, self._open[1])
        self._watch.follow(Known(self._shown.inputs.ref, self._shown.inputs.runs, run, story))

    def _comment(self, text: str) -> None:
        self._write(lambda record, _story: self._desk.store.comment(record.team_id, record.id, text), self.comment.text)

    def _decide(self, decision: str, reason: str) -> None:
        self._write(
            lambda record, story: self._desk.store.decide(record.id, story.hash, decision, reason), self.decision.reason
        )

    def _write(self, write: Callable[[RunRecord, Story], None], field: Text | Textarea) -> None:
        """Write something of the open run, as it is shown, and read its story again."""
        if self._open is None or self.comment.button.disabled:  # pressed twice, it is written once
            return
        record, story = self._open
        self._said.value = ""
        self._busy(True)

        def work() -> Story:
            write(record, story)
            return self._desk.store.story(record.id)

        def done(now: Story) -> None:
            self._sent(record.id, field)
            self._busy(False)
            self._talked(record.id, now)
            self._desk.refresh()

        def failed(error: Exception) -> None:
            self._busy(False)
            self._tell_wrong(error)

        self._writing.send(work, done, failed)

    def _busy(self, busy: bool) -> None:
        self.comment.button.disabled = busy
        self.decision.busy(busy)

    def _make_again(self, reason: str) -> None:
        line, store = self.rerun.line, self._desk.store
        if self._open is None or line.button.disabled:
            return
        run_id = self._open[0].id
        line.busy(True)
        line.say("Asking …")

        def told(news: Job | Unavailable) -> None:
            self._following.tell(lambda: show(news))

        def show(news: Job | Unavailable) -> None:
            if not self._shows(run_id):
                return
            if isinstance(news, Unavailable):
                line.say(str(news), "rk-bad")
            else:
                line.tell(news)

        def done(_nothing: None) -> None:
            self._sent(run_id, self.rerun.reason)
            if self._shows(run_id):
                line.busy(False)

        def failed(error: Exception) -> None:
            if self._shows(run_id):
                line.busy(False)
                line.say(sentence(error), "rk-bad")

        self._following.send(lambda: store.follow(store.rerun(run_id, reason), told), done, failed)

    def _compare(self) -> None:
        if self._open is None or not self.other.value:
            return
        after, before, store = self._open[0].id, str(self.other.value), self._desk.store
        self._difference.value = '<p class="rk-sub" role="status">Comparing …</p>'
        self.compare.disabled = True
        self._comparing.send(lambda: compare(store, before, after), self._compared, self._not_compared)

    def _compared(self, found: Comparison) -> None:
        self.compare.disabled = False
        if self._open is not None and found.after.id == self._open[0].id:
            self._difference.value = str(drawn(found))

    def _not_compared(self, error: Exception) -> None:
        self.compare.disabled = False
        self._difference.value = str(_wrong(error))

    def _offer_others(self, record: RunRecord) -> None:
        """Runs of the same report first, the one before this one chosen."""
        if self._shown is None or not isinstance(self._shown.result, ReportRuns):
            return
        others = [one for one in self._shown.result.seen.runs if one.id != record.id][:_MOST_OTHERS]
        others.sort(key=lambda one: one.report != record.report)
        options = [
            (f"{heading(one.report)}, {day(one.as_of)}, made {detail.moment(one.run_at)}", one.id) for one in others
        ]
        chosen = self.other.value
        if record.place.supersedes and all(one.id != record.place.supersedes for one in others):
            options.append(("the run it supersedes", record.place.supersedes))
        known = {value for _, value in options}
        earlier = next((one.id for one in others if one.report == record.report and one.as_of < record.as_of), "")
        first = next(iter(known & {record.place.supersedes or ""}), earlier or (options[0][1] if options else ""))
        self.other.options = options or [("no other run", "")]
        self.other.value = chosen if chosen in known else first
        self.compare.disabled = not options

    def _tell_wrong(self, error: Exception) -> None:
        self._said.value = str(_wrong(error))
        if isinstance(error, RiskkitError) and self._open is not None:
            self._watch.look()


def _html() -> HTML:
    return HTML(layout=Layout(margin="0", width="100%"))


def _closing() -> Markup:
    return Markup('<p class="rk-links">{}</p>').format(go("run_id=", "Close this run"))


def _wrong(error: Exception) -> Markup:
    return Markup('<div class="rk-say rk-bad" role="alert">{}</div>').format(sentence(error))
