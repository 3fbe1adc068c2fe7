"""The same matrix through the official client and the API: every table, every kind of user, every kind of row."""

import json
from itertools import product

import httpx
import pytest
from postgrest.exceptions import APIError
from psycopg import sql
from supabase import ClientOptions, create_client

from tests.database.matrix import (
    LET_THROUGH,
    LEVELS,
    OPERATIONS,
    REFUSED,
    granted,
    key_columns,
    may,
    read_matrix,
    rows_of,
    targets,
)
from tests.database.tokens import expired, issue

INSIDERS = ("a_viewer", "a_analyst", "a_approver", "a_admin")
OUTSIDERS = ("nobody", "removed")
#: `expired` was the admin's token.
PERSONAS = [("anonymous", "aal1"), *product((*INSIDERS, *OUTSIDERS, "expired"), LEVELS)]
#: What a token that has ended is told, and somebody who brings none.
UNKNOWN = {"expired": ("PGRST303", "PGRST301"), "anonymous": ("42501",)}


@pytest.fixture(scope="module")
def clients(world, stack):
    """(user, aal) to a client; all of them share their connections."""
    keys = stack.keys()
    tokens = issue(world, keys, (*INSIDERS, *OUTSIDERS))
    tokens |= {("expired", aal): expired(tokens["a_admin", aal], keys) for aal in LEVELS}
    with httpx.Client(timeout=60) as http:
        options = ClientOptions(auto_refresh_token=False, persist_session=False, httpx_client=http)
        made = {}
        for who in PERSONAS:
            made[who] = create_client(keys.url, keys.anon_key, options).postgrest
            if who in tokens:
                made[who].auth(tokens[who])
        yield made


class Sample:
    """One row of a target that is there, as the API names it."""

    def __init__(self, world, table, target):
        query = sql.SQL("select to_jsonb(t) from {} t where {} order by 1 limit 1")
        self.table = table
        self.row = world.one(query.format(sql.Identifier(table), rows_of(table, target, world)))
        self.key = {column: self.row[column] for column in key_columns(world.connection, table)}
        self.new = {column: self.row[column] for column in granted(world.connection, table, "insert")}
        column = granted(world.connection, table, "update")[0]
        self.change = {column: self.row[column]}

    def request(self, client, operation):
        table = client.from_(self.table)
        if operation == "insert":
            return table.insert(self.new)
        asked = {"select": table.select("*"), "update": table.update(self.change), "delete": table.delete()}[operation]
        return asked.match(self.key)


def outcome(request):
    """Number of rows, or the error's code."""
    try:
        return len(request.execute().data)
    except APIError as error:
        return error.code


@pytest.fixture
def restored(world):
    """Whatever a removal takes comes back at the end: the rows, those that go with them, and what refers to them."""
    kept, referring = [], []

    def keep(table):
        kept.extend((name, _rows(world, name)) for name in _with_dependents(world, table))
        for name, columns in _cut_loose(world, [name for name, _ in kept]):
            referring.append((name, columns, _rows(world, name)))

    yield keep
    for table, rows in kept:
        name, record = (
            sql.Identifier(table),
            sql.SQL("jsonb_populate_recordset(null::{}, %s)").format(sql.Identifier(table)),
        )
        insert = sql.SQL("insert into {} select * from {} on conflict do nothing").format(name, record)
        world.connection.execute(insert, [json.dumps(rows)])
    for table, columns, rows in referring:
        update = sql.SQL(
            "update {table} t set ({columns}) = row({old}) from jsonb_populate_recordset(null::{table}, %s) o"
            " where t.id = o.id and row({now}) is distinct from row({old})"
        ).format(
            table=sql.Identifier(table),
            columns=sql.SQL(", ").join(map(sql.Identifier, columns)),
            old=sql.SQL(", ").join(sql.Identifier("o", column) for column in columns),
            now=sql.SQL(", ").join(sql.Identifier("t", column) for column in columns),
        )
        world.connection.execute(update, [json.dumps(rows)])


def _rows(world, table):
    """Those of this world's teams and of none: what other tests left is theirs, and no request here reaches it."""
    found = world.connection.execute(sql.SQL("select to_jsonb(t) from {} t").format(sql.Identifier(table)))
    own = {None, *map(str, world.teams.values())}
    return [row for (row,) in found if row.get("team_id") in own]


def _with_dependents(world, table):
    """The table first, then those whose rows are removed with it."""
    found = world.connection.execute(
        "with recursive d(oid, depth) as (select %s::regclass::oid, 0 union select k.conrelid, depth + 1"
        " from d join pg_constraint k on k.confrelid = d.oid and k.contype = 'f' and k.confdeltype = 'c'"
        " where depth < 5)"
        " select c.relname from d join pg_class c using (oid) where c.relnamespace = 'public'::regnamespace"
        " group by c.relname order by max(depth)",
        [f"public.{table}"],
    )
    return [name for (name,) in found]


def _cut_loose(world, tables):
    """(table, columns) of what forgets the rows it refers to when they are removed."""
    return world.connection.execute(
        "select k.conrelid::regclass::text, array(select a.attname::text from pg_attribute a"
        " where a.attrelid = k.conrelid and a.attnum = any (coalesce(k.confdelsetcols, k.conkey)))"
        " from pg_constraint k join pg_class c on c.oid = k.confrelid"
        " where k.contype = 'f' and k.confdeltype = 'n' and c.relnamespace = 'public'::regnamespace"
        " and c.relname = any (%s)",
        [tables],
    ).fetchall()


@pytest.mark.parametrize("table", list(read_matrix()))
def test_matrix(clients, world, restored, table):
    rule = read_matrix()[table]
    if rule.least["delete"] != "-":
        restored(table)
    wrong = []
    for target, operation in product(targets(rule.kind), OPERATIONS):
        sample = Sample(world, table, target)
        # Whoever may remove the row comes last.
        for who in sorted(PERSONAS, key=lambda who: may(rule, operation, target, *who)):
            answer = outcome(sample.request(clients[who], operation))
            expected = may(rule, operation, target, *who)
            did = answer in LET_THROUGH or (isinstance(answer, int) and answer > 0)
            if did and operation == "delete":
                _put_back(world, sample)
            if did != expected or (not did and answer not in UNKNOWN.get(who[0], REFUSED)):
                wrong.append((operation, target, *who, answer, "may" if expected else "may not"))
    assert wrong == []


def _put_back(world, sample):
    """For the next who may remove it; what went with it comes back at the end."""
    world.connection.execute(
        sql.SQL("insert into {} select * from jsonb_populate_record(null::{}, %s) on conflict do nothing").format(
            sql.Identifier(sample.table), sql.Identifier(sample.table)
        ),
        [json.dumps(sample.row)],
    )


def test_nothing_is_lost_by_asking(world):
    """After the removals that were allowed, every row is there again and refers to what it did."""
    of_a_schedule = (
        "select count(distinct team_id) from calculation_jobs where team_id = any (%s) and fire_at is not null"
    )
    assert world.one(of_a_schedule, list(world.teams.values())) == 2
    for table, rule in read_matrix().items():
        for target in targets(rule.kind):
            assert Sample(world, table, target).row


@pytest.mark.parametrize(
    "path", ["rpc/my_teams", "rpc/write_run", "rpc/append_audit", "users", "schema_migrations", "rpc/note_session"]
)
def test_private_helpers_have_no_address(stack, clients, path):
    keys = stack.keys()
    token = clients["a_admin", "aal2"].headers["Authorization"]
    headers = {"apikey": keys.anon_key, "Authorization": token, "Content-Type": "application/json"}
    for profile in ({}, {"Content-Profile": "private", "Accept-Profile": "private"}, {"Content-Profile": "auth"}):
        answer = httpx.post(f"{keys.url}/rest/v1/{path}", json={}, headers={**headers, **profile}, timeout=30)
        assert answer.status_code in (404, 406, 403), (profile, answer.text)
