"""Two teams with one row of every kind each, shared rows, a user for every role; requests as each of them."""

import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
import psycopg
import pytest
from supabase import ClientOptions, create_client

PASSWORD = "a long enough password"
ROLES = ("viewer", "analyst", "approver", "admin")


@dataclass
class World:
    """The database as its owner `postgres` (bypasses row-level security), and ids of what was put there."""

    connection: psycopg.Connection
    url: str
    mail: str
    users: dict[str, uuid.UUID] = field(default_factory=dict)
    teams: dict[str, uuid.UUID] = field(default_factory=dict)
    books: dict[str, uuid.UUID] = field(default_factory=dict)
    slugs: dict[str | None, str | None] = field(default_factory=lambda: {None: None})

    def one(self, query, *values):
        return self.connection.execute(query, values).fetchone()[0]

    @contextmanager
    def acting(self, user, aal="aal1", connection=None):
        """Statements inside run as PostgREST runs a request of this user (None: anonymous); rolled back at the end."""
        session = connection or self.connection
        with session.transaction(force_rollback=True):
            claims = {"role": "anon"} if user is None else {"sub": str(self.users[user]), "role": "authenticated"}
            session.execute("select set_config('request.jwt.claims', %s, true)", [json.dumps({**claims, "aal": aal})])
            session.execute("set local role anon" if user is None else "set local role authenticated")
            yield session

    def attempt(self, user, statement, values=(), aal="aal1"):
        """Number of rows a statement touches or returns as this user, or the code of the error it meets."""
        with self.acting(user, aal) as session:
            try:
                with session.transaction():
                    cursor = session.execute(statement, values)
                    session.execute("set constraints all immediate")
                    return cursor.rowcount
            except psycopg.Error as error:
                return error.sqlstate


@pytest.fixture(scope="session")
def world(stack):
    """The seeded world; tests change it only inside transactions that are rolled back."""
    url = stack.keys().db_url
    with psycopg.connect(url, autocommit=True) as connection:
        made = World(connection, url, f"{uuid.uuid4().hex[:6]}.matrix.example")
        _sign_up(made, stack.keys())
        _populate(made)
        yield made
        connection.execute("delete from report_runs where team_id = any(%s)", [list(made.teams.values())])
        connection.execute("delete from positions where team_id = any(%s)", [list(made.teams.values())])
        connection.execute("delete from teams where id = any(%s)", [list(made.teams.values())])
        connection.execute("delete from auth.users where id = any(%s)", [list(made.users.values())])
        for table, column in (("instruments", "symbol"), ("risk_factors", "name"), ("scenarios", "name")):
            connection.execute(f"delete from {table} where team_id is null and {column} like 'matrix_%'")


def _sign_up(world, keys):
    with httpx.Client(timeout=60) as connection:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=connection)
        admin = create_client(keys.url, keys.service_key, options).auth.admin
        for user in [f"{team}_{role}" for team in "ab" for role in ROLES] + ["nobody"]:
            attributes = {"email": f"{user}@{world.mail}", "password": PASSWORD, "email_confirm": True}
            world.users[user] = uuid.UUID(admin.create_user(attributes).user.id)


def _populate(world):
    mail = world.mail.split(".")[0]
    shared = _kinds(world, None)
    world.connection.execute("select private.append_audit(null, null, 'test.noted', 'x', '{}')")
    for team in "ab":
        world.slugs[team] = f"matrix-{team}-{mail}"
        world.teams[team] = team_id = world.one(
            "insert into teams (slug, name) values (%s, %s) returning id", world.slugs[team], f"Team {team}"
        )
        for role in ROLES:
            world.connection.execute(
                "insert into memberships (team_id, user_id, role) values (%s, %s, %s)",
                [team_id, world.users[f"{team}_{role}"], role],
            )
        world.books[team] = book = world.one(
            "insert into portfolios (team_id, slug, title, base_currency)"
            " values (%s, 'book', 'Book', 'USD') returning id",
            team_id,
        )
        instrument = _kinds(world, team_id)
        for one in (instrument, shared):
            world.connection.execute(
                "insert into positions (team_id, portfolio_id, instrument_id, quantity, valid_from)"
                " values (%s, %s, %s, 10, '2020-01-01')",
                [team_id, book, one],
            )
        run = uuid.uuid4()
        world.connection.execute(
            "insert into report_runs (id, team_id, portfolio_id, report, notebook, as_of, run_at, parameters, inputs,"
            " code, packages) values (%s, %s, %s, 'r', 'r', '2020-01-02', now(), '{}', '{}', '{}', '{}')",
            [run, team_id, book],
        )
        world.connection.execute(
            "insert into run_metrics (team_id, run_id, ordinal, name, value, unit) values (%s, %s, 0, 'var', 1, 'USD')",
            [team_id, run],
        )
        world.connection.execute(
            "insert into run_artifacts (team_id, run_id, name, media_type, sha256, size, key)"
            " values (%s, %s, 'a', 'text/html', %s, 1, %s)",
            [team_id, run, "0" * 64, "00/" + "0" * 64],
        )
        _queue(world, team_id, book)


def _queue(world, team_id, book):
    schedule = world.one(
        "insert into schedules (team_id, name, cron, timezone, args)"
        " values (%s, 'nightly', '15 18 * * MON-FRI', 'America/New_York', '{\"report\": \"r\"}') returning id",
        team_id,
    )
    world.connection.execute(
        "insert into schedule_fires (schedule_id, fire_at, team_id, outcome) values (%s, '2020-01-02', %s, 'coalesced')",
        [schedule, team_id],
    )
    world.connection.execute(
        "insert into calculation_jobs (team_id, kind, queue, portfolio_id, args)"
        " values (%s, 'report', 'matrix', %s, '{\"report\": \"r\"}')",
        [team_id, book],
    )


def _kinds(world, team_id):
    """A row of every table that may be shared; the instrument's id."""
    factor = world.one(
        "insert into risk_factors (team_id, name, kind, currency, return_type)"
        " values (%s, 'matrix-factor', 'equity', 'USD', 'relative') returning id",
        team_id,
    )
    world.connection.execute(
        "insert into factor_levels (team_id, factor_id, date, level) values (%s, %s, '2020-01-02', 1.5)",
        [team_id, factor],
    )
    world.connection.execute(
        "insert into scenarios (team_id, name, title, definition)"
        " values (%s, 'matrix_scenario', 'S', '{\"window\": [\"2020-01-02\", \"2020-01-03\"]}')",
        [team_id],
    )
    return world.one(
        "insert into instruments (team_id, symbol, asset_class, currency, terms)"
        " values (%s, 'matrix-share', 'equity', 'USD', '{\"type\": \"equity\"}') returning id",
        team_id,
    )
