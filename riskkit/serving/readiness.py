"""Whether what the pages need answers: sign-in, database, schema. Asked seldom, however often one is asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from riskkit.errors import Unavailable
from riskkit.serving.auth import AuthClient, SignInRefused

#: Seconds for which an answer holds.
HOLDS = 2.0


class Readiness:
    """What is missing now; one question at a time, whoever asks.

    Parameters
    ----------
    auth : AuthClient
        With a patience of a few seconds.
    """

    def __init__(self, auth: AuthClient, clock: Callable[[], float] = time.monotonic) -> None:
        self._auth, self._clock = auth, clock
        self._asked = float("-inf")
        self._missing: tuple[str, ...] = ()
        self._asking = asyncio.Lock()

    async def missing(self) -> tuple[str, ...]:
        """Of `sign-in`, `database` and `schema` those that do not answer; empty where everything does."""
        async with self._asking:
            if self._clock() - self._asked >= HOLDS:
                signing_in, database = await asyncio.gather(self._auth.healthy(), self._database())
                self._missing = (*(() if signing_in else ("sign-in",)), *database)
                self._asked = self._clock()
        return self._missing

    async def _database(self) -> tuple[str, ...]:
        """Asked by nobody in particular, the rpc of the first page is refused by a database that has it."""
        try:
            await self._auth.home()
        except Unavailable:
            return ("database",)
        except SignInRefused as error:
            return () if error.status in (401, 403) else ("schema",)
        return ()
