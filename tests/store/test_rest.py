"""A Supabase whose proxy takes the connection and then says nothing."""

import time

import pytest

from riskkit.errors import Unavailable
from riskkit.store.rest import Rest


def test_who_takes_the_connection_and_never_answers_is_given_up_on_with_a_sentence(half_open):
    begun = time.monotonic()
    with Rest(half_open, "key", lambda: "token", timeout=0.3) as rest:
        with pytest.raises(Unavailable, match=f"Supabase at {half_open} does not answer"):
            rest._call("my_teams")
        with pytest.raises(Unavailable, match="does not answer"):
            rest._select("portfolios", "id")
    assert time.monotonic() - begun < 10
