"""Whether something that a page shows has changed: heard on the team's channel, or asked for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Set
from typing import Any, Protocol

from riskkit.errors import NotSignedIn, RiskkitError
from riskkit.store.contract import PortfolioRef

_log = logging.getLogger("riskkit.panels")
#: [s] Between two looks, while the channel tells of changes and while it does not.
LIVE_POLL, POLL = 20.0, 4.0


class Listener(Protocol):
    """A team's channel."""

    def listen(
        self, team_id: str, heard: Callable[[Mapping[str, Any]], None], live: threading.Event, over: threading.Event
    ) -> None:
        """Hand on every message until `over`; blocks."""


class News:
    """Follows one book, in threads of its own.

    Parameters
    ----------
    channel : Listener
    tables : set of str
        Whose changes on the channel are reason to look.
    stamp : callable
        Another text whenever something has changed.
    current : callable
        Whether the page shows what is there now: asked once of each question, for what moved since it was read.
    changed : callable
        Told so.
    """

    def __init__(
        self,
        channel: Listener,
        tables: Set[str],
        stamp: Callable[[PortfolioRef], str],
        current: Callable[[PortfolioRef], bool],
        changed: Callable[[], None],
    ) -> None:
        self._channel, self._tables = channel, tables
        self._stamp, self._current, self._changed = stamp, current, changed
        self._ref: PortfolioRef | None = None
        self._known: str | None = None
        self._moved, self.live, self._over = threading.Event(), threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def follow(self, ref: PortfolioRef) -> None:
        """Tell of what is new of this book from now on."""
        before, self._ref = self._ref, ref
        if before is not None and before.id == ref.id:
            return
        self._known = None
        if before is None or before.team_id != ref.team_id:
            self._over.set()
            self.live, self._over = threading.Event(), threading.Event()
            _beside(lambda live=self.live, over=self._over: self._channel.listen(ref.team_id, self._heard, live, over))  # type: ignore[misc]
        self._moved.set()
        if self._thread is None:
            self._thread = _beside(self._work)

    def forget(self) -> None:
        """What is found next is no news unless the page lacks it: it has just been asked for something else."""
        self._known = None

    def _heard(self, message: Mapping[str, Any]) -> None:
        if not message or message.get("table") in self._tables:
            self._moved.set()

    def _work(self) -> None:
        while True:
            self._moved.wait(LIVE_POLL if self.live.is_set() else POLL)
            self._moved.clear()
            try:
                self.look()
            except NotSignedIn:
                return
            except RiskkitError as error:  # the page says so where it is asked for something
                _log.info("no look at what is new", extra={"reason": str(error)})

    def look(self) -> None:
        """Look once, now."""
        ref = self._ref
        if ref is None:
            return
        stamp = self._stamp(ref)
        if self._ref is ref or (self._ref is not None and self._ref.id == ref.id):
            before, self._known = self._known, stamp
            if not self._current(ref) if before is None else before != stamp:
                self._changed()


def _beside(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work, name="riskkit-news", daemon=True)
    thread.start()
    return thread
