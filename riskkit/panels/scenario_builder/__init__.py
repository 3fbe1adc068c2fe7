"""The scenario builder of the stress test's page."""

from riskkit.panels.scenario_builder.panel import ScenarioBuilder

__all__ = ["ScenarioBuilder"]
