"""Portfolio x scenarios -> P&L; and what a portfolio holds and is worth."""

from riskkit.revaluation.positions import PositionsResult, PositionsSpec, portfolio_positions
from riskkit.revaluation.revaluer import Revaluer, revalue
from riskkit.revaluation.taylor import Sensitivity

__all__ = [
    "PositionsResult",
    "PositionsSpec",
    "Revaluer",
    "Sensitivity",
    "portfolio_positions",
    "revalue",
]
