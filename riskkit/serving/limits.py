"""How much one viewer, and all of them together, may ask of the server."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Times in seconds and counts that a serving process keeps.

    Attributes
    ----------
    idle : float
        A session without a page opened or a control moved ends after this long.
    absolute : float
        A session ends after this long, whatever happens.
    orphan : float
        A kernel whose page has gone (no websocket) is closed after this long.
    kernels_per_user, kernels : int
        Dashboards open at once: by one user, and in all. A kernel with pandas and bokeh takes about 150 MB.
    sweep : float
        How often sessions and kernels are looked at.
    """

    idle: float = 30 * 60
    absolute: float = 12 * 3600
    orphan: float = 120
    kernels_per_user: int = 4
    kernels: int = 12
    sweep: float = 2


class RateLimit:
    """At most `count` events a key in any `seconds`; keys are forgotten when their events are."""

    def __init__(self, count: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.count, self.seconds, self._clock = count, seconds, clock
        self._events: dict[str, deque[float]] = {}

    def reached(self, key: str) -> bool:
        """Whether the key has used up what it may do for now."""
        return self.used(key) >= self.count

    def used(self, key: str) -> int:
        """Events of the key that still count."""
        events = self._events.get(key)
        if events is None:
            return 0
        while events and self._clock() - events[0] > self.seconds:
            events.popleft()
        if not events:
            del self._events[key]
        return len(events)

    def record(self, key: str) -> None:
        """Count one event; now and then forget keys whose events are all old."""
        if len(self._events) > 10_000:
            for old in list(self._events):
                self.reached(old)
        self._events.setdefault(key, deque(maxlen=self.count)).append(self._clock())

    def withdraw(self, key: str) -> None:
        """The last event was none that counts."""
        if events := self._events.get(key):
            events.pop()

    def forget(self, key: str) -> None:
        """Start afresh for the key: it has proved itself."""
        self._events.pop(key, None)
