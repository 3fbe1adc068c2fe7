"""A named figure of a result, with its unit: what a run stores and a search compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Metric:
    """One figure of a result.

    Attributes
    ----------
    name : str
        snake_case: `var`, `expected_shortfall`, `component_var`, `stress_pnl`.
    value : float
        Losses positive for risk measures, gains positive for P&L.
    unit : str
        An ISO 4217 currency, `fraction`, `days` or `count`.
    labels : mapping of str to str
        What the figure is of: `{"position": "AAPL"}`, `{"scenario": "covid_2020"}`; empty for a headline figure.
    """

    name: str
    value: float
    unit: str
    labels: Mapping[str, str] = field(default_factory=dict)
