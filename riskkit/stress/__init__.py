"""Stress tests: what a portfolio loses when history repeats itself, or worse."""

from riskkit.stress.analysis import stress_test
from riskkit.stress.result import StressResult, StressRow, StressSpec

__all__ = ["StressResult", "StressRow", "StressSpec", "stress_test"]
