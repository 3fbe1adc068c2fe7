"""The official client with the service key, for seeding and for the operator."""

from __future__ import annotations

from supabase import Client, ClientOptions, create_client

from riskkit.local.keys import Keys


def service_client(keys: Keys) -> Client:
    """A client that bypasses row-level security; it holds no session and starts no thread."""
    options = ClientOptions(auto_refresh_token=False, persist_session=False, postgrest_client_timeout=60)
    return create_client(keys.url, keys.service_key, options)
