"""Portfolio x scenarios -> P&L."""

from riskkit.revaluation.revaluer import Revaluer, revalue
from riskkit.revaluation.taylor import Sensitivity

__all__ = ["Revaluer", "Sensitivity", "revalue"]
