"""Two teams with one row of every kind each, shared rows, a user for every role; requests as each of them."""

import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

PASSWORD = "a long enough password"
ROLES = ("viewer", "analyst", "approver", "admin")
#: In no team now: never was; was an admin of team a until the membership was removed.
OUTSIDERS = ("nobody", "removed")
USERS = (*(f"{team}_{role}" for team in "ab" for role in ROLES), *OUTSIDERS)


@dataclass
class World:
    """The database as its owner `postgres` (bypasses row-level security), and ids of what was put there."""

    connection: psycopg.Connection
    url: str
    mail: str
    users: dict[str, uuid.UUID] = field(default_factory=dict)
    teams: dict[str, uuid.UUID] = field(default_factory=dict)
    books: dict[str, uuid.UUID] = field(default_factory=dict)
    runs: dict[str, uuid.UUID] = field(default_factory=dict)
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
        return self.attempts(user, [(statement, values)], aal)[0]

    def attempts(self, user, statements, aal="aal1"):
        """`attempt` for several (statement, values), each as if it were the only one."""
        answers = []
        with self.acting(user, aal) as session:
            for statement, values in statements:
                session.execute("savepoint tried")
                try:
                    answers.append(session.execute(statement, values).rowcount)
                except psycopg.Error as error:
                    answers.append(error.sqlstate)
                session.execute("rollback to savepoint tried")
        return answers


def sign_up(world, admin):
    """Every user, confirmed; `admin` is Auth's admin API."""
    for user in USERS:
        attributes = {"email": f"{user}@{world.mail}", "password": PASSWORD, "email_confirm": True}
        world.users[user] = uuid.UUID(admin.create_user(attributes).user.id)


def populate(world):
    """Both teams, and what is shared."""
    shared = _kinds(world, None)
    world.connection.execute("select private.append_audit(null, null, 'test.noted', 'x', '{}')")
    for team in "ab":
        _people(world, team)
        _book(world, team, _kinds(world, world.teams[team]), shared)
        _run(world, team)
        for seed in MORE:
            seed(world, team)


def _people(world, team):
    world.slugs[team] = f"matrix-{team}-{world.mail.split('.')[0]}"
    world.teams[team] = world.one(
        "insert into teams (slug, name) values (%s, %s) returning id", world.slugs[team], f"Team {team}"
    )
    member = "insert into memberships (team_id, user_id, role) values (%s, %s, %s)"
    for role in ROLES:
        world.connection.execute(member, [world.teams[team], world.users[f"{team}_{role}"], role])
    if team == "a":
        world.connection.execute(member, [world.teams[team], world.users["removed"], "admin"])
        world.connection.execute("delete from memberships where user_id = %s", [world.users["removed"]])


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


def _book(world, team, *instruments):
    world.books[team] = world.one(
        "insert into portfolios (team_id, slug, title, base_currency) values (%s, 'book', 'Book', 'USD') returning id",
        world.teams[team],
    )
    for instrument in instruments:
        world.connection.execute(
            "insert into positions (team_id, portfolio_id, instrument_id, quantity, valid_from)"
            " values (%s, %s, %s, 10, '2020-01-01')",
            [world.teams[team], world.books[team], instrument],
        )


def _run(world, team):
    """A run of the team's analyst, with a figure and a file."""
    run = {"id": str(uuid.uuid4()), "team_id": str(world.teams[team]), "portfolio_id": str(world.books[team])}
    run |= {"report": "r", "notebook": "r", "as_of": "2020-01-02", "run_at": "2026-01-01T00:00:00Z"}
    run |= {"parameters": {}, "inputs": {}, "code": {}, "packages": {}, "author": str(world.users[f"{team}_analyst"])}
    metric = {"name": "var", "value": 1, "unit": "USD"}
    file = {"name": "a", "media_type": "text/html", "sha256": "0" * 64, "size": 1, "key": "00/" + "0" * 64}
    with world.connection.transaction():
        world.connection.execute("set local role service_role")
        world.runs[team] = world.one(
            "select private.write_run(%s, %s, %s)", json.dumps(run), json.dumps([metric]), json.dumps([file])
        )


def _limits(world, team):
    limit = world.one(
        "insert into limits (team_id, portfolio_id, metric, unit, soft, hard, valid_from)"
        " values (%s, %s, 'var', 'USD', 1, 2, '2020-01-01') returning id",
        world.teams[team],
        world.books[team],
    )
    world.connection.execute(
        "insert into limit_acknowledgements (team_id, limit_id, run_id, reason) values (%s, %s, %s, 'Seen.')",
        [world.teams[team], limit, world.runs[team]],
    )


def _words(world, team):
    """What was said of the run, and to whom it went."""
    keys = [world.teams[team], world.runs[team]]
    world.connection.execute("insert into run_comments (team_id, run_id, body) values (%s, %s, 'Why?')", keys)
    world.connection.execute(
        "insert into approvals (team_id, run_id, run_hash, decision, approver, approver_name)"
        " values (%s, %s, run_hash(%s), 'approved', %s, 'x')",
        [*keys, world.runs[team], world.users[f"{team}_approver"]],
    )
    world.connection.execute(
        "insert into deliveries (team_id, run_id, channel, recipient, dedupe_key)"
        " values (%s, %s, 'mail', 'a@b.example', gen_random_uuid()::text)",
        keys,
    )


def _queue(world, team):
    """A schedule, one of its slots, and that slot's job, whose events write themselves."""
    schedule = world.one(
        "insert into schedules (team_id, name, cron, timezone, args)"
        " values (%s, 'matrix', '0 18 * * *', 'UTC', '{\"report\": \"matrix\"}') returning id",
        world.teams[team],
    )
    slot = [schedule, "2020-01-02T18:00Z", world.teams[team]]
    world.connection.execute(
        "insert into schedule_fires (schedule_id, fire_at, team_id, outcome) values (%s, %s, %s, 'skipped_holiday')",
        slot,
    )
    world.connection.execute(
        "insert into calculation_jobs (schedule_id, fire_at, team_id, kind, args)"
        " values (%s, %s, %s, 'report', '{\"report\": \"matrix\"}')",
        slot,
    )


def _invitations(world, team):
    """One that Auth did not take: no inviter of another test tries it again."""
    world.connection.execute(
        "insert into invitations (team_id, email, role, problem) values (%s, 'new@a.example', 'viewer', 'x')",
        [world.teams[team]],
    )


#: One function (world, team) for each group of tables: whoever adds a table adds a row of it for a team.
MORE = [_limits, _words, _queue, _invitations]
