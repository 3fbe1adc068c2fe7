"""Showing a code of a second factor: at sign-in, and again before second factors are changed."""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Callable, Sequence

from riskkit.errors import RiskkitError, Unavailable
from riskkit.serving.auth import AuthClient, Factor, Grant, SignInRefused
from riskkit.serving.limits import RateLimit

_CODE = re.compile(r"[0-9]{6}", re.ASCII)
#: Seconds for which a code that was tried is not taken again: longer than any clock's difference keeps it valid.
SPENT = 150.0
EXPECTED = "Give the six digits that your authenticator app shows now."
WRONG = "That code is not right, or was used before. Wait for the next one."
TOO_MANY = "Too many codes. Wait five minutes, then try again."


class CodeRefused(RiskkitError):
    """The code was not accepted; the message is for the person, `status` for the answer."""

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        super().__init__(message)


class Codes:
    """Codes that were tried: five wrong ones in five minutes hold an account back, and none is taken twice.

    Auth has limits of its own, and embedded it refuses a replay; this wall stands whatever Auth does.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._wrong = RateLimit(5, 300, clock)
        self._spent: dict[str, float] = {}

    async def show(self, auth: AuthClient, grant: Grant, factors: Sequence[Factor], code: str) -> Grant:
        """Show the code to Auth for the factors, one after the other; the session's new tokens.

        Raises
        ------
        CodeRefused
            It is none, wrong, was used before, or too many were wrong.
        Unavailable
            Auth does not answer; the code may be tried again.
        """
        digits = "".join(code.split())
        if not _CODE.fullmatch(digits):
            raise CodeRefused(422, EXPECTED)
        account = grant.user_id
        if self._wrong.reached(account):
            raise CodeRefused(429, TOO_MANY)
        key = hashlib.sha256(f"{account} {digits}".encode()).hexdigest()
        self._wrong.record(account)
        if self._used(key):
            raise CodeRefused(401, WRONG)
        try:
            granted = await self._first(auth, grant, factors, digits)
        except Unavailable:
            self._wrong.withdraw(account)
            del self._spent[key]
            raise
        self._wrong.forget(account)
        return granted

    async def _first(self, auth: AuthClient, grant: Grant, factors: Sequence[Factor], digits: str) -> Grant:
        for factor in factors:
            try:
                return await auth.verify(grant.access_token, factor.id, digits)
            except SignInRefused as error:
                if error.status == 429:
                    raise CodeRefused(429, TOO_MANY) from error
                if error.code in ("session_not_found", "bad_jwt", "user_banned", "user_not_found"):
                    raise CodeRefused(403, "This sign-in has ended. Begin again.") from error
        raise CodeRefused(401, WRONG)

    def _used(self, key: str) -> bool:
        """Whether the code was tried before; from now on it was."""
        now = self._clock()
        if len(self._spent) > 10_000:
            self._spent = {one: moment for one, moment in self._spent.items() if now - moment < SPENT}
        before = self._spent.get(key)
        self._spent[key] = now
        return before is not None and now - before < SPENT
