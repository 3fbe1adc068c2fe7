"""The store of whoever is signed in."""

from __future__ import annotations

from riskkit.session import Session
from riskkit.settings import Settings
from riskkit.store.supabase import SupabaseStore


def open_store(settings: Settings, session: Session) -> SupabaseStore:
    """The Supabase store of this machine's settings, as the user of this session; close it after use."""
    url, key = settings.supabase()
    return SupabaseStore(url, key, session.access_token)
