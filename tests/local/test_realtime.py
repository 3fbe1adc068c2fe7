"""The Phoenix protocol as it is on the wire: what is refused, and in which words; what ends a channel."""

import asyncio
import contextlib
import json
import random
import time

import httpx
import jwt
import psycopg
import pytest
import websockets

from riskkit.local.client import service_client
from riskkit.local.database import Database
from riskkit.local.realtime import Connection, Realtime
from riskkit.local.stack import Stack
from riskkit.local.tokens import Caller, Tokens
from tests.local.conftest import PASSWORD, make_project, sign_in

SCHEMA = """
create policy named on realtime.messages for select to authenticated
  using (extension = 'broadcast' and (select realtime.topic()) = auth.email());
create function public.tell(topic text, payload jsonb) returns void language sql security definer as
  'select realtime.send($2, ''told'', $1, true)';
create function public.tell_all() returns void language sql security definer as
  'select realtime.send(jsonb_build_object(''text'', repeat(''x'', 100000)), ''told'', ''eve@atlas.example'', true)
   from generate_series(1, 50)';
create function public.count_up(topic text) returns void language sql security definer as
  'select realtime.send(to_jsonb(n), ''told'', $1, true) from generate_series(1, 30) n';
"""
CONFIG = "[auth]\njwt_expiry = 8\n"
EVE = "eve@atlas.example"
TOPIC = f"realtime:{EVE}"


@pytest.fixture(scope="module")
def lively(tmp_path_factory):
    """A stack whose tokens live eight seconds, with one user."""
    folder = tmp_path_factory.mktemp("lively")
    stack = Stack(folder / "home", make_project(folder / "project", SCHEMA, CONFIG))
    with service_client(stack.start(port=0)) as service:
        service.auth.admin.create_user({"email": EVE, "password": PASSWORD, "email_confirm": True})
    yield stack
    stack.remove()


@pytest.fixture
def token(lively):
    return sign_in(lively.keys(), EVE).auth.get_session().access_token


def address(stack, key=None, vsn="1.0.0"):
    url = stack.keys().url.replace("http:", "ws:")
    return f"{url}/realtime/v1/websocket?apikey={key or stack.keys().anon_key}&vsn={vsn}"


class Wire:
    """One socket: what is sent, and what comes back."""

    def __init__(self, socket):
        self.socket = socket

    async def say(self, event, payload=None, topic=TOPIC, ref="1"):
        await self.socket.send(json.dumps({"topic": topic, "event": event, "payload": payload or {}, "ref": ref}))

    async def hear(self, event):
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), 20))
            if message["event"] == event:
                return message

    async def join(self, token, topic=TOPIC, **config):
        await self.say("phx_join", {"config": {"private": True, **config}, "access_token": token}, topic)
        return (await self.hear("phx_reply"))["payload"]


def on_the_wire(stack, scene, **more):
    async def run():
        async with websockets.connect(address(stack, **more), max_size=None) as socket:
            return await scene(Wire(socket))

    return asyncio.run(run())


def tell(stack, topic=EVE, payload=None):
    with service_client(stack.keys()) as service:
        service.rpc("tell", {"topic": topic, "payload": payload or {"n": 1}}).execute()


@pytest.mark.parametrize(
    ("topic", "config", "words"),
    [
        (TOPIC, {"private": False}, "private channels only"),
        (TOPIC, {"private": None}, "private channels only"),
        (EVE, {}, "private channels only"),
        (TOPIC, {"postgres_changes": [{"event": "*", "schema": "public"}]}, "neither postgres_changes"),
        (TOPIC, {"presence": {"key": "", "enabled": True}}, "nor presence"),
        ("realtime:bob@atlas.example", {}, "Unauthorized"),
        ("realtime:", {}, "Unauthorized"),
    ],
)
def test_joins_that_are_refused_say_why(lively, token, topic, config, words):
    reply = on_the_wire(lively, lambda wire: wire.join(token, topic, **config))
    assert reply["status"] == "error"
    assert words in reply["response"]["reason"]


@pytest.mark.parametrize("given", [None, "", "nonsense", "a.b.c", 7, ["x"]])
def test_a_token_that_is_none_is_refused(lively, given):
    reply = on_the_wire(lively, lambda wire: wire.join(given))
    assert reply["status"] == "error"
    assert reply["response"]["reason"].startswith(("InvalidJWTToken", "Unauthorized"))


def test_a_heartbeat_and_what_clients_may_not_say(lively, token):
    async def scene(wire):
        await wire.say("heartbeat", topic="phoenix", ref="7")
        beat = await wire.hear("phx_reply")
        await wire.join(token)
        replies = []
        for event in ("broadcast", "presence", "x" * 500):
            await wire.say(event, {"type": "broadcast", "event": "told", "payload": {}})
            replies.append((await wire.hear("phx_reply"))["payload"])
        return beat, replies

    beat, replies = on_the_wire(lively, scene)
    assert (beat["topic"], beat["ref"], beat["payload"]["status"]) == ("phoenix", "7", "ok")
    assert [reply["status"] for reply in replies] == ["error"] * 3
    assert "only triggers broadcast" in replies[0]["response"]["reason"]


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"topic": 1, "event": "x", "payload": {}}', '{"topic": "t", "event": "x"}',
             "[" * 20_000, "\x00", '"' + "x" * 70_000 + '"'],
)  # fmt: skip
def test_what_is_no_message_ends_the_socket_and_nothing_else(lively, token, text):
    async def scene(wire):
        await wire.socket.send(text)
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.wait_for(wire.socket.recv(), 20)

    on_the_wire(lively, scene)
    assert on_the_wire(lively, lambda wire: wire.join(token))["status"] == "ok"


@pytest.mark.parametrize("how", ["key", "version", "host"])
def test_who_may_open_a_socket(lively, how):
    url = address(lively, *{"key": ("forged",), "version": (None, "2.0.0"), "host": ()}[how])
    headers = {"Host": "evil.example"} if how == "host" else {}

    async def scene():
        async with websockets.connect(url, additional_headers=headers):
            return

    with pytest.raises((websockets.InvalidStatus, websockets.InvalidMessage)):
        asyncio.run(scene())


def expiry(token):
    return jwt.decode(token, options={"verify_signature": False})["exp"]


def test_a_channel_ends_when_its_token_does_unless_there_is_a_new_one(lively, token):
    async def scene(wire):
        await wire.join(token)
        await asyncio.sleep(1.5)
        fresh = (await asyncio.to_thread(sign_in, lively.keys(), EVE)).auth.get_session().access_token
        await wire.say("access_token", {"access_token": fresh})
        ended = await wire.hear("system")
        at = time.time()
        await wire.hear("phx_close")
        await asyncio.to_thread(tell, lively)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(wire.hear("broadcast"), 1)
        return ended["payload"], at, expiry(fresh)

    told, at, fresh_until = on_the_wire(lively, scene)
    assert (told["status"], told["message"]) == ("error", "Token has expired")
    assert expiry(token) < fresh_until <= at < fresh_until + 5


def test_a_forged_new_token_ends_the_channel(lively, token):
    async def scene(wire):
        await wire.join(token)
        await wire.say("access_token", {"access_token": token[:-3] + "AAA"})
        return (await wire.hear("system"))["payload"]["message"]

    assert on_the_wire(lively, scene).startswith("InvalidJWTToken")


def test_a_payload_of_any_size_is_heard_whole_and_a_rolled_back_one_not(lively, token):
    async def scene(wire):
        await wire.join(token)
        with psycopg.connect(lively.keys().db_url) as connection:
            connection.execute("select tell(%s, '{}')", [EVE])
            connection.rollback()
        await asyncio.to_thread(tell, lively, EVE, {"text": "ü" * 200_000})
        return (await wire.hear("broadcast"))["payload"]

    heard = on_the_wire(lively, scene)
    assert heard["payload"] == {"text": "ü" * 200_000}
    assert (heard["type"], heard["event"]) == ("broadcast", "told")


def test_messages_are_heard_once_in_their_order_and_do_not_stay(lively, token):
    async def scene(wire):
        await wire.join(token)
        with psycopg.connect(lively.keys().db_url, autocommit=True) as connection:
            connection.execute("select count_up(%s), count_up('nobody')", [EVE])
            connection.execute("select count_up(%s)", [EVE])
        return [(await wire.hear("broadcast"))["payload"]["payload"] for _ in range(60)]

    assert on_the_wire(lively, scene) == [*range(1, 31), *range(1, 31)]
    with psycopg.connect(lively.keys().db_url) as connection:
        assert connection.execute("select count(*) from realtime.messages").fetchone() == (0,)


def test_who_goes_away_while_joining_takes_no_message_along(lively):
    """Whoever joins takes the messages that wait, for all: each is heard, by this gateway's or by one beside it."""
    url, tokens = lively.keys().db_url, Tokens("s" * 40, "anon", "service", "http://127.0.0.1/auth/v1", 60)
    count, chance = 120, random.Random(1)

    async def scene(wire):
        await wire.join(lively.keys().service_key)
        database = Database(url, url, tokens)
        beside, listener, leaver = Realtime(database, tokens), Connection(None, "anon"), Connection(None, "service")
        beside._listens = True
        beside._connections.add(listener)
        listener.channels[TOPIC] = Caller("service_role", {})
        async with database.opened(), await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
            for _ in range(count):
                await connection.execute("select tell(%s, '1')", [EVE])
                joining = asyncio.create_task(beside._join(leaver, TOPIC, None))
                await asyncio.sleep(chance.random() * 0.015)
                joining.cancel()
                await asyncio.gather(joining, return_exceptions=True)
            await beside._take()  # after what is still on its way
        there = listener.waiting.qsize()
        for _ in range(count - there):
            await wire.hear("broadcast")
        return there

    assert 0 < on_the_wire(lively, scene) <= count


def test_a_client_that_does_not_read_holds_nobody_up(lively, token):
    """Five megabytes wait for it, then it is forgotten; another hears at once."""

    async def scene(wire):
        await wire.join(token)
        async with websockets.connect(address(lively), max_size=None, max_queue=1) as deaf:
            await Wire(deaf).join(token)
            deaf.transport.pause_reading()
            with service_client(lively.keys()) as service:
                await asyncio.to_thread(service.rpc("tell_all").execute)
            for _ in range(50):
                await wire.hear("broadcast")
            deaf.transport.abort()

    on_the_wire(lively, scene)


def test_stopping_does_not_wait_for_open_sockets(lively, token):
    async def scene(wire):
        await wire.join(token)
        begun = time.monotonic()
        await asyncio.to_thread(lively.stop)
        with contextlib.suppress(websockets.ConnectionClosed):
            while True:
                await asyncio.wait_for(wire.socket.recv(), 20)
        return time.monotonic() - begun

    took = on_the_wire(lively, scene)
    lively.start()
    assert httpx.get(f"{lively.keys().url}/auth/v1/health", timeout=30).status_code == 200
    assert took < 15
