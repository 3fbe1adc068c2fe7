"""A book's limits: how far each is used, how that moved, which are breached, and who said what of it."""

from riskkit.limits.analysis import LimitReview, LimitSpec, limit_review
from riskkit.limits.breaches import Breach
from riskkit.limits.facts import Acknowledgement, FoundUse, JudgedRun, LimitFacts, LimitVersion, Measured
from riskkit.limits.use import Point, State, Use, state_of

__all__ = [
    "Acknowledgement",
    "Breach",
    "FoundUse",
    "JudgedRun",
    "LimitFacts",
    "LimitReview",
    "LimitSpec",
    "LimitVersion",
    "Measured",
    "Point",
    "State",
    "Use",
    "limit_review",
    "state_of",
]
