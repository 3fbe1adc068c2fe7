"""What a run is judged against, as it is on record."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from riskkit.gates.limits import Limit
from riskkit.metric import Metric

Colour = Literal["green", "yellow", "red"]


@dataclass(frozen=True)
class EarlierRun:
    """The last official run of the same report, book and parameters for an earlier day."""

    run_id: str
    as_of: date
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class EarlierBacktest:
    """The last official backtest of the book, and the zone it ended in."""

    run_id: str
    as_of: date
    zone: Colour


@dataclass(frozen=True)
class GateFacts:
    """What is on record of a book when it is judged.

    Attributes
    ----------
    limits : tuple of Limit
        In force on the valuation date.
    previous : EarlierRun or None
    backtest : EarlierBacktest or None
    """

    limits: tuple[Limit, ...] = ()
    previous: EarlierRun | None = None
    backtest: EarlierBacktest | None = None
