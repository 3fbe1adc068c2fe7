"""The official client with the service key, for seeding and for the operator."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from supabase import Client, ClientOptions, create_client

from riskkit.local.keys import Keys


@contextmanager
def service_client(keys: Keys) -> Iterator[Client]:
    """A client that bypasses row-level security; it keeps no session, starts no thread and closes what it opened."""
    with httpx.Client(timeout=60) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        yield create_client(keys.url, keys.service_key, options)
