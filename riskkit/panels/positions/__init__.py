"""Edit the positions of a book on its page."""

from riskkit.panels.positions.panel import PositionsPanel

__all__ = ["PositionsPanel"]
