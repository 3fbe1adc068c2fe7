"""Sessions end when they should, and refresh once."""

import asyncio
import dataclasses
import time

import pytest

from riskkit.errors import NotSignedIn, Unavailable
from riskkit.serving.auth import AuthClient, Grant, SignInRefused
from riskkit.serving.limits import Limits
from riskkit.serving.sessions import Sessions

GRANT = Grant("id", "a@b.example", "access", "refresh", time.time() + 3600, 3600)


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def sessions(clock):
    return Sessions(AuthClient("http://127.0.0.1:1", "key"), Limits(idle=100, absolute=1000), clock)


def test_a_session_is_found_by_its_id_only(sessions):
    session = sessions.create(GRANT)
    assert sessions.find(session.sid) is session
    assert sessions.find(sessions.create(GRANT).sid) is not session
    for other in (None, "", "x", session.sid[:-1], session.sid.swapcase()):
        assert sessions.find(other) is None
    assert len(session.sid) >= 43


def test_nothing_secret_is_in_its_repr(sessions):
    session = sessions.create(GRANT)
    for secret in ("access", "refresh", session.sid):
        assert secret not in repr(session).replace("refreshing", "")


def test_idle_and_absolute_limits(sessions, clock):
    session = sessions.create(GRANT)
    clock.now = 99
    assert sessions.live(session)
    sessions.touch(session)
    clock.now = 198
    assert sessions.remaining(session) == 1
    clock.now = 200
    assert sessions.find(session.sid) is None
    assert sessions.run_out() == [session]
    other = sessions.create(GRANT)
    for clock.now in range(200, 1200, 50):
        sessions.touch(other)
    assert sessions.live(other)
    clock.now = 1201
    sessions.touch(other)
    assert not sessions.live(other)


def test_a_dropped_session_stays_dead(sessions):
    session = sessions.create(GRANT)
    sessions.drop(session)
    sessions.touch(session)
    assert sessions.find(session.sid) is None
    with pytest.raises(NotSignedIn):
        asyncio.run(sessions.access_token(session))


def test_a_fresh_token_is_handed_out_without_asking_auth(sessions):
    assert asyncio.run(sessions.access_token(sessions.create(GRANT))).access_token == "access"


def test_auth_that_does_not_answer_keeps_the_session(sessions):
    session = sessions.create(dataclasses.replace(GRANT, expires_at=time.time()))
    with pytest.raises(Unavailable):
        asyncio.run(sessions.access_token(session))
    assert sessions.live(session)


def test_many_askers_make_one_refresh(demo_stack):
    """Auth rotates refresh tokens and takes a second use for theft."""
    keys = demo_stack.keys()

    async def ask():
        auth = AuthClient(keys.url, keys.anon_key)
        sessions = Sessions(auth, Limits())
        first = await auth.password("viewer@borealis.example", "riskkit-demo")
        session = sessions.create(dataclasses.replace(first, expires_at=time.time()))
        grants = await asyncio.gather(*(sessions.access_token(session) for _ in range(8)))
        assert len({grant.access_token for grant in grants}) == 1
        assert grants[0].refresh_token != first.refresh_token
        session.grant = dataclasses.replace(session.grant, expires_at=time.time())
        again = await sessions.access_token(session)  # no reuse was seen, so the family lives
        assert again.refresh_token not in (first.refresh_token, grants[0].refresh_token)
        return auth, sessions, session

    async def whole():
        auth, sessions, session = await ask()
        await auth.sign_out(session.grant.access_token)
        session.grant = dataclasses.replace(session.grant, expires_at=time.time())
        with pytest.raises(NotSignedIn):
            await sessions.access_token(session)
        assert not sessions.live(session)
        with pytest.raises(SignInRefused):
            await auth.password("viewer@borealis.example", "not the password")

    asyncio.run(whole())
