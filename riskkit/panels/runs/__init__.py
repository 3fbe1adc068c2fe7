"""What people do with the runs of a book: read one, talk about it, decide on it, compare it, have it made again."""

from riskkit.panels.runs.panel import RunsPanel

__all__ = ["RunsPanel"]
