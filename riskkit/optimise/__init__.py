"""Portfolio optimisation: weights by skfolio, turned into trades on the portfolio."""

from riskkit.optimise.analysis import optimise_portfolio
from riskkit.optimise.result import Figures, OptimiseResult
from riskkit.optimise.spec import OptimiseSpec

__all__ = ["Figures", "OptimiseResult", "OptimiseSpec", "optimise_portfolio"]
