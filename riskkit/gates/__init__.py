"""Gates: what a report's figures must keep before it is delivered."""

from riskkit.gates.facts import Colour, EarlierBacktest, EarlierRun, GateFacts
from riskkit.gates.findings import Finding, GateReport, Verdict
from riskkit.gates.judge import GateInput, judge
from riskkit.gates.limits import Limit, is_of, named
from riskkit.gates.prices import Held, judge_ages, price_ages
from riskkit.gates.rules import GateRules, Threshold, ZoneRule

__all__ = [
    "Colour",
    "EarlierBacktest",
    "EarlierRun",
    "Finding",
    "GateFacts",
    "GateInput",
    "GateReport",
    "GateRules",
    "Held",
    "Limit",
    "Threshold",
    "Verdict",
    "ZoneRule",
    "is_of",
    "judge",
    "judge_ages",
    "named",
    "price_ages",
]
