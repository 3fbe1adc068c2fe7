"""Killed with -9 in the middle of writes, gateway and Postgres come back with every row and file they acknowledged."""

import asyncio
import time

import pytest
from realtime import RealtimeSubscribeStates as States
from supabase import acreate_client

from riskkit.local.client import service_client
from riskkit.local.postgres import Postgres
from riskkit.local.stack import Stack
from tests.local import kills
from tests.local.conftest import make_project

SCHEMA = (
    kills.SCHEMA
    + """
create policy all_hear on realtime.messages for select to authenticated using (true);
create function public.tell() returns void language sql security definer as
  'select realtime.send(''{}'', ''told'', ''t'', true)';
"""
)
PRIVATE = {"config": {"broadcast": None, "presence": None, "private": True}}


@pytest.fixture(scope="module")
def victim(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kills")
    stack = Stack(folder / "home", make_project(folder / "project", SCHEMA))
    stack.start(port=0)
    yield stack
    stack.remove()


@pytest.mark.parametrize(("which", "first"), [("gateway", 10_000), ("postmaster", 30_000)])
def test_kill_9_loses_nothing_that_was_acknowledged(victim, which, first):
    outcome = kills.write_until_killed(victim, which, 1.0, first)
    assert outcome.rows
    assert outcome.files
    assert outcome.lost == set()
    assert len(outcome.present_rows - outcome.rows) <= 1
    assert len(outcome.whole_files - outcome.files) <= 1


def test_a_channel_fails_with_the_database_and_is_joined_again(victim):
    keys = victim.start()

    async def scene():
        client = await acreate_client(keys.url, keys.service_key)
        states, heard = [], []
        channel = client.realtime.channel("t", PRIVATE)
        channel.on_broadcast("told", heard.append)
        await channel.subscribe(lambda state, error: states.append(state))
        await until(lambda: states[-1:] == [States.SUBSCRIBED])  # a server that has just started may ask for patience
        states.clear()
        await asyncio.to_thread(Postgres.of(victim.home).process().kill)
        await until(lambda: States.CHANNEL_ERROR in states)
        await asyncio.to_thread(victim.start)
        await until(lambda: states[-1:] == [States.SUBSCRIBED])
        with service_client(keys) as service:
            await asyncio.to_thread(service.rpc("tell").execute)
        await until(lambda: heard)
        await client.realtime.close()
        return heard[0]["event"]

    assert asyncio.run(scene()) == "told"


async def until(true):
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
