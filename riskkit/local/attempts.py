"""How often a password may be guessed: by account, and by address without locking out the address's other users."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: Failures allowed in a window of this many seconds.
WINDOW = 300.0
PER_ACCOUNT = 10
PER_ADDRESS = 100
#: From an address past its limit, what each account is still allowed: its owner's first try succeeds.
PER_ACCOUNT_THERE = 1
_ACCOUNTS_KEPT = 100_000


class Attempts:
    """Failed sign-ins of this process; they are forgotten when it restarts.

    An attempt counts from its start, so that a burst of parallel guesses cannot slip by; success takes it back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: dict[str, deque[float]] = {}

    def begin(self, account: str, address: str) -> bool:
        """Count an attempt, or refuse it (and count nothing)."""
        mine, there = self._recent("account:" + account), self._recent("address:" + address)
        allowed = PER_ACCOUNT_THERE if len(there) >= PER_ADDRESS else PER_ACCOUNT
        if len(mine) >= allowed:
            return False
        now = self._clock()
        mine.append(now)
        there.append(now)
        return True

    def succeeded(self, account: str, address: str) -> None:
        """The attempt was the owner's: the account starts afresh, the address loses this one."""
        self._failures.pop("account:" + account, None)
        there = self._recent("address:" + address)
        if there:
            there.pop()

    def _recent(self, key: str) -> deque[float]:
        """The failures of a key inside the window."""
        now = self._clock()
        if len(self._failures) > _ACCOUNTS_KEPT:
            self._failures = {one: times for one, times in self._failures.items() if times and times[-1] > now - WINDOW}
        times = self._failures.setdefault(key, deque(maxlen=PER_ADDRESS + 1))
        while times and times[0] <= now - WINDOW:
            times.popleft()
        return times
