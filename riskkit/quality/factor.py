"""One factor's prices over a window: what is there, what is odd, and what a report does with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from riskkit.market import RiskFactor
from riskkit.quality.faults import DayState, Fault
from riskkit.quality.handling import Handling

State = Literal["refused", "blocked", "warned", "odd", "no fault"]
_GRAVITY: tuple[State, ...] = ("no fault", "odd", "warned", "blocked", "refused")


@dataclass(frozen=True)
class FactorQuality:
    """What was found of a factor.

    Attributes
    ----------
    name : str
    factor : RiskFactor or None
        None: there is no level of it.
    needed_by : tuple of str
        Positions of the book.
    first, last : date or None
        Of all its levels up to the day of the page.
    age : int or None
        Days of the calendar since the last level.
    coverage : float
        Days of the window with a level, of all [fraction].
    days : tuple of DayState
        Each day of the window.
    faults : tuple of Fault
    handling : Handling
    """

    name: str
    factor: RiskFactor | None
    needed_by: tuple[str, ...]
    first: date | None
    last: date | None
    age: int | None
    coverage: float
    days: tuple[DayState, ...]
    faults: tuple[Fault, ...]
    handling: Handling

    @property
    def state(self) -> State:
        """The worst that comes of it: a report is refused, its gate blocks or warns, or a person should look."""
        if self.handling.action == "refused":
            return "refused"
        if self.handling.verdict == "BLOCK":
            return "blocked"
        if self.handling.verdict == "WARN" or self.handling.action == "held back":
            return "warned"
        return "odd" if self.faults else "no fault"

    @property
    def order(self) -> tuple[float, ...]:
        """Worst first: by state, by age, by days missing, by the largest outlier."""
        missing = sum(fault.days for fault in self.faults if fault.kind == "missing")
        scores = [abs(fault.score) for fault in self.faults if fault.score is not None]
        return (-_GRAVITY.index(self.state), -(self.age or 0), -missing, -len(self.faults), -max(scores, default=0.0))

    def count(self, *kinds: str) -> int:
        """Faults of some kinds."""
        return sum(fault.kind in kinds for fault in self.faults)
