"""A project's address and keys, and two teams with their members, made and removed through the official client.

By default the project is an embedded Supabase of this run's own. With `SUPABASE_URL`, `SUPABASE_ANON_KEY` and
`SUPABASE_SERVICE_ROLE_KEY` in the environment it is that one: hosted, or the Supabase CLI's local stack.
"""

import os
import secrets
import time
import uuid
from dataclasses import dataclass

import httpx
import pytest
from supabase import Client, ClientOptions, create_client

PASSWORD = secrets.token_urlsafe(18)
NAMES = ("SUPABASE_URL", "SUPABASE_ANON_KEY", "SUPABASE_SERVICE_ROLE_KEY")


@dataclass(frozen=True)
class Project:
    """Where the contract is tested."""

    url: str
    anon_key: str
    service_key: str
    embedded: bool = False


@dataclass
class Person:
    """A user; after five minutes they sign in again, for a token ends after ten."""

    id: str
    email: str
    _client: Client
    _until: float = 0.0

    @property
    def client(self):
        if time.monotonic() > self._until:
            self._client.auth.sign_in_with_password({"email": self.email, "password": PASSWORD})
            self._until = time.monotonic() + 300
        return self._client

    @property
    def token(self):
        return self.client.auth.get_session().access_token


@dataclass(frozen=True)
class Team:
    """A team, one person of each role but approver, and a portfolio."""

    id: str
    slug: str
    viewer: Person
    analyst: Person
    admin: Person
    portfolio: str


@pytest.fixture(scope="module")
def project(request):
    given = [os.environ.get(name) for name in NAMES]
    if all(given):
        return Project(*given)
    keys = request.getfixturevalue("stack").keys()
    return Project(keys.url, keys.anon_key, keys.service_key, embedded=True)


@pytest.fixture(scope="module")
def connection():
    with httpx.Client(timeout=60) as one:
        yield one


@pytest.fixture(scope="module")
def client(project, connection):
    """Make a client: `client()` is anonymous, `client(project.service_key)` is the operator's."""

    def make(key=None):
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        return create_client(project.url, key or project.anon_key, options)

    return make


@pytest.fixture(scope="module")
def service(client, project):
    return client(project.service_key)


@pytest.fixture(scope="module")
def person(service, client):
    """Make a user and sign them in; all are removed at the end."""
    made = []

    def make():
        email = f"contract-{uuid.uuid4().hex[:10]}@riskkit.example"
        user = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True}).user
        made.append(user.id)
        one = Person(user.id, email, client())
        assert one.client.auth.get_session(), "signed in from here on"
        return one

    yield make
    for one in made:
        service.auth.admin.delete_user(one)


@pytest.fixture(scope="module")
def team(service, person):
    """Make a team; all are removed at the end, with everything in them."""
    made = []

    def make():
        slug = f"contract-{uuid.uuid4().hex[:10]}"
        team_id = service.table("teams").insert({"slug": slug, "name": "Contract"}).execute().data[0]["id"]
        made.append(team_id)
        people = {role: person() for role in ("viewer", "analyst", "admin")}
        rows = [{"team_id": team_id, "user_id": one.id, "role": role} for role, one in people.items()]
        service.table("memberships").insert(rows).execute()
        book = {"team_id": team_id, "slug": "book", "title": "Book", "base_currency": "EUR"}
        portfolio = service.table("portfolios").insert(book).execute().data[0]["id"]
        return Team(team_id, slug, **people, portfolio=portfolio)

    yield make
    for one in made:
        service.table("portfolios").delete().eq("team_id", one).execute()
        service.table("teams").delete().eq("id", one).execute()


@pytest.fixture(scope="module")
def ours(team):
    return team()


@pytest.fixture(scope="module")
def theirs(team):
    return team()
