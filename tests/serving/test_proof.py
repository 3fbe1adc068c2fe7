"""Codes when Auth does not answer, and sign-ins that wait too long."""

import asyncio
import time

import pytest

from riskkit.errors import Unavailable
from riskkit.serving.auth import AuthClient, Factor, Grant
from riskkit.serving.halfway import LIFETIME, Halfway
from riskkit.serving.proof import CodeRefused, Codes

FACTORS = (Factor("f", "Phone", True, ""),)
GRANT = Grant("id", "a@b.example", "access", "refresh", time.time() + 3600, 3600, FACTORS)
NOBODY = AuthClient("http://127.0.0.1:1", "key")


def test_a_code_that_nobody_judged_may_be_tried_again():
    codes = Codes()
    for _ in range(10):
        with pytest.raises(Unavailable):
            asyncio.run(codes.show(NOBODY, GRANT, FACTORS, "123456"))


def test_auth_that_takes_the_connection_and_never_answers_is_given_up_on(half_open):
    begun = time.monotonic()
    with pytest.raises(Unavailable, match="does not answer"):
        asyncio.run(AuthClient(half_open, "key", patience=0.3).password("a@b.example", "password"))
    assert time.monotonic() - begun < 10


def test_wrong_codes_are_counted_and_forgotten():
    now = [0.0]
    codes = Codes(lambda: now[0])
    for number in range(5):
        with pytest.raises(CodeRefused) as refused:
            asyncio.run(codes.show(NOBODY, GRANT, (), f"{number:06}"))
        assert refused.value.status == 401
    with pytest.raises(CodeRefused) as refused:
        asyncio.run(codes.show(NOBODY, GRANT, (), "000009"))
    assert refused.value.status == 429
    now[0] = 301
    with pytest.raises(CodeRefused) as refused:
        asyncio.run(codes.show(NOBODY, GRANT, (), "000009"))
    assert refused.value.status == 401


def test_half_a_sign_in_waits_ten_minutes():
    now = [0.0]
    halfway = Halfway(lambda: now[0])
    half = halfway.begin(GRANT, "recovery", "/")
    assert half.needs_code
    assert half.needs_password
    assert halfway.find(half.sid) is half
    assert halfway.find("x") is halfway.find(None) is None
    assert half.sid not in repr(half)
    assert "access" not in repr(half)
    now[0] = LIFETIME
    assert halfway.find(half.sid) is None
    assert halfway.run_out() == [half]
    halfway.drop(half)
    assert halfway.run_out() == []
