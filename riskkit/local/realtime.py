"""Realtime: the Phoenix protocol of the client's `realtime` package, for private broadcast channels only."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from starlette.websockets import WebSocket, WebSocketDisconnect

from riskkit.local.database import Database
from riskkit.local.tokens import Caller, TokenRefused, Tokens

_log = logging.getLogger("riskkit.local")
#: How long a channel may outlive the right to hear it, and how long a message may wait [s].
_CHECK, _PAUSE = 1.0, 0.2
_MOST_SOCKETS, _MOST_CHANNELS, _MOST_WAITING = 200, 50, 500
_PREFIX = "realtime:"


@dataclass(eq=False)
class Connection:
    """A client's socket, the channels it has joined with whom each was joined for, and what waits to be sent."""

    websocket: WebSocket
    apikey: str
    channels: dict[str, Caller] = field(default_factory=dict)
    waiting: asyncio.Queue[dict[str, Any] | None] = field(default_factory=asyncio.Queue)

    def send(self, topic: str, event: str, payload: dict[str, Any], ref: Any = None) -> None:
        """Have a message sent; a client that does not read loses its channels, and is cut off."""
        self.waiting.put_nowait({"topic": topic, "event": event, "payload": payload, "ref": ref})
        if self.waiting.qsize() > _MOST_WAITING:
            self.channels.clear()
            while not self.waiting.empty():
                self.waiting.get_nowait()
            self.waiting.put_nowait(None)

    def reply(self, message: dict[str, Any], reason: str | None = None) -> None:
        """Answer a message: `ok`, or an error with its reason."""
        response: dict[str, Any] = {"postgres_changes": []} if reason is None else {"reason": reason}
        payload = {"status": "ok" if reason is None else "error", "response": response}
        self.send(message["topic"], "phx_reply", payload, message.get("ref"))

    def end(self, topic: str, reason: str) -> None:
        """End a channel and say why."""
        self.channels.pop(topic, None)
        told = {"status": "error", "message": reason, "extension": "system", "channel": topic.removeprefix(_PREFIX)}
        self.send(topic, "system", told)
        self.send(topic, "phx_close", {})


class Realtime:
    """The sockets of one gateway, and what its database has to tell them."""

    def __init__(self, database: Database, tokens: Tokens) -> None:
        self._database, self._tokens = database, tokens
        self._connections: set[Connection] = set()
        self._listens, self._taking = False, asyncio.Lock()

    async def run(self) -> None:
        """Pass on messages, and end channels whose time is up, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._pass_on())
            tasks.create_task(self._watch())

    async def socket(self, websocket: WebSocket) -> None:
        """Serve one client's socket."""
        apikey = websocket.query_params.get("apikey", "")
        known = self._tokens.key_role(apikey) and websocket.query_params.get("vsn") == "1.0.0"
        if not known or len(self._connections) >= _MOST_SOCKETS:
            await websocket.close()  # before it is accepted: HTTP 403
            return
        await websocket.accept()
        connection = Connection(websocket, apikey)
        self._connections.add(connection)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_send_all(connection))
                tasks.create_task(self._receive_all(connection))
        except* (WebSocketDisconnect, RuntimeError, OSError):
            pass  # the client has gone, in the middle of a message or between two
        finally:
            self._connections.discard(connection)

    async def _receive_all(self, connection: Connection) -> None:
        while True:
            try:
                message = json.loads(await connection.websocket.receive_text())
                topic, event, payload = message["topic"], message["event"], message["payload"]
                if not (isinstance(topic, str) and isinstance(event, str) and isinstance(payload, dict)):
                    raise TypeError
            except (ValueError, KeyError, TypeError, RecursionError):
                await connection.websocket.close(1003)
                raise WebSocketDisconnect(1003) from None
            await self._answer(connection, message, topic, event, payload)

    async def _answer(self, connection: Connection, message: Any, topic: str, event: str, payload: Any) -> None:
        if event == "heartbeat" and topic == "phoenix":
            connection.reply(message)
        elif event == "phx_join":
            reason = _not_spoken(topic, payload) or await self._join(connection, topic, payload.get("access_token"))
            connection.reply(message, reason)
        elif event == "access_token" and topic in connection.channels:
            if (reason := await self._join(connection, topic, payload.get("access_token"))) is not None:
                connection.end(topic, reason)
        elif event == "phx_leave":
            connection.channels.pop(topic, None)
            connection.reply(message)
        else:
            connection.reply(message, f"The embedded Supabase does not speak {event[:40]!r}: only triggers broadcast.")

    async def _join(self, connection: Connection, topic: str, token: Any) -> str | None:
        """Let a connection hear a channel, or say why not; a channel that is joined already gets the new token."""
        if not self._listens or (topic not in connection.channels and len(connection.channels) >= _MOST_CHANNELS):
            return "RealtimeRestarting: try again in a moment, with fewer channels"
        try:
            caller = self._tokens.caller(connection.apikey, f"Bearer {token or connection.apikey}")
            if not await self._may_hear(caller, topic):
                name = topic.removeprefix(_PREFIX)
                return f"Unauthorized: You do not have permissions to read from this Channel topic: {name}"
            await asyncio.shield(self._take())  # what was said before is for others, even if this one goes
        except TokenRefused as error:
            return f"InvalidJWTToken: {error.message}"
        except psycopg.Error as error:
            return f"DatabaseError: {error}"
        connection.channels[topic] = caller
        return None

    async def _may_hear(self, caller: Caller, topic: str) -> bool:
        """Whether the policies let the caller read a message of the channel: one is written, looked at, rolled back."""
        name = topic.removeprefix(_PREFIX)
        async with self._database.rest.connection() as connection, connection.transaction(force_rollback=True):
            row = await (await connection.execute("select realtime.probe(%s)", (name,))).fetchone()
            await connection.execute(
                "select set_config('role', %s, true), set_config('request.jwt.claims', %s, true),"
                " set_config('realtime.topic', %s, true)",
                (caller.role, json.dumps(dict(caller.claims)), name),
            )
            seen = await connection.execute("select from realtime.messages where id = %s", row)
            return seen.rowcount == 1

    async def _pass_on(self) -> None:
        """Look for messages now and then (a NOTIFY would make commits wait); channels fail with the database."""
        while True:
            try:
                await self._take()
                self._listens = True
            except psycopg.Error as error:
                _log.warning("realtime lost the database", extra={"reason": str(error)})
                self._listens = False
                for connection, topic, _ in self._joined():
                    connection.channels.pop(topic)
                    connection.send(topic, "phx_error", {"reason": "the database went away"})
            await asyncio.sleep(_PAUSE if self._listens else _CHECK)

    async def _take(self) -> None:
        """Take every message that a transaction has committed out of its table, and hand it on."""
        async with self._taking:
            async with self._database.rest.connection() as database:
                told = await (await database.execute("select * from realtime.take()")).fetchall()
            for message_id, topic, event, payload in told:
                message = {"type": "broadcast", "event": event, "payload": payload, "meta": {"id": str(message_id)}}
                for connection, joined, _ in self._joined():
                    if joined == _PREFIX + topic:
                        connection.send(joined, "broadcast", message)

    async def _watch(self) -> None:
        """End channels whose token has expired or whose member may no longer hear them."""
        while True:
            await asyncio.sleep(_CHECK)
            with contextlib.suppress(psycopg.Error):  # who takes the messages says so, and ends the channels
                for connection, topic, caller in self._joined():
                    if caller.claims.get("exp", time.time() + 1) <= time.time():
                        connection.end(topic, "Token has expired")
                    elif not await self._may_hear(caller, topic):
                        connection.end(topic, "Unauthorized: You no longer may read from this Channel topic")

    def _joined(self) -> Iterator[tuple[Connection, str, Caller]]:
        for connection in list(self._connections):
            for topic, caller in list(connection.channels.items()):
                yield connection, topic, caller


async def _send_all(connection: Connection) -> None:
    while (message := await connection.waiting.get()) is not None:
        await connection.websocket.send_text(json.dumps(message))
    await connection.websocket.close(1013)


def _not_spoken(topic: str, payload: dict[str, Any]) -> str | None:
    """Why a join is refused whoever asks."""
    config = payload.get("config")
    config = config if isinstance(config, dict) else {}
    if not topic.startswith(_PREFIX) or config.get("private") is not True:
        return "The embedded Supabase speaks private channels only: join with config.private = true."
    presence = config.get("presence")
    if config.get("postgres_changes") or (isinstance(presence, dict) and presence.get("enabled")):
        return "The embedded Supabase speaks broadcasts only, neither postgres_changes nor presence."
    return None
