"""A calculation that a person asks for, followed to its end: told at once by the team's channel, or asked for again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import date
from typing import Any

from realtime import RealtimeSubscribeStates
from supabase import AsyncClientOptions, acreate_client

from riskkit.errors import Unavailable
from riskkit.store.jobs import Job
from riskkit.store.queue import Queue

_log = logging.getLogger(__name__)

#: Seconds between two looks at a job while nobody tells of its moves, and while the channel does.
POLL, LIVE_POLL = 2.0, 10.0
#: A token is handed to the channel so often [s]; it lasts ten minutes.
_RENEW = 120.0
_PRIVATE: Any = {
    "config": {"broadcast": {"ack": False, "self": False}, "presence": {"key": "", "enabled": False}, "private": True}
}


class Requests:
    """Asks for official runs as the user whose token `access_token` gives, and follows them.

    Parameters
    ----------
    url, key : str
        Address of the project; publishable key.
    access_token : callable
        Gives a token that is fresh now.
    """

    def __init__(self, url: str, key: str, access_token: Callable[[], str]) -> None:
        self._url, self._key, self._access_token = url, key, access_token
        self._queue = Queue(url, key, access_token)

    def ask(self, portfolio_id: str, report: str, parameters: Mapping[str, Any], as_of: date, key: str) -> str:
        """Queue an official run; the job's id. The same key again gives the same job; see `Queue.request`."""
        return self._queue.request(portfolio_id, report, parameters, as_of, key)

    def follow(self, job_id: str, tell: Callable[[Job | Unavailable], None]) -> None:
        """Tell of the job now and whenever it moves, until it never changes again; blocks, so call it in a thread."""
        moved, over = threading.Event(), threading.Event()
        channel: threading.Thread | None = None
        live = threading.Event()
        while True:
            moved.clear()
            try:
                job = self._queue.job(job_id)
            except Unavailable as error:
                tell(error)
            else:
                tell(job)
                if job.final:
                    break
                if channel is None:
                    listening = self._listen(f"team:{job.team_id}", job_id, (moved, live, over))
                    channel = threading.Thread(target=asyncio.run, args=(listening,), name="channel", daemon=True)
                    channel.start()
            moved.wait(LIVE_POLL if live.is_set() else POLL)
        over.set()

    async def _listen(self, topic: str, job_id: str, signs: tuple[threading.Event, ...]) -> None:
        """Set `moved` at every broadcast about the job; without the channel the caller looks by itself."""
        moved, live, over = signs

        def heard(message: Mapping[str, Any]) -> None:
            if job_id in message.get("payload", {}).get("ids", ()):
                moved.set()

        def state(now: RealtimeSubscribeStates, _error: Exception | None) -> None:
            (live.set if now == RealtimeSubscribeStates.SUBSCRIBED else live.clear)()
            moved.set()  # what happened before it joined has been told to nobody

        try:
            async with self._channel(topic, heard, state) as renew:
                waited = 0.0
                while not over.is_set():
                    await asyncio.sleep(0.2)
                    waited += 0.2
                    if waited > _RENEW:
                        await renew()
                        waited = 0.0
        except Exception as error:  # noqa: BLE001, RUF100 (news come later without it, and not at all less)
            live.clear()
            _log.warning("no channel", extra={"topic": topic, "error": str(error) or type(error).__name__})

    @contextlib.asynccontextmanager
    async def _channel(self, topic: str, heard: Any, state: Any) -> AsyncIterator[Callable[[], Awaitable[None]]]:
        options = AsyncClientOptions(auto_refresh_token=False, persist_session=False)
        client = await acreate_client(self._url, self._key, options)

        async def renew() -> None:
            await client.realtime.set_auth(await asyncio.to_thread(self._access_token))

        try:
            await renew()
            channel = client.realtime.channel(topic, _PRIVATE)
            for event in ("INSERT", "UPDATE", "DELETE"):
                channel.on_broadcast(event, heard)
            await channel.subscribe(state)
            yield renew
        finally:
            await client.realtime.close()
