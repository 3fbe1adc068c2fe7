"""Views: functions of a result that return a card, the same in Lab, in a report and on a dashboard."""

from riskkit.charts.backtest import (
    backtest_days,
    backtest_exceptions,
    backtest_headline,
    backtest_tail_tests,
    backtest_tests,
)
from riskkit.charts.backtest_books import backtest_books
from riskkit.charts.beyond import beyond_var
from riskkit.charts.change import (
    change_by_position,
    change_effects,
    change_headline,
    change_trades,
    pnl_by_position,
    pnl_effects,
)
from riskkit.charts.components import (
    component_var,
    component_var_by_asset_class,
    component_var_by_currency,
    component_var_by_factor,
    component_var_by_sector,
    components,
)
from riskkit.charts.distribution import pnl_distribution
from riskkit.charts.factor_stress import conditional_stress, reverse_stress, worst_windows
from riskkit.charts.headline import headline
from riskkit.charts.hierarchy import books
from riskkit.charts.limits import limit_breaches, limit_headline, limit_history, limit_uses, limit_versions
from riskkit.charts.methods import methods
from riskkit.charts.optimisation import (
    optimisation_headline,
    optimisation_risk,
    optimisation_trades,
    optimisation_weights,
)
from riskkit.charts.positions import positions_by_group, positions_headline, positions_table
from riskkit.charts.quality import quality_factors, quality_faults, quality_headline
from riskkit.charts.runs import runs_calendar, runs_headline, runs_list
from riskkit.charts.sensitivity import sensitivity_grid, sensitivity_ladder
from riskkit.charts.status import status_coming, status_headline, status_limits, status_reports
from riskkit.charts.stress import stress_by_position, stress_headline, stress_scenarios
from riskkit.charts.view import View

__all__ = [
    "View",
    "backtest_books",
    "backtest_days",
    "backtest_exceptions",
    "backtest_headline",
    "backtest_tail_tests",
    "backtest_tests",
    "beyond_var",
    "books",
    "change_by_position",
    "change_effects",
    "change_headline",
    "change_trades",
    "component_var",
    "component_var_by_asset_class",
    "component_var_by_currency",
    "component_var_by_factor",
    "component_var_by_sector",
    "components",
    "conditional_stress",
    "headline",
    "limit_breaches",
    "limit_headline",
    "limit_history",
    "limit_uses",
    "limit_versions",
    "methods",
    "optimisation_headline",
    "optimisation_risk",
    "optimisation_trades",
    "optimisation_weights",
    "pnl_by_position",
    "pnl_distribution",
    "pnl_effects",
    "positions_by_group",
    "positions_headline",
    "positions_table",
    "quality_factors",
    "quality_faults",
    "quality_headline",
    "reverse_stress",
    "runs_calendar",
    "runs_headline",
    "runs_list",
    "sensitivity_grid",
    "sensitivity_ladder",
    "status_coming",
    "status_headline",
    "status_limits",
    "status_reports",
    "stress_by_position",
    "stress_headline",
    "stress_scenarios",
    "worst_windows",
]
