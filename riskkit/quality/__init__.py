"""Whether prices are fit for a report: what is missing, old, unchanged or far out, and what a report does with it."""

from riskkit.quality.analysis import MarketDataQuality, QualitySpec, market_data_quality
from riskkit.quality.factor import FactorQuality
from riskkit.quality.faults import DayState, Fault
from riskkit.quality.handling import Handling

__all__ = ["DayState", "FactorQuality", "Fault", "Handling", "MarketDataQuality", "QualitySpec", "market_data_quality"]
