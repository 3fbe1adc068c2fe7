"""Stress tests: what a portfolio loses when history repeats itself, or worse."""

from riskkit.stress.analysis import stress_test
from riskkit.stress.built import BUILT, built_scenario
from riskkit.stress.conditional import ConditionalSpec, conditional_stress
from riskkit.stress.factor_result import FactorStressResult
from riskkit.stress.result import StressResult, StressRow, StressSpec
from riskkit.stress.reverse import ReverseSpec, reverse_stress
from riskkit.stress.sensitivity import GridSpec, LadderSpec, SensitivityResult, sensitivity_grid, sensitivity_ladder
from riskkit.stress.worst_windows import WorstSpec, worst_of_history

__all__ = [
    "BUILT",
    "ConditionalSpec",
    "FactorStressResult",
    "GridSpec",
    "LadderSpec",
    "ReverseSpec",
    "SensitivityResult",
    "StressResult",
    "StressRow",
    "StressSpec",
    "WorstSpec",
    "built_scenario",
    "conditional_stress",
    "reverse_stress",
    "sensitivity_grid",
    "sensitivity_ladder",
    "stress_test",
    "worst_of_history",
]
