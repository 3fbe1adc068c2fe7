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


class SignInLimits:
    """How many sign-ins may fail in five minutes before the next is not tried.

    Strict for one account from one address; looser for an account from anywhere, so that somebody elsewhere cannot
    lock its owner out at once and all guesses at it together stay few; loosest for an address, which many may share.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pair, self._account, self._address = (RateLimit(count, 300, clock) for count in (5, 50, 100))

    def held_back(self, account: str, address: str) -> bool:
        """Whether this attempt must wait; behind a busy address each account's owner still has a first try."""
        pair = f"{address} {account}"
        if self._pair.reached(pair) or self._account.reached(account):
            return True
        return self._address.reached(address) and self._pair.used(pair) > 0

    def attempt(self, account: str, address: str) -> None:
        """Count an attempt as a failure before it is made, so that parallel ones count too."""
        self._pair.record(f"{address} {account}")
        self._account.record(account)
        self._address.record(address)

    def release(self, account: str, address: str) -> None:
        """The attempt was no failure: nobody judged it."""
        self._pair.withdraw(f"{address} {account}")
        self._account.withdraw(account)
        self._address.withdraw(address)

    def succeeded(self, account: str, address: str) -> None:
        """The attempt was right: this address has proved itself for the account, and no other has."""
        self.release(account, address)
        self._pair.forget(f"{address} {account}")


class MailLimits:
    """How many mails may be asked for in a quarter of an hour, and how many links tried in five minutes.

    Auth may limit them too, per address; it sees one address, this server's, so that who tries many here must be
    stopped here, or nobody's links work. A link is not guessed: its limit is against load, and wide enough that an
    office behind one address does not lock itself out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._account, self._address = RateLimit(3, 900, clock), RateLimit(20, 900, clock)
        self._links = RateLimit(30, 300, clock)

    def mail(self, account: str, address: str) -> bool:
        """Count a mail, or refuse it."""
        if self._account.reached(account) or self._address.reached(address):
            return False
        self._account.record(account)
        self._address.record(address)
        return True

    def link(self, address: str) -> bool:
        """Count a link that is tried, or refuse it."""
        if self._links.reached(address):
            return False
        self._links.record(address)
        return True
