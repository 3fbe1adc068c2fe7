"""Views: functions of a result that return a card, the same in Lab, in a report and on a dashboard."""

from riskkit.charts.components import component_var, component_var_by_asset_class, component_var_by_currency, components
from riskkit.charts.distribution import pnl_distribution
from riskkit.charts.headline import headline
from riskkit.charts.stress import stress_by_position, stress_headline, stress_scenarios
from riskkit.charts.view import View

__all__ = [
    "View",
    "component_var",
    "component_var_by_asset_class",
    "component_var_by_currency",
    "components",
    "headline",
    "pnl_distribution",
    "stress_by_position",
    "stress_headline",
    "stress_scenarios",
]
