"""The matrix of functions: who may call which rpc for whose team. One that is not here fails, as a table would."""

import json
import uuid
from itertools import product

import pytest

from tests.database.matrix import LEVELS, REFUSED, Rule, may
from tests.database.test_catalogue import FUNCTIONS
from tests.database.world import USERS

PERSONAS = [(None, "aal1"), *product(USERS, LEVELS)]
BOOK = json.dumps([{"symbol": "R", "quantity": 1, "asset_class": "cash", "currency": "USD", "terms": {"type": "cash"}}])
SERIES = json.dumps(
    [{"name": "R", "kind": "fx", "currency": "USD", "return_type": "log", "dates": ["2020-01-02"], "levels": [1]}]
)

#: Rpc to the least role, and a statement that has a row only if it did what it is for.
RPCS = {
    "audit_entries": ("admin+aal2", "select from audit_entries(%(team)s)"),
    "verify_audit": ("admin+aal2", "select from verify_audit() v where v.team_id = %(team)s"),
    "factor_history": (
        "viewer",
        "select from factor_history(%(team)s, '{matrix-factor}', '2030-01-01') where '2021-05-05' = any (dates)",
    ),
    "factor_calendar": (
        "viewer",
        "select from factor_calendar(%(team)s, '{matrix-factor}') where '2021-05-05' = any (dates)",
    ),
    "run_hash": ("viewer", "select where run_hash(%(run)s) is not null"),
    "run_story": ("viewer", "select from run_story(%(run)s) s where s -> 'comments' <> '[]'"),
    "runs_between": (
        "viewer",
        "select from runs_between(%(book)s, '2020-01-01', '2020-01-31') s where s -> 'runs' <> '[]'",
    ),
    "gate_facts": (
        "viewer",
        "select from gate_facts(%(book)s, 'r', '2021-05-05', '{}') f where f -> 'limits' <> '[]'",
    ),
    "search_runs": ("viewer", "select from search_runs(p_portfolio => %(book)s)"),
    "report_status": (
        "viewer",
        "select from report_status('2020-01-01', '2020-01-09', %(team)s) s where s -> 'schedules' <> '[]'",
    ),
    "home": ("viewer", "select from home() h, jsonb_array_elements(h -> 'portfolios') p where p ->> 'team' = %(slug)s"),
    "last_fires": ("viewer", "select from last_fires() where schedule_id = %(schedule)s"),
    "import_portfolio": (
        "analyst",
        f"select from import_portfolio(%(slug)s, 'rpc-role', 'T', 'USD', '{BOOK}', '2020-01-01')",
    ),
    "change_positions": (
        "analyst",
        "select from change_positions(%(book)s, %(read)s, '2020-01-01',"
        ' \'[{"symbol": "matrix-share", "quantity": 2}]\') c where c = %(read)s + 1',
    ),
    "undo_positions": ("analyst", "select from undo_positions(%(book)s, %(read)s) c where c = %(read)s + 1"),
    "position_history": ("viewer", "select from position_history(%(book)s) where revision = %(read)s"),
    "import_prices": ("analyst", f"select from import_prices(%(slug)s, '{SERIES}')"),
    "record_run": ("analyst", "select from record_run(%(document)s, '[]', '[]')"),
    "request_calculation": ("analyst", "select from request_calculation(%(book)s, 'r')"),
    "cancel_job": ("analyst", "select from cancel_job(%(queued)s) c where c = 'cancelled'"),
    "backfill_schedule": ("analyst", "select from backfill_schedule(%(schedule)s, %(revision)s, %(slots)s)"),
    "resend_delivery": ("analyst", "select from resend_delivery(%(delivery)s)"),
    "rerun_run": ("analyst", "select from rerun_run(%(current)s, 'x')"),
    "hold_run": ("analyst", "select from hold_run(%(run)s, 'x')"),
    "release_run": ("approver", "select from release_run(%(current)s) r where r"),
    "runs_to_prune": ("viewer", "select from runs_to_prune() where id = %(pruned)s"),
    "decide_on_run": ("approver", "select from decide_on_run(%(run)s, %(hash)s, 'approved')"),
    "limit_facts": (
        "viewer",
        "select from limit_facts(%(book)s, '2021-05-05') f where f -> 'limits' <> '[]'",
    ),
    "limit_stamp": ("viewer", "select where limit_stamp(%(book)s) is not null"),
    "set_limit": (
        "approver+aal2",
        """select from set_limit(%(book)s, '{"metric": "var", "basis": "relative", "unit": "USD", "hard": 1}')""",
    ),
    "end_limit": ("approver+aal2", "select from end_limit(%(limit)s, '2030-01-01')"),
    "team_members": ("admin", "select from team_members() where team_id = %(team)s"),
    "redrive_job": ("admin", "select from redrive_job(%(dead)s)"),
}
#: About the caller alone (tests of sign-in have them), or about no team (tests of the audit log).
OWN = {"my_sessions", "end_session", "verify_audit_part", "schema_versions"}


@pytest.fixture(scope="module")
def arguments(world):
    """Team to the arguments of every call; undone at the end."""
    with world.connection.transaction(force_rollback=True):
        yield {team: _prepared(world, team) for team in "ab"}


def _prepared(world, team):
    execute, one, team_id, book = world.connection.execute, world.one, world.teams[team], world.books[team]
    execute(
        "insert into factor_levels (factor_id, team_id, date, level)"
        " select id, team_id, '2021-05-05', 1 from risk_factors where team_id = %s and name = 'matrix-factor'",
        [team_id],
    )
    execute("update schedules set keep_last = 1 where team_id = %s", [team_id])
    pruned, current = (
        one(
            "insert into report_runs (id, team_id, portfolio_id, report, notebook, as_of, run_at, official, parameters,"
            " inputs, code, packages, hold) values (gen_random_uuid(), %s, %s, 'matrix', 'matrix', %s, now(), true,"
            " '{}', '{}', '{}', '{}', %s) returning id",
            *(team_id, book, day, hold),
        )
        for day, hold in (("2019-01-02", None), ("2019-01-03", "x"))
    )
    schedule, revision = execute("select id, revision from schedules where team_id = %s", [team_id]).fetchone()
    queued, dead = (
        one("insert into calculation_jobs (team_id, kind) values (%s, 'x') returning id", team_id) for _ in range(2)
    )
    execute(
        "update calculation_jobs set state = 'running', attempt = 1, worker_id = gen_random_uuid(), slot = 1,"
        " lease_expires_at = now(), deadline_at = now() where id = %s",
        [dead],
    )
    execute(
        "update calculation_jobs set state = 'dead', finished_at = now(), worker_id = null, slot = null,"
        " lease_expires_at = null, deadline_at = null where id = %s",
        [dead],
    )
    delivery = one(
        "insert into deliveries (team_id, run_id, channel, recipient, status, dedupe_key)"
        " values (%s, %s, 'mail', 'c@d.example', 'failed', gen_random_uuid()::text) returning id",
        team_id,
        world.runs[team],
    )
    held = one(
        "insert into instruments (team_id, symbol, asset_class, currency, terms)"
        " values (%s, 'matrix-undone', 'equity', 'USD', '{\"type\": \"equity\"}') returning id",
        team_id,
    )
    execute(  # the change to undo: of a position that no other test has taken away since
        "insert into positions (team_id, portfolio_id, instrument_id, quantity, valid_from)"
        " values (%s, %s, %s, 1, '2020-01-01')",
        [team_id, book, held],
    )
    document = {"id": str(uuid.uuid4()), "team_id": str(team_id), "portfolio_id": str(book), "report": "r"}
    document |= {"notebook": "r", "as_of": "2020-01-02", "run_at": "2026-01-01T00:00:00Z"}
    document |= {"parameters": {}, "inputs": {}, "code": {}, "packages": {}}
    run = world.runs[team]
    limit = one("select id from limits where team_id = %s", team_id)
    return {
        "team": team_id, "slug": world.slugs[team], "book": book, "run": run, "hash": one("select run_hash(%s)", run),
        "limit": limit,
        "schedule": schedule, "revision": revision, "queued": queued, "dead": dead, "document": json.dumps(document),
        "slots": json.dumps([{"fire_at": "2020-01-05T18:00:00Z", "as_of": "2020-01-03"}]), "delivery": delivery,
        "pruned": pruned, "current": current,
        "read": one("select max(revision) from position_changes where portfolio_id = %s", book),
    }  # fmt: skip


def test_no_rpc_is_missing():
    public = {function.partition("(")[0] for function in FUNCTIONS if not function.startswith("private.")}
    assert public == set(RPCS) | OWN


@pytest.mark.parametrize("name", RPCS)
def test_every_rpc_for_every_user_and_team(world, arguments, name):
    least, statement = RPCS[name]
    rule, wrong = Rule("team", {"call": least}), []
    for user, aal in PERSONAS:
        answers = world.attempts(user, [(statement, arguments[team]) for team in "ab"], aal)
        for team, answer in zip("ab", answers, strict=True):
            expected = may(rule, "call", team, user, aal)
            did = isinstance(answer, int) and answer > 0
            if did != expected or (not did and answer not in REFUSED):
                wrong.append((team, user, aal, answer, "may" if expected else "may not"))
    assert wrong == []


def test_a_refusal_does_not_tell_another_teams_ids_from_invented_ones(world, arguments):
    """What belongs to another team and what is not there get the same answer."""
    other, invented = arguments["b"], {**arguments["b"]}
    for key in ("team", "book", "run", "limit", "schedule", "queued", "dead", "pruned", "current"):
        invented[key] = uuid.uuid4()
    invented["slug"] = "no-such-team"
    document = json.loads(other["document"])
    invented["document"] = json.dumps({**document, "team_id": str(uuid.uuid4()), "portfolio_id": str(uuid.uuid4())})
    for name, (_, statement) in RPCS.items():
        answers = world.attempts("a_admin", [(statement, other), (statement, invented)], "aal2")
        assert answers[0] == answers[1], name
