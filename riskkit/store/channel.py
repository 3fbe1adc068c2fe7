"""A team's private channel, as one of its members: told when rows change, never what they hold."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

from realtime import RealtimeSubscribeStates
from supabase import AsyncClientOptions, acreate_client

_log = logging.getLogger(__name__)

#: A token is handed to the channel so often [s]; it lasts ten minutes.
_RENEW = 120.0
_PRIVATE: Any = {
    "config": {"broadcast": {"ack": False, "self": False}, "presence": {"key": "", "enabled": False}, "private": True}
}


class Channel:
    """Listens until it is told to stop.

    Parameters
    ----------
    url, key : str
        Address of the project; publishable key.
    access_token : callable
        Gives a token that is fresh now.
    """

    def __init__(self, url: str, key: str, access_token: Callable[[], str]) -> None:
        self._url, self._key, self._access_token = url, key, access_token

    def listen(
        self, team_id: str, heard: Callable[[Mapping[str, Any]], None], live: threading.Event, over: threading.Event
    ) -> None:
        """Hand on every message (table, operation, ids) until `over`; blocks. `live` says whether it gets through.

        When it comes to get through, or no longer does, `heard` is told an empty message: what happened before has been
        told to nobody. Without a channel this returns, after a line in the log.
        """
        asyncio.run(self._listen(f"team:{team_id}", heard, live, over))

    async def _listen(
        self, topic: str, heard: Callable[[Mapping[str, Any]], None], live: threading.Event, over: threading.Event
    ) -> None:
        def state(now: RealtimeSubscribeStates, _error: Exception | None) -> None:
            (live.set if now == RealtimeSubscribeStates.SUBSCRIBED else live.clear)()
            heard({})

        try:
            async with self._joined(topic, lambda message: heard(message.get("payload", {})), state) as renew:
                waited = 0.0
                while not over.is_set():
                    await asyncio.sleep(0.2)
                    waited += 0.2
                    if waited > _RENEW:
                        await renew()
                        waited = 0.0
        except Exception as error:  # noqa: BLE001, RUF100 (news come later without it, and not at all less)
            _log.warning("no channel", extra={"topic": topic, "error": str(error) or type(error).__name__})
        finally:
            live.clear()

    @contextlib.asynccontextmanager
    async def _joined(self, topic: str, heard: Any, state: Any) -> AsyncIterator[Callable[[], Awaitable[None]]]:
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
