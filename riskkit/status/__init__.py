"""What is due, under way, made and missing: the state of a team's reports at one moment."""

from riskkit.status.analysis import ReportStatus, StatusSpec, report_status
from riskkit.status.items import Item, State
from riskkit.status.observed import LimitUse, Observed, ObservedFire, ObservedJob, ObservedSchedule
from riskkit.status.runs import ReportRuns, RunsSpec, report_runs
from riskkit.status.runs_seen import Decision, RunsSeen, SeenRun

__all__ = [
    "Decision",
    "Item",
    "LimitUse",
    "Observed",
    "ObservedFire",
    "ObservedJob",
    "ObservedSchedule",
    "ReportRuns",
    "ReportStatus",
    "RunsSeen",
    "RunsSpec",
    "SeenRun",
    "State",
    "StatusSpec",
    "report_runs",
    "report_status",
]
