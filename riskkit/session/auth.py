"""The official client's Auth part, for a moment: no timers, no storage, and what it raises in our words."""

from __future__ import annotations

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from supabase import ClientOptions, create_client
from supabase_auth.errors import AuthApiError, AuthError, AuthRetryableError

from riskkit.errors import Unavailable
from riskkit.settings import Settings

_TIMEOUT = 15.0
#: What Auth notes with a session, so that the list of one's sessions can say which this is.
AGENT = f"riskkit/1 ({'Mac OS X' if platform.system() == 'Darwin' else platform.system()})"


@contextmanager
def auth_client(settings: Settings) -> Iterator[Any]:
    """The client's Auth part, on a connection that is closed again."""
    url, key = settings.supabase()
    with httpx.Client(timeout=_TIMEOUT, headers={"User-Agent": AGENT}) as connection:
        options = ClientOptions(
            headers={"Authorization": f"Bearer {key}"},
            auto_refresh_token=False,
            persist_session=False,
            httpx_client=connection,
        )
        yield create_client(url, key, options).auth


def unless_refused(settings: Settings, error: AuthError) -> None:
    """Raise `Unavailable` if Auth did not judge: it does not answer, or has no time. Else return."""
    if isinstance(error, AuthRetryableError):
        raise Unavailable(f"Supabase at {settings.supabase()[0]} does not answer.") from error
    if isinstance(error, AuthApiError) and error.status in (429, 500):
        raise Unavailable(f"Sign-in is not possible now: {error.message}.") from error
