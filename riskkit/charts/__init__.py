"""Views: functions of a result that return a card, the same in Lab, in a report and on a dashboard."""

from riskkit.charts.backtest import (
    backtest_days,
    backtest_exceptions,
    backtest_headline,
    backtest_tail_tests,
    backtest_tests,
)
from riskkit.charts.components import component_var, component_var_by_asset_class, component_var_by_currency, components
from riskkit.charts.distribution import pnl_distribution
from riskkit.charts.factor_stress import conditional_stress, reverse_stress, worst_windows
from riskkit.charts.headline import headline
from riskkit.charts.methods import methods
from riskkit.charts.optimisation import (
    optimisation_headline,
    optimisation_risk,
    optimisation_trades,
    optimisation_weights,
)
from riskkit.charts.stress import stress_by_position, stress_headline, stress_scenarios
from riskkit.charts.view import View

__all__ = [
    "View",
    "backtest_days",
    "backtest_exceptions",
    "backtest_headline",
    "backtest_tail_tests",
    "backtest_tests",
    "component_var",
    "component_var_by_asset_class",
    "component_var_by_currency",
    "components",
    "conditional_stress",
    "headline",
    "methods",
    "optimisation_headline",
    "optimisation_risk",
    "optimisation_trades",
    "optimisation_weights",
    "pnl_distribution",
    "reverse_stress",
    "stress_by_position",
    "stress_headline",
    "stress_scenarios",
    "worst_windows",
]
