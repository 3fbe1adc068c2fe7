"""The store, the queue and the schedules of whoever is signed in, on a database no older than the project."""

from __future__ import annotations

from riskkit.session import Session
from riskkit.settings import Settings
from riskkit.store.deliveries import Deliveries
from riskkit.store.files import Files
from riskkit.store.limits import Limits
from riskkit.store.queue import Queue
from riskkit.store.runs import Runs
from riskkit.store.schedules import Schedules
from riskkit.store.schema import migrations
from riskkit.store.supabase import SupabaseStore


def open_store(settings: Settings, session: Session) -> SupabaseStore:
    """The Supabase store of this machine's settings, as the user of this session; close it after use."""
    url, key = settings.supabase()
    return SupabaseStore(url, key, session.access_token).needs(migrations(settings.project))


def open_limits(settings: Settings, session: Session) -> Limits:
    """The limits of this machine's settings, as the user of this session; close it after use."""
    url, key = settings.supabase()
    return Limits(url, key, session.access_token).needs(migrations(settings.project))


def open_queue(settings: Settings, session: Session) -> Queue:
    """The queue of this machine's settings, as the user of this session; close it after use."""
    url, key = settings.supabase()
    return Queue(url, key, session.access_token).needs(migrations(settings.project))


def open_schedules(settings: Settings, session: Session) -> Schedules:
    """The schedules of this machine's settings, as the user of this session; close it after use."""
    url, key = settings.supabase()
    return Schedules(url, key, session.access_token).needs(migrations(settings.project))


def open_files(settings: Settings, session: Session) -> Files:
    """The files of runs in this machine's bucket, as the user of this session; close it after use."""
    url, key = settings.supabase()
    return Files(url, key, session.access_token)


def open_runs(settings: Settings, session: Session) -> Runs:
    """The search of runs of this machine's settings, as the user of this session; close it after use."""
    url, key = settings.supabase()
    return Runs(url, key, session.access_token).needs(migrations(settings.project))


def open_deliveries(settings: Settings, session: Session) -> Deliveries:
    """The deliveries of this machine's settings, as the user of this session; close it after use."""
    url, key = settings.supabase()
    return Deliveries(url, key, session.access_token).needs(migrations(settings.project))
