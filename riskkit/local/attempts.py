"""How often something secret may be guessed: strictly by account and address together, looser by either alone."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

_KEYS_KEPT = 100_000


@dataclass
class Attempts:
    """Failures of this process in a window; an attempt counts from its start, so that parallel guesses count too.

    An attacker elsewhere uses up his own pair, not the owner's; all addresses together may use up the account; and
    behind an address that many failed from, each account keeps one try. They are forgotten at a restart.

    Attributes
    ----------
    pair, account, address : int
        Failures allowed: of an account from one address, of an account from anywhere, from an address.
    window : float
        For how long a failure counts [s].
    """

    pair: int = 20
    account: int = 50
    address: int = 100
    window: float = 300.0
    clock: Callable[[], float] = time.monotonic
    _failures: dict[str, deque[float]] = field(default_factory=dict)

    def begin(self, account: str, address: str) -> bool:
        """Count an attempt, or refuse it (and count nothing)."""
        pair, anywhere, there = lists = [self._recent(key) for key in _keys(account, address)]
        if len(pair) >= (self.pair if len(there) < self.address else 1) or len(anywhere) >= self.account:
            return False
        for times in lists:
            times.append(self.clock())
        return True

    def succeeded(self, account: str, address: str) -> None:
        """The attempt was the owner's: this address starts afresh for the account, the others lose this one."""
        pair, anywhere, there = (self._recent(key) for key in _keys(account, address))
        pair.clear()
        for times in (anywhere, there):
            if times:
                times.pop()

    def _recent(self, key: str) -> deque[float]:
        oldest = self.clock() - self.window
        if len(self._failures) > _KEYS_KEPT:
            self._failures = {one: times for one, times in self._failures.items() if times and times[-1] > oldest}
        times = self._failures.setdefault(key, deque())
        while times and times[0] <= oldest:
            times.popleft()
        return times


def _keys(account: str, address: str) -> tuple[str, str, str]:
    return f"{address} {account}", f"account {account}", f"address {address}"
