"""The seeded world that every test of the database looks at."""

import uuid

import httpx
import psycopg
import pytest
from supabase import ClientOptions, create_client

from tests.database.world import World, populate, sign_up


@pytest.fixture(scope="module")
def world(stack):
    """The seeded world; tests change it only inside transactions that are rolled back."""
    keys = stack.keys()
    with psycopg.connect(keys.db_url, autocommit=True) as connection, httpx.Client(timeout=60) as http:
        made = World(connection, keys.db_url, f"{uuid.uuid4().hex[:6]}.matrix.example")
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=http)
        sign_up(made, create_client(keys.url, keys.service_key, options).auth.admin)
        populate(made)
        yield made
