"""The page on the state of reports follows what is queued, made, failed and late by itself."""

from __future__ import annotations

from datetime import date

from ipywidgets import Layout, VBox

from riskkit.panels.desk import Desk, Shown
from riskkit.panels.news import News
from riskkit.status import ReportStatus, report_status
from riskkit.store.contract import PortfolioRef
from riskkit.store.rest import Rest
from riskkit.store.status import observe
from riskkit.widgets.errands import Errands

_TABLES = frozenset({"calculation_jobs", "report_runs", "schedules", "schedule_fires"})


class StatusPanel:
    """The panel `status`.

    Attributes
    ----------
    box : VBox
        Empty: nobody does anything here.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._shown: Shown | None = None
        self._news: News | None = None
        self.box = VBox([], layout=Layout(display="none"))
        self._errands = Errands()

    def answered(self, shown: Shown) -> None:
        """Another team, other days, or the same read again."""
        before, self._shown = self._shown, shown
        if self._news is None and isinstance(self._desk.store, Rest):  # of a store in memory nobody hears
            self._news = News(self._desk.store, _TABLES, self._stamp, self._current, self._changed)
        if self._news is not None:
            if before is not None and before.values != shown.values:
                self._news.forget()
            self._news.follow(shown.inputs.ref)

    def _stamp(self, ref: PortfolioRef) -> str:
        """What the page would show now, by the controls that it has now."""
        shown = self._shown
        if shown is None:
            return ""
        asked, spec = str(shown.values["as_of"]), shown.result.spec
        day = None if asked == "latest" else date.fromisoformat(asked)
        found = report_status(observe(self._desk.store, ref.team_id, day, spec.slot_days), spec)
        return stamp(found)

    def _current(self, ref: PortfolioRef) -> bool:
        return self._shown is not None and stamp(self._shown.result) == self._stamp(ref)

    def _changed(self) -> None:
        self._errands.tell(self._desk.refresh)


def stamp(found: ReportStatus) -> str:
    """Another text whenever the page would look otherwise; the moment of looking alone is no change."""
    ahead = [(one.name, one.enabled, slots) for one, slots in found.coming]
    return repr((found.items, found.limits, ahead))
