"""A saved sign-in as data, and what an access token says of itself."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from typing import Any

from riskkit.errors import Unavailable

#: A saved token is renewed when it has less than this left [s].
_FRESH_SECONDS = 60.0


@dataclass(frozen=True)
class Tokens:
    """A saved sign-in; `url` is where it counts, `expires_at` in seconds since 1970."""

    url: str
    email: str
    user_id: str
    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: float

    def fresh(self) -> bool:
        """Whether the access token lasts a while yet."""
        return self.expires_at - time.time() >= _FRESH_SECONDS


def tokens_of(answer: Any, url: str) -> Tokens:
    """What the client's answer to a sign-in or a refresh holds."""
    session = answer.session
    if session is None or session.expires_at is None:
        raise Unavailable("Supabase answered the sign-in without a session.")
    user = session.user
    return Tokens(url, user.email or "", user.id, session.access_token, session.refresh_token, session.expires_at)


def level(access_token: str) -> str:
    """`aal1` for a token that a password got, `aal2` after a second factor; read, not verified: Auth sent it to us."""
    try:
        payload = access_token.split(".")[1]
        return str(json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["aal"])
    except (IndexError, KeyError, TypeError, ValueError):
        return "aal1"
