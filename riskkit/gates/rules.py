"""Where each gate begins to warn and to block."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["off", "warn", "block"]
Zone = Literal["yellow", "red"]


@dataclass(frozen=True)
class Threshold:
    """Where a figure begins to warn and to block; None: never."""

    warn: float | None = None
    block: float | None = None


@dataclass(frozen=True)
class ZoneRule:
    """From which zone of the backtest on to warn and to block; None: never."""

    warn: Zone | None = "yellow"
    block: Zone | None = None


@dataclass(frozen=True)
class GateRules:
    """What holds a report back.

    Attributes
    ----------
    limits : {'off', 'warn', 'block'}
        What a breach of a hard limit does; of a soft one, at most a warning.
    change : Threshold
        Of the headline VaR from the run before [fraction]; above it.
    backtest : ZoneRule
        Zone of the Basel traffic light.
    stale_days : Threshold
        Trading days since the oldest price that was used; above it.
    coverage : Threshold
        Positions with current prices, of all [fraction]; below it.
    components : Threshold
        Gap between the components' sum and the total [fraction]; above it.
    """

    limits: Severity = "block"
    change: Threshold = Threshold(warn=0.25)
    backtest: ZoneRule = ZoneRule()
    stale_days: Threshold = Threshold(warn=1.0, block=3.0)
    coverage: Threshold = Threshold(warn=1.0, block=0.75)
    components: Threshold = Threshold(block=1e-6)
