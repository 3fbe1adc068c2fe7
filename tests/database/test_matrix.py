"""Who may see, add, change and remove what, in SQL: every table of the catalogue, every user, every kind of row."""

from itertools import product

import psycopg
import pytest
from psycopg import sql

from tests.database.matrix import (
    LET_THROUGH,
    LEVELS,
    OPERATIONS,
    REFUSED,
    faults,
    granted,
    may,
    read_matrix,
    rows_of,
    targets,
)
from tests.database.world import USERS

#: An expired token never reaches the database: over HTTP there is one more user of that name.
PERSONAS = [(None, "aal1"), *product(USERS, LEVELS)]


def statement(table, operation, target, world):
    """A statement that tries the operation on the target's rows with all that users could possibly name."""
    name, where = sql.Identifier(table), rows_of(table, target, world)
    if operation == "select":
        return sql.SQL("select from {} where {}").format(name, where)
    if operation == "delete":
        return sql.SQL("delete from {} where {}").format(name, where)
    columns = granted(world.connection, table, operation)
    if operation == "update":
        column = sql.Identifier(columns[0])
        return sql.SQL("update {} set {} = {} where {}").format(name, column, column, where)
    # A copy of a row that is there: the policies are asked before the unique keys.
    copied = world.connection.execute(
        sql.SQL("select {} from {} where {} limit 1").format(
            sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(c)) for c in columns), name, where
        )
    ).fetchone()
    return sql.SQL("insert into {} ({}) values ({})").format(
        name, sql.SQL(", ").join(map(sql.Identifier, columns)), sql.SQL(", ").join(map(sql.Literal, copied))
    )


def differences(world, cells, personas=PERSONAS):
    """Cells (table, operation, target) whose answer is not the expected one, for each persona; and two counts."""
    tried = [(cell, (statement(*cell, world).as_string(world.connection), ())) for cell in cells]
    wrong, refused = [], 0
    for user, aal in personas:
        answers = world.attempts(user, [one for _, one in tried], aal)
        for ((table, operation, target), _), answer in zip(tried, answers, strict=True):
            expected = may(read_matrix()[table], operation, target, user, aal)
            did = answer in LET_THROUGH or (isinstance(answer, int) and answer > 0)
            refused += not expected
            if did != expected or (not did and answer not in REFUSED):
                wrong.append((table, operation, target, user, aal, answer, "may" if expected else "may not"))
    return wrong, len(tried) * len(personas), refused


def cells_of(tables, operations=OPERATIONS):
    return [
        (table, operation, target)
        for table in tables
        for operation in operations
        for target in targets(read_matrix()[table].kind)
    ]


def test_every_table_has_a_class_and_an_expectation(world):
    assert faults(world.connection) == []


def test_every_kind_of_row_is_there_to_be_seen(world):
    """No cell of the matrix passes because there was nothing to find."""
    for table, _, target in cells_of(read_matrix(), ["select"]):
        query = sql.SQL("select count(*) from {} where {}").format(sql.Identifier(table), rows_of(table, target, world))
        assert world.one(query) > 0, (table, target)


def test_matrix(world):
    wrong, cells, refused = differences(world, cells_of(read_matrix()))
    assert wrong == []
    kinds = sum(len(targets(rule.kind)) for rule in read_matrix().values())
    assert cells == kinds * len(OPERATIONS) * len(PERSONAS)
    assert refused > cells / 2


@pytest.mark.parametrize(
    ("ddl", "caught"),
    [
        ("create table public.planted (id uuid primary key)", "planted: has no class, because it has no team_id"),
        ("create table public.planted (team_id uuid not null primary key)", "planted: not in matrix.txt"),
        ("alter table public.positions alter team_id drop not null", "positions: shared in the database"),
        ("drop table public.run_comments", "run_comments: in matrix.txt, not in the database"),
    ],
)
def test_a_new_table_cannot_slip_in(world, ddl, caught):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(ddl)
        found = faults(world.connection)
    assert any(fault.startswith(caught) for fault in found), found


def test_removed_members_see_nothing_from_the_next_statement_on(world):
    with world.connection.transaction(force_rollback=True):
        assert world.attempt("a_analyst", "select from positions") > 0
        world.connection.execute("delete from memberships where user_id = %s", [world.users["a_analyst"]])
        assert world.attempt("a_analyst", "select from positions") == 0


def test_a_member_removed_while_a_query_of_theirs_runs(world):
    """The statement that began before the removal ends as it began; the next sees nothing."""
    with psycopg.connect(world.url) as own, world.acting("a_viewer", connection=own) as session:
        cursor = session.cursor("book", withhold=False)
        cursor.execute("select from positions")
        with world.connection.transaction(force_rollback=True):
            world.connection.execute("delete from memberships where user_id = %s", [world.users["a_viewer"]])
            assert len(cursor.fetchall()) > 0
        cursor.close()


def test_anonymous_cannot_call_any_function(world):
    functions = world.connection.execute(
        "select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace and prolang <> 12"
    ).fetchall()
    assert len(functions) >= 20
    for (function,) in functions:
        name = function.split("(")[0]
        nulls = ", ".join(["null"] * (function.count(",") + (not function.endswith("()"))))
        assert world.attempt(None, f"select {name}({nulls})") == "42501", function
        with pytest.raises(psycopg.errors.InsufficientPrivilege), world.acting(None) as session:
            session.execute("select private.my_teams()")
