"""How an attempt to send ended."""

from __future__ import annotations

from dataclasses import dataclass

from riskkit.logs import redact
from riskkit.names import plain
from riskkit.store.deliveries import Ending

#: Longest reason that is kept.
_LONGEST = 500


@dataclass(frozen=True)
class Ended:
    """How it ended, and why it did not end better.

    Attributes
    ----------
    status : {'sent', 'failed', 'unknown', 'pending'}
        `pending`: surely not taken, so it may be tried again; `unknown`: perhaps taken, so it may not.
    reason : str
    after : float
        Least number of seconds before it is tried again.
    """

    status: Ending
    reason: str = ""
    after: float = 0.0


SENT = Ended("sent")


def because(status: Ending, reason: str, after: float = 0.0) -> Ended:
    """With a reason of the other side, which may hold anything."""
    return Ended(status, redact(plain(reason))[:_LONGEST], after)
