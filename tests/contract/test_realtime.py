"""Live updates as the official client hears them: who may, how soon, and when it ends."""

import asyncio
import contextlib
import time

import pytest
from realtime import RealtimeSubscribeStates as States
from supabase import ClientOptions, acreate_client

PRIVATE = {
    "config": {"broadcast": {"ack": False, "self": False}, "presence": {"key": "", "enabled": False}, "private": True}
}
PUBLIC = {"config": {**PRIVATE["config"], "private": False}}
EVENTS = ("INSERT", "UPDATE", "DELETE")


class Ear:
    """A person's channel of a team: what it heard and when, and the states it went through."""

    def __init__(self, channel):
        self.channel, self.heard, self.states = channel, [], []
        for event in EVENTS:
            channel.on_broadcast(event, lambda message: self.heard.append((time.monotonic(), message)))

    async def subscribe(self):
        await asyncio.wait_for(self.channel.subscribe(lambda state, error: self.states.append((state, error))), 20)
        return self

    @property
    def joined(self):
        return bool(self.states) and self.states[-1][0] == States.SUBSCRIBED

    async def until(self, wanted, seconds=15):
        """Wait for a state or for a table's change; the moment it came."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if isinstance(wanted, States) and wanted in [state for state, _ in self.states]:
                return time.monotonic()
            for at, message in self.heard:
                if (message["payload"].get("table"), message["event"]) == wanted:
                    return at
            await asyncio.sleep(0.02)
        raise AssertionError((wanted, self.states, self.heard))


@contextlib.asynccontextmanager
async def listening(project, person, topic, params=PRIVATE, token=None):
    options = ClientOptions(auto_refresh_token=False, persist_session=False)
    client = await acreate_client(project.url, project.anon_key, options)
    try:
        if person is not None:
            await client.realtime.set_auth(token or person.token)
        yield await Ear(client.realtime.channel(topic, params)).subscribe()
    finally:
        await client.realtime.close()


def topic(team):
    return f"team:{team.id}"


def change(person, team, title):
    person.client.table("portfolios").update({"title": title}).eq("id", team.portfolio).execute()


def test_a_member_hears_within_a_second_and_a_stranger_never(project, ours, theirs, service):
    async def scene():
        async with (
            listening(project, ours.viewer, topic(ours)) as member,
            listening(project, theirs.viewer, topic(theirs)) as other,
            listening(project, theirs.viewer, topic(ours)) as spy,
        ):
            assert member.joined
            assert other.joined
            assert not spy.joined
            assert "permissions" in str(spy.states[-1][1])
            begun = time.monotonic()
            await asyncio.to_thread(change, ours.analyst, ours, "Heard")
            took = await member.until(("portfolios", "UPDATE")) - begun
            book = {"team_id": ours.id, "slug": "gone", "title": "Gone", "base_currency": "EUR"}
            made = await asyncio.to_thread(ours.analyst.client.table("portfolios").insert(book).execute)
            await member.until(("portfolios", "INSERT"))
            gone = ours.admin.client.table("portfolios").delete().eq("id", made.data[0]["id"])
            await asyncio.to_thread(gone.execute)
            await member.until(("portfolios", "DELETE"))
            await asyncio.to_thread(change, theirs.analyst, theirs, "Other")
            await other.until(("portfolios", "UPDATE"))
            assert [message["event"] for _, message in other.heard] == ["UPDATE"]
            assert spy.heard == []
            assert [message["event"] for _, message in member.heard] == ["UPDATE", "INSERT", "DELETE"]
            last = member.heard[-1][1]["payload"]
            assert (last["count"], last["ids"]) == (1, [made.data[0]["id"]])
            return took

    assert asyncio.run(scene()) < 1


def test_what_was_said_before_one_joined_is_not_heard(project, ours):
    async def scene():
        for title in ("Before one joined", "And once more", "And again"):
            await asyncio.to_thread(change, ours.analyst, ours, title)
            async with listening(project, ours.viewer, topic(ours)) as member:
                await asyncio.to_thread(ours.analyst.client.table("portfolios").insert(late(ours)).execute)
                await member.until(("portfolios", "INSERT"))
                assert [message["event"] for _, message in member.heard] == ["INSERT"]

    asyncio.run(scene())
    ours.admin.client.table("portfolios").delete().like("slug", "late-%").execute()


def late(team):
    return {"team_id": team.id, "slug": f"late-{time.monotonic_ns()}", "title": "Late", "base_currency": "EUR"}


def test_many_rows_are_one_message(project, ours):
    rows = [{"team_id": ours.id, "slug": f"m{i}", "title": "x" * 150, "base_currency": "EUR"} for i in range(150)]

    async def scene():
        async with listening(project, ours.viewer, topic(ours)) as member:
            await asyncio.to_thread(ours.analyst.client.table("portfolios").insert(rows).execute)
            await member.until(("portfolios", "INSERT"))
            gone = ours.admin.client.table("portfolios").delete().like("slug", "m%")
            await asyncio.to_thread(gone.execute)
            await member.until(("portfolios", "DELETE"))
            return [(message["payload"]["count"], len(message["payload"]["ids"])) for _, message in member.heard]

    assert asyncio.run(scene()) == [(150, 100), (150, 100)]


def test_a_change_that_was_rolled_back_is_not_told(project, ours, service):
    async def scene():
        async with listening(project, ours.viewer, topic(ours)) as member:
            twice = [{"team_id": ours.id, "slug": "twin", "title": "T", "base_currency": "EUR"}] * 2
            with contextlib.suppress(Exception):
                await asyncio.to_thread(ours.analyst.client.table("portfolios").insert(twice).execute)
            await asyncio.to_thread(change, ours.analyst, ours, "After")
            await member.until(("portfolios", "UPDATE"))
            return [message["event"] for _, message in member.heard]

    assert asyncio.run(scene()) == ["UPDATE"]


@pytest.mark.parametrize("which", ["anonymous", "forged", "other topic"])
def test_who_is_not_let_in(project, ours, client, which):
    person = None if which == "anonymous" else ours.viewer
    token = ours.viewer.token[:-4] + "AAAA" if which == "forged" else None
    name = "team:*" if which == "other topic" else topic(ours)

    async def scene():
        async with listening(project, person, name, PRIVATE, token) as ear:
            return ear.joined, [state for state, _ in ear.states]

    joined, states = asyncio.run(scene())
    assert not joined
    assert States.CHANNEL_ERROR in states


def test_removal_from_the_team_ends_the_channel(project, ours, person, service):
    if not project.embedded:
        pytest.skip("hosted asks the policies again when the token is renewed, within jwt_expiry")
    leaver = person()
    row = {"team_id": ours.id, "user_id": leaver.id, "role": "viewer"}
    service.table("memberships").insert(row).execute()

    async def scene():
        async with listening(project, leaver, topic(ours)) as ear:
            assert ear.joined
            gone = service.table("memberships").delete().eq("user_id", leaver.id)
            await asyncio.to_thread(gone.execute)
            begun = time.monotonic()
            took = await ear.until(States.CHANNEL_ERROR) - begun
            ear.heard.clear()
            await asyncio.to_thread(change, ours.analyst, ours, "Later")
            await asyncio.sleep(0.5)
            assert ear.heard == []
            return took

    assert asyncio.run(scene()) < 5


def test_a_new_token_keeps_the_channel_and_leaving_ends_it(project, ours):
    async def scene():
        async with listening(project, ours.viewer, topic(ours)) as ear:
            await ear.channel.socket.set_auth(ours.analyst.token)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(change, ours.analyst, ours, "Fresh")
            await ear.until(("portfolios", "UPDATE"))
            await ear.channel.unsubscribe()
            await ear.until(States.CLOSED)
            ear.heard.clear()
            await asyncio.to_thread(change, ours.analyst, ours, "Unheard")
            await asyncio.sleep(0.5)
            return ear.heard

    assert asyncio.run(scene()) == []
