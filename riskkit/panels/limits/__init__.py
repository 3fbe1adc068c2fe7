"""Acknowledging a breach, and setting or ending a limit, on the page on limits."""

from riskkit.panels.limits.panel import LimitsPanel

__all__ = ["LimitsPanel"]
