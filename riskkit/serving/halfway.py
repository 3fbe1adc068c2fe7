"""Sign-ins that are not complete: the password or a mail's link was right; a code or a new password is to come.

They are kept apart from the sessions and have a cookie of their own, so that nothing takes one for a sign-in.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from riskkit.serving.auth import Grant

#: Seconds in which a begun sign-in must be completed.
LIFETIME = 600.0
#: Wrong codes after which the password must be shown again.
MOST_WRONG_CODES = 5


@dataclass(eq=False)
class HalfSignIn:
    """Somebody who has shown something, and not enough yet.

    Attributes
    ----------
    sid : str
        The opaque id in the cookie.
    grant : Grant
        Tokens of the half session; no page and no kernel gets them.
    purpose : {"sign-in", "recovery", "invite"}
        What began it: after the last two a new password is to be set.
    then : str
        Where to go when it is complete.
    created : float
        Clock reading.
    wrong_codes : int
    """

    sid: str = field(repr=False)
    grant: Grant = field(repr=False)
    purpose: Literal["sign-in", "recovery", "invite"]
    then: str
    created: float
    wrong_codes: int = 0

    @property
    def needs_code(self) -> bool:
        """Whether the account has a second factor that this sign-in has not shown."""
        return bool(self.grant.factors) and self.grant.aal != "aal2"

    @property
    def needs_password(self) -> bool:
        """Whether a new password is to be set."""
        return self.purpose != "sign-in"


class Halfway:
    """All incomplete sign-ins of the process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._by_sid: dict[str, HalfSignIn] = {}

    def begin(self, grant: Grant, purpose: Literal["sign-in", "recovery", "invite"], then: str) -> HalfSignIn:
        """Keep what was shown so far, under a new id."""
        half = HalfSignIn(secrets.token_urlsafe(32), grant, purpose, then, self._clock())
        self._by_sid[half.sid] = half
        return half

    def find(self, sid: str | None) -> HalfSignIn | None:
        """The incomplete sign-in of that id, if it has not run out."""
        half = self._by_sid.get(sid) if sid else None
        return half if half is not None and self._clock() - half.created < LIFETIME else None

    def drop(self, half: HalfSignIn) -> None:
        """It is complete, or given up."""
        self._by_sid.pop(half.sid, None)

    def run_out(self) -> list[HalfSignIn]:
        """Those that took too long."""
        return [half for half in self._by_sid.values() if self._clock() - half.created >= LIFETIME]
