"""What people say of a run: a comment, a decision, and that it must be made again. The database decides who may."""

from __future__ import annotations

from collections.abc import Callable

from ipywidgets import HTML, Button, HBox, Layout, Text, Textarea, VBox
from markupsafe import Markup

from riskkit.panels.runs import detail
from riskkit.store.contract import RunRecord
from riskkit.store.reviews import Story
from riskkit.widgets.request import RequestLine

_RANKS = ("viewer", "analyst", "approver", "admin")


class CommentForm:
    """The comments, and a box for another one.

    Parameters
    ----------
    say : callable
        Told the text.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._list = HTML(layout=Layout(margin="0", width="100%"))
        self.text = Textarea(description="Your comment", placeholder="Text; the team sees it with your name")
        self.button = Button(description="Add comment")
        self.button.on_click(lambda _button: say(self.text.value))
        self.text.add_class("rk-control")
        self.button.add_class("rk-request")
        title = HTML('<h4 class="rk-small-title">Comments</h4>')
        self.box = VBox([title, self._list, self.text, self.button], layout=Layout(width="100%"))

    def show(self, story: Story) -> None:
        """The comments there are."""
        self._list.value = str(detail.comments(story))


class DecisionForm:
    """What was decided, and who may decide how; who may not sees why.

    Parameters
    ----------
    decide : callable
        Told the decision and the reason.
    """

    def __init__(self, decide: Callable[[str, str], None]) -> None:
        self._list = HTML(layout=Layout(margin="0", width="100%"))
        self._why = HTML(layout=Layout(margin="0", width="100%"))
        self.reason = Text(description="Reason", placeholder="Needed to reject")
        self.approve = Button(description="Approve")
        self.reject = Button(description="Reject")
        self.approve.on_click(lambda _button: decide("approved", self.reason.value))
        self.reject.on_click(lambda _button: decide("rejected", self.reason.value))
        self.reason.add_class("rk-control")
        for one in (self.approve, self.reject):
            one.add_class("rk-request")
        self._form = VBox([self.reason, HBox([self.approve, self.reject])], layout=Layout(width="100%"))
        title = HTML('<h4 class="rk-small-title">Approval</h4>')
        self.box = VBox([title, self._list, self._form, self._why], layout=Layout(width="100%"))

    def show(self, record: RunRecord, story: Story, role: str) -> None:
        """What stands, and the buttons for who may press them."""
        self._list.value = str(detail.decisions(story))
        why = _why_not(record, story, role)
        self._form.layout.display = "none" if why else None
        bound = f"A decision is bound to what you see: hash {story.hash[:12]}…; another run needs another one."
        self._why.value = str(Markup('<p class="rk-sub">{}</p>').format(why or bound))

    def busy(self, busy: bool) -> None:
        """While it is being written there is no second one."""
        self.approve.disabled = self.reject.disabled = busy


class RerunForm:
    """A reason, a button, and the line that says how the job fares; nothing for who may not ask.

    Parameters
    ----------
    ask : callable
        Told the reason.
    """

    def __init__(self, ask: Callable[[str], None]) -> None:
        self.reason = Text(description="Why it is made again", placeholder="What was wrong with its data")
        self.line = RequestLine(lambda: ask(self.reason.value), "../reports/")
        self.line.button.description = "Make it again"
        self.line.button.tooltip = "Queue it again with its parameters; the new run supersedes it"
        self.reason.add_class("rk-control")
        self._form = VBox([self.reason, self.line.box], layout=Layout(width="100%"))
        title = HTML('<h4 class="rk-small-title">Make it again</h4>')
        self.box = VBox([title, self._form], layout=Layout(width="100%", display="none"))

    def show(self, record: RunRecord, role: str) -> None:
        """For analysts and up, of an official run that nothing has superseded."""
        may = _RANKS.index(role) >= _RANKS.index("analyst") and record.official and record.place.current
        self.box.layout.display = None if may else "none"
        self.line.allow(may)


def _why_not(record: RunRecord, story: Story, role: str) -> str:
    """Why the reader cannot decide; empty: they may."""
    if not record.official:
        return "Only official runs are approved; this is a person's own."
    if not record.place.current:
        return "It was superseded: decide on the run that took its place."
    if story.mine:
        return "You are its author, so another approver decides on it."
    if _RANKS.index(role) < _RANKS.index("approver"):
        return "An approver of the team decides on it."
    return ""
