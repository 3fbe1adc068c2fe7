"""What is due, under way, made and missing: the state of a team's reports at one moment."""

from riskkit.status.analysis import ReportStatus, StatusSpec, report_status
from riskkit.status.items import Item, State
from riskkit.status.observed import LimitUse, Observed, ObservedFire, ObservedJob, ObservedSchedule

__all__ = [
    "Item",
    "LimitUse",
    "Observed",
    "ObservedFire",
    "ObservedJob",
    "ObservedSchedule",
    "ReportStatus",
    "State",
    "StatusSpec",
    "report_status",
]
