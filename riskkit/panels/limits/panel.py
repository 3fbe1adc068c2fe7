"""What approvers do on the page on limits; everybody in the team hears of it without a reload."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from ipywidgets import HTML, Layout, VBox
from markupsafe import Markup

from riskkit.errors import RiskkitError
from riskkit.limits import LimitFacts
from riskkit.panels.desk import Desk, Shown
from riskkit.panels.limits.forms import AcknowledgeForm, SetForm
from riskkit.panels.news import News
from riskkit.store.contract import PortfolioRef
from riskkit.store.limits import Limits
from riskkit.store.rest import Rest
from riskkit.widgets.errands import Errands
from riskkit.widgets.sentence import sentence

_log = logging.getLogger("riskkit.panels")
#: Roles that may say and set something.
_MAY = ("approver", "admin")
_TABLES = frozenset({"limits", "limit_acknowledgements", "report_runs"})


class LimitsPanel:
    """The panel `limits`.

    Attributes
    ----------
    box : VBox
        Empty for whoever may do nothing here.
    acknowledging, setting : forms
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._limits: Limits | None = None
        self._roles: dict[str, str] | None = None
        self._news: News | None = None
        self._shown: Shown | None = None
        self._writing = False
        self.acknowledging = AcknowledgeForm(self._acknowledge)
        self.setting = SetForm(self._set, self._end)
        self.box = VBox([], layout=Layout(margin="0", width="100%", display="none"))
        self.box.add_class("rk-stack")
        self._later = Errands().tell

    def answered(self, shown: Shown) -> None:
        """Another book, or the same one read again."""
        self._shown = shown
        if self._roles is None:
            _beside(self._learn)
        else:
            self._fill()

    def _learn(self) -> None:
        """Who is signed in, once: what a page offers; the database decides again."""
        store = self._desk.store
        if not isinstance(store, Rest):
            return  # a store in memory has nobody to set limits
        try:
            roles = dict(store.member().teams)
        except RiskkitError as error:
            _log.warning("nobody known to act", extra={"reason": str(error)})
            return  # whoever cannot be asked about is offered nothing
        self._limits, self._roles = Limits.beside(store), roles
        self._news = News(store, _TABLES, self._limits.stamp, self._current, lambda: self._later(self._desk.refresh))
        self._later(self._fill)

    def _current(self, ref: PortfolioRef) -> bool:
        """Whether what the page was made of is still what is there."""
        shown = self._shown
        if shown is None or shown.inputs.ref.id != ref.id:
            return True  # another book was chosen meanwhile: it is asked about next
        seen: LimitFacts = shown.result.facts
        found = self._desk.store.limit_facts(ref, seen.as_of, shown.result.spec.run_days)
        return replace(found, now=seen.now) == seen

    def _fill(self) -> None:
        if self._shown is None or self._roles is None or self._news is None:
            return
        ref = self._shown.inputs.ref
        self._news.follow(ref)
        may = self._roles.get(ref.team, "viewer") in _MAY
        self.box.children = (self.acknowledging.box, self.setting.box) if may else ()
        self.box.layout.display = None if may else "none"
        if may:
            self.acknowledging.offer(self._shown.result.open)
            self.setting.offer(self._shown.result)
            _beside(self._allow)

    def _allow(self) -> None:
        if self._limits is not None:
            try:
                self.setting.allow(self._limits.level())
            except RiskkitError as error:
                _say(self.setting.line, error)

    def _acknowledge(self) -> None:
        def work(shown: Shown, limits: Limits) -> str:
            limit, run, reason = self.acknowledging.given()
            limits.acknowledge(shown.inputs.ref, limit, run, reason)
            self.acknowledging.reason.value = ""
            return "Acknowledged."

        self._do(self.acknowledging.line, work)

    def _set(self) -> None:
        def work(shown: Shown, limits: Limits) -> str:
            form = self.setting
            limits.set(shown.inputs.ref, form.given(), form.first.value, form.note.value)
            return "The limit is set; the next official run is judged by it."

        self._do(self.setting.line, work)

    def _end(self) -> None:
        def work(_shown: Shown, limits: Limits) -> str:
            limits.end(self.setting.ended(), self.setting.first.value)
            return "The limit has ended."

        self._do(self.setting.line, work)

    def _do(self, line: HTML, work: Callable[[Shown, Limits], str]) -> None:
        """In a thread: the page stays awake, and says what came of it."""
        shown, limits = self._shown, self._limits
        if shown is None or limits is None or self._writing:  # pressed twice, it is written once
            return
        self._writing = True
        _say(line, "Writing …")

        def errand() -> None:
            try:
                said = work(shown, limits)
            except Exception as error:  # noqa: BLE001, RUF100 (a thread's error is the page's to say)
                _say(line, error)
            else:
                _say(line, said)
                self._later(self._desk.refresh)
            finally:
                self._writing = False

        _beside(errand)


def _say(line: HTML, what: str | Exception) -> None:
    look, role, text = ("rk-bad", "alert", sentence(what)) if isinstance(what, Exception) else ("", "status", what)
    line.value = str(Markup('<div class="rk-say {}" role="{}">{}</div>').format(look, role, text))


def _beside(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name="riskkit-limits", daemon=True).start()
