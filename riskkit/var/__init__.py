"""Value at risk and expected shortfall of a portfolio."""

from riskkit.var.analysis import portfolio_var
from riskkit.var.comparison import MethodComparison, compare_methods
from riskkit.var.covariance_input import CovarianceInput
from riskkit.var.incremental import IncrementalResult, incremental_var
from riskkit.var.liquidity import LiquidityResult, liquidity_horizon_es
from riskkit.var.options import EstimatorSpec, HistoricalSpec, ParametricSpec, SimulationSpec
from riskkit.var.result import VarResult
from riskkit.var.spec import VarMethod, VarSpec
from riskkit.var.stressed import StressedVarResult, stressed_var

__all__ = [
    "CovarianceInput",
    "EstimatorSpec",
    "HistoricalSpec",
    "IncrementalResult",
    "LiquidityResult",
    "MethodComparison",
    "ParametricSpec",
    "SimulationSpec",
    "StressedVarResult",
    "VarMethod",
    "VarResult",
    "VarSpec",
    "compare_methods",
    "incremental_var",
    "liquidity_horizon_es",
    "portfolio_var",
    "stressed_var",
]
