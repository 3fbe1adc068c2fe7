"""Value at risk and expected shortfall of a portfolio."""

from riskkit.var.analysis import portfolio_var
from riskkit.var.covariance_input import CovarianceInput
from riskkit.var.options import EstimatorSpec, HistoricalSpec, ParametricSpec, SimulationSpec
from riskkit.var.result import VarResult
from riskkit.var.spec import VarMethod, VarSpec

__all__ = [
    "CovarianceInput",
    "EstimatorSpec",
    "HistoricalSpec",
    "ParametricSpec",
    "SimulationSpec",
    "VarMethod",
    "VarResult",
    "VarSpec",
    "portfolio_var",
]
