"""Scenarios: historical returns applied to today, windows replayed, shocks imagined."""

from riskkit.scenarios.market_stress import StressedMarket, StressStatus, shock_by_factor, stressed_levels
from riskkit.scenarios.sets import ScenarioSet, historical_scenarios, level_changes, unit_moves
from riskkit.scenarios.shock_text import parse_shocks, whole_target, write_shocks
from riskkit.scenarios.stress import Shock, StressScenario, choose

__all__ = [
    "ScenarioSet",
    "Shock",
    "StressScenario",
    "StressStatus",
    "StressedMarket",
    "choose",
    "historical_scenarios",
    "level_changes",
    "parse_shocks",
    "shock_by_factor",
    "stressed_levels",
    "unit_moves",
    "whole_target",
    "write_shocks",
]
