"""The same two teams, users, prices and scenarios in both stores."""

import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date

import httpx
import numpy as np
import pytest
from supabase import ClientOptions, create_client

from riskkit.market import FactorSeries, RiskFactor
from riskkit.scenarios import Shock, StressScenario
from riskkit.store import rows
from riskkit.store.memory import MemoryDatabase, MemoryStore
from riskkit.store.supabase import SupabaseStore

PASSWORD = "a long enough password"
#: E-mail (before the @) to team and role.
USERS = {
    "quant": ("ours", "analyst"),
    "viewer": ("ours", "viewer"),
    "other": ("theirs", "analyst"),
    "nobody": (None, None),
}
#: 2020-01-01 is a Wednesday; eight weekdays.
DAYS = np.array(
    ["2020-01-01", "2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09", "2020-01-10"],
    "datetime64[D]",
)


def equity(name, days=DAYS, start=100.0):
    return FactorSeries(
        RiskFactor(name, "equity", "USD", source=f"{name} from a test"), days, start + np.arange(len(days))
    )


SHARED = (
    equity("CTA"),
    equity("CTB", start=50.0),
    # A day is missing in the middle.
    FactorSeries(RiskFactor("NOKUSD", "fx", "USD", source="Oslo"), np.delete(DAYS, 3), 0.1 + np.arange(7) / 100),
    equity("CTSHORT", DAYS[:3]),
    equity("CTHOLE", DAYS[[0, 7]]),
)
SCENARIOS = (
    StressScenario("ct_window", "A window", "A test", window=(date(2020, 1, 2), date(2020, 1, 6))),
    StressScenario("ct_shock", "A shock", "A test", "Why not", shocks=(Shock("kind:equity", -0.2, "relative"),)),
)


@dataclass
class Place:
    """A store's other side: `store("quant")` is the store as that user sees it; teams by their short names."""

    kind: str
    stores: dict
    slugs: dict[str, str]
    closing: ExitStack = field(default_factory=ExitStack)

    def store(self, user):
        return self.stores[user]

    def team(self, name):
        return self.slugs[name]


@pytest.fixture(scope="session")
def memory_place():
    database = MemoryDatabase()
    for team in ("ours", "theirs"):
        database.add_team(
            team, {f"{user}@store.example": role for user, (member_of, role) in USERS.items() if member_of == team}
        )
    database.share_prices(SHARED)
    database.share_scenarios(SCENARIOS)
    return Place(
        "memory",
        {user: MemoryStore(database, f"{user}@store.example") for user in USERS},
        {team: team for team in ("ours", "theirs")},
    )


@pytest.fixture(scope="module")
def supabase_place(stack):
    keys, tag = stack.keys(), uuid.uuid4().hex[:6]
    slugs = {team: f"{team}-{tag}" for team in ("ours", "theirs")}
    with httpx.Client(timeout=60) as connection, ExitStack() as closing:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        service = create_client(keys.url, keys.service_key, options)
        teams = service.table("teams").insert([{"slug": slug, "name": slug} for slug in slugs.values()]).execute().data
        ids = {row["slug"]: row["id"] for row in teams}
        stores = {}
        for user, (team, role) in USERS.items():
            email = f"{user}-{tag}@store.example"
            made = service.auth.admin.create_user({"email": email, "password": PASSWORD, "email_confirm": True}).user
            if team:
                member = {"team_id": ids[slugs[team]], "user_id": made.id, "role": role}
                service.table("memberships").insert(member).execute()
            store = SupabaseStore(keys.url, keys.anon_key, SignedIn(keys, email))
            stores[user] = closing.enter_context(store)
        service.rpc("import_prices", {"p_team": None, "p_series": [rows.series_row(one) for one in SHARED]}).execute()
        scenarios = [rows.scenario_row(one, ordinal) for ordinal, one in enumerate(SCENARIOS)]
        service.table("scenarios").insert(scenarios).execute()
        yield Place("supabase", stores, slugs, closing)


def sign_in(keys, email):
    with httpx.Client(timeout=60) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        auth = create_client(keys.url, keys.anon_key, options).auth
        return auth.sign_in_with_password({"email": email, "password": PASSWORD}).session.access_token


class SignedIn:
    """A person's access token; after five minutes they sign in again, for a token ends after ten."""

    def __init__(self, keys, email):
        self.keys, self.email, self.until = keys, email, 0.0

    def __call__(self):
        if time.monotonic() > self.until:
            self.token, self.until = sign_in(self.keys, self.email), time.monotonic() + 300
        return self.token


@pytest.fixture(params=["memory", "supabase"])
def place(request):
    return request.getfixturevalue(f"{request.param}_place")


@pytest.fixture
def book(place, request):
    """Import a book under a name of its own: `book(positions, valid_from=…)` gives its reference."""
    slug = f"b{uuid.uuid4().hex[:10]}"

    def imported(positions, valid_from=date(2019, 1, 1), *, user="quant", team="ours", base="USD", title="A book"):
        return place.store(user).import_portfolio(place.team(team), slug, title, base, positions, valid_from)

    return imported
