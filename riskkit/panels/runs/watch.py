"""Whether the runs that a page shows have changed: the team's channel says when to look, or else a clock."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from riskkit.errors import RiskkitError
from riskkit.status import RunsSeen
from riskkit.store.contract import PortfolioRef, Store
from riskkit.store.reviews import Story

_log = logging.getLogger("riskkit.panels")
#: [s] Between two looks while the channel says nothing because it is not there, and while it is.
EVERY, LIVE_EVERY = 4.0, 60.0
_TABLES = {"report_runs", "run_comments", "approvals"}


@dataclass(frozen=True)
class Known:
    """What the page shows: of a book, and of one run where one is open."""

    ref: PortfolioRef
    seen: RunsSeen
    run: str = ""
    story: Story | None = None


class Watch:
    """Looks in a thread of its own, from the first `follow` until the kernel ends.

    Parameters
    ----------
    store : Store
    tell : callable
        Has something done in the kernel's event loop.
    moved : callable
        Told that the list is another one.
    talked : callable
        Told a run, by its id, and its new story.
    road : callable
        Told whether the channel gets through, when that changes.
    """

    def __init__(
        self,
        store: Store,
        tell: Callable[[Callable[[], None]], None],
        moved: Callable[[], None],
        talked: Callable[[str, Story], None],
        road: Callable[[bool], None],
    ) -> None:
        self._store, self._tell = store, tell
        self._moved, self._talked, self._road = moved, talked, road
        self._known: Known | None = None
        self._wake, self._live, self._over = threading.Event(), threading.Event(), threading.Event()
        self._said: bool | None = None
        self._listening = ""

    def follow(self, known: Known) -> None:
        """What the page shows now."""
        first, self._known = self._known is None, known
        if first:
            threading.Thread(target=self._work, name="riskkit-watch", daemon=True).start()

    def look(self) -> None:
        """Look once, now."""
        known = self._known
        if known is None:
            return
        try:
            seen = self._store.runs_between(known.ref, known.seen.first, known.seen.last)
            story = self._store.story(known.run) if known.story is not None else None
        except RiskkitError as error:  # the page says so where it is asked for something
            _log.info("no look at the runs", extra={"reason": str(error)})
            return
        if known is not self._known:
            return
        self._known = Known(known.ref, seen, known.run, story)
        if seen != known.seen:
            self._tell(self._moved)
        if story is not None and story != known.story:
            self._tell(lambda: self._talked(known.run, story))

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
        """One channel, of the team whose runs are shown."""
        known = self._known
        if known is None or known.ref.team_id == self._listening:
            return
        self._over.set()
        self._over, self._live, self._listening = threading.Event(), threading.Event(), known.ref.team_id
        given = (self._listening, self._heard, self._live, self._over)
        threading.Thread(target=self._store.listen, args=given, name="riskkit-channel", daemon=True).start()

    def _heard(self, message: Mapping[str, Any]) -> None:
        if not message or message.get("table") in _TABLES:
            self._wake.set()
