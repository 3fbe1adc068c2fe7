"""Whether somebody else has changed the book that a page shows: told by the team's channel, or looked for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from typing import Any

from riskkit.errors import RiskkitError
from riskkit.store.contract import PortfolioRef, Store

_log = logging.getLogger("riskkit.panels")
#: [s] Between two looks at the revision while nobody tells of it, and while the channel does.
EVERY, LIVE_EVERY = 4.0, 30.0
#: What the channel tells of that concerns a book.
_TABLES = ("position_changes", "instruments")


class Watch:
    """Looks at a book's revision whenever there may be another, in a thread of its own.

    Parameters
    ----------
    store : Store
    tell : callable
        Has something done in the kernel's event loop.
    moved : callable
        Told a revision that is newer than the one the page knows.
    road : callable
        Told whether the channel gets through, when that changes.
    """

    def __init__(
        self,
        store: Store,
        tell: Callable[[Callable[[], None]], None],
        moved: Callable[[int], None],
        road: Callable[[bool], None],
    ) -> None:
        self._store, self._tell, self._moved, self._road = store, tell, moved, road
        self._of: tuple[PortfolioRef, int] | None = None
        self._wake, self._live, self._over = threading.Event(), threading.Event(), threading.Event()
        self._said: bool | None = None
        self._listening = ""

    def follow(self, ref: PortfolioRef, revision: int) -> None:
        """Tell when this book is beyond this revision; from the first time on, until the kernel ends."""
        first, self._of = self._of is None, (ref, revision)
        if first:
            threading.Thread(target=self._work, name="riskkit-watch", daemon=True).start()

    def look(self) -> None:
        """Look once, now."""
        if self._of is None:
            return
        ref, known = self._of
        try:
            revision = self._store.revision(ref)
        except RiskkitError as error:  # the page says so where it is asked for something
            _log.info("no look at the book", extra={"reason": str(error)})
            return
        if revision > known and self._of == (ref, known):
            self._of = (ref, revision)
            self._tell(lambda: self._moved(revision))

    def _work(self) -> None:
        while True:
            self._listen()
            live = self._live.is_set()
            if live != self._said:
                self._said = live
                self._tell(lambda: self._road(live))  # noqa: B023 (called with what it is now)
            self._wake.wait(LIVE_EVERY if live else EVERY)
            self._wake.clear()
            self.look()

    def _listen(self) -> None:
        """One channel, of the team whose book is shown."""
        team = self._of[0].team_id if self._of is not None else ""
        if team == self._listening:
            return
        self._over.set()
        self._over, self._live, self._listening = threading.Event(), threading.Event(), team
        given = (team, self._heard, self._live, self._over)
        threading.Thread(target=self._store.listen, args=given, name="riskkit-channel", daemon=True).start()

    def _heard(self, message: Mapping[str, Any]) -> None:
        if not message or message.get("table") in _TABLES:
            self._wake.set()
