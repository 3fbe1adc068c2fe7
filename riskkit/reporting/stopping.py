"""Ending a run from another thread: its lease is lost, it is cancelled, it takes too long, or the worker must go."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Literal

from riskkit.errors import RiskkitError

Why = Literal["lost", "cancelled", "timeout", "shutdown"]


class Stopped(RiskkitError):
    """A run was told to end before its row was written.

    Attributes
    ----------
    why : {"lost", "cancelled", "timeout", "shutdown"}
    """

    def __init__(self, why: Why) -> None:
        self.why: Why = why
        super().__init__(f"the run was stopped: {why}")


class Stop:
    """Tells a run to end: its processes at once, the run itself at its next step."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._why: Why | None = None
        self._end: Callable[[], None] | None = None
        self._over = False

    def now(self, why: Why) -> None:
        """End it; the first reason stays, and after `over` nothing happens any more."""
        with self._lock:
            if self._over or self._why is not None:
                return
            self._why = why
            if self._end is not None:
                self._end()

    def check(self) -> None:
        """Raise Stopped if the run is to end."""
        with self._lock:
            if self._why is not None and not self._over:
                raise Stopped(self._why)

    def over(self) -> None:
        """It is committed: what remains is done whatever anybody says."""
        with self._lock:
            self._over = True

    @contextlib.contextmanager
    def ending(self, end: Callable[[], None]) -> Iterator[None]:
        """What ends the processes that run meanwhile; called at once if the run is to end already."""
        with self._lock:
            self._end = end
            if self._why is not None and not self._over:
                end()
        try:
            yield
        finally:
            with self._lock:
                self._end = None
