"""Who may see, add, change and remove what: every table of the catalogue, every kind of user, every kind of row."""

from pathlib import Path

import psycopg
import pytest
from psycopg import sql

OPERATIONS = ("select", "insert", "update", "delete")
ROLES = ("viewer", "analyst", "approver", "admin")
PERSONAS = [
    (None, "aal1"),
    ("nobody", "aal1"),
    ("nobody", "aal2"),
    *((f"{team}_{role}", aal) for team in "ab" for role in ROLES for aal in ("aal1", "aal2")),
]
#: What a row-level refusal may look like; a refused insert of a position says so before the policy does.
REFUSED = (0, "42501", "PT422")
#: Errors that come after the policies have let a statement through.
LET_THROUGH = ("23505", "23503", "23P01")


def read_matrix():
    """Table to (class, {operation: least role})."""
    lines = (Path(__file__).with_name("matrix.txt")).read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    return {row[0]: (row[1], dict(zip(OPERATIONS, row[2:], strict=True))) for row in rows}


def catalogue(connection):
    """Table to its columns with whether they may be null, as the database has them."""
    found = connection.execute(
        "select c.relname, a.attname, a.attnotnull, a.attgenerated <> ''"
        " from pg_class c join pg_attribute a on a.attrelid = c.oid"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attnum > 0"
        " and not a.attisdropped order by c.relname, a.attnum"
    )
    tables = {}
    for table, column, required, generated in found:
        if not generated:
            tables.setdefault(table, {})[column] = required
    return tables


def tenant_class(table, columns):
    """The classes a table may have: `team` where a row must name one; none where it says nothing of tenants."""
    if table == "teams":
        return ("team",)
    return {True: ("team",), False: ("shared", "log"), None: ()}[columns.get("team_id")]


def faults(connection):
    """Tables of the catalogue without a class or an expectation, and expectations without a table."""
    expected, tables = read_matrix(), catalogue(connection)
    found = [f"{name}: in matrix.txt, not in the database" for name in expected if name not in tables]
    for table, columns in tables.items():
        kind = tenant_class(table, columns)
        if not kind:
            found.append(f"{table}: has no class, because it has no team_id")
        elif table not in expected:
            found.append(f"{table}: not in matrix.txt")
        elif expected[table][0] not in kind:
            found.append(f"{table}: {kind[0]} in the database, {expected[table][0]} in matrix.txt")
    return found


def rows_of(table, target, world):
    """The condition that picks the rows of a team, or the shared ones."""
    key = sql.Identifier("id" if table == "teams" else "team_id")
    if target == "shared":
        name = {"instruments": "symbol", "risk_factors": "name", "scenarios": "name"}.get(table)
        ours = sql.SQL(" and {} like 'matrix_%%'").format(sql.Identifier(name)) if name else sql.SQL("")
        return sql.SQL("{} is null").format(key) + ours
    return sql.SQL("{} = {}").format(key, sql.Literal(str(world.teams[target])))


def statement(table, operation, target, world):
    """A statement that tries the operation on the target's rows with all that users could possibly name."""
    name, where = sql.Identifier(table), rows_of(table, target, world)
    if operation == "select":
        return sql.SQL("select from {} where {}").format(name, where)
    if operation == "delete":
        if table == "memberships":  # a team keeps an admin
            where = sql.SQL("{} and role = 'viewer'").format(where)
        return sql.SQL("delete from {} where {}").format(name, where)
    granted = [column for column in catalogue(world.connection)[table] if _may(world, table, operation, column)]
    columns = granted or list(catalogue(world.connection)[table])
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


def _may(world, table, operation, column):
    return world.one("select has_column_privilege('authenticated', %s, %s, %s)", f"public.{table}", column, operation)


def expected_answer(kind, least, user, aal, operation, target):
    """Whether the file says that this user may do it."""
    if user is None or user == "nobody":
        return target == kind == "shared" and operation == "select" and user is not None
    if target == "shared":
        return kind == "shared" and operation == "select"
    team, role = user.split("_")
    if team != target or least == "-":
        return False
    needed, _, factor = least.partition("+")
    return ROLES.index(role) >= ROLES.index(needed) and (not factor or aal == factor)


def test_every_table_has_a_class_and_an_expectation(world):
    assert faults(world.connection) == []


def targets(kind):
    """Whose rows there are in a table of this class."""
    return ("a", "b") if kind == "team" else ("a", "b", "shared")


def test_every_kind_of_row_is_there_to_be_seen(world):
    """No cell of the matrix passes because there was nothing to find."""
    for table, (kind, _) in read_matrix().items():
        for target in targets(kind):
            query = sql.SQL("select count(*) from {} where {}").format(
                sql.Identifier(table), rows_of(table, target, world)
            )
            assert world.one(query) > 0, (table, target)


def differences(world, tables):
    """Cells whose answer is not the expected one, the number of cells, and of those that must be refused."""
    cells, refused, wrong = 0, 0, []
    for table, (kind, least) in tables.items():
        for target in targets(kind):
            for operation in OPERATIONS:
                tried = statement(table, operation, target, world)
                for user, aal in PERSONAS:
                    answer = world.attempt(user, tried, aal=aal)
                    may = expected_answer(kind, least[operation], user, aal, operation, target)
                    did = answer in LET_THROUGH or (isinstance(answer, int) and answer > 0)
                    cells += 1
                    refused += not may
                    if did != may or (not did and answer not in REFUSED):
                        wrong.append((table, operation, target, user, aal, answer, "may" if may else "may not"))
    return wrong, cells, refused


def test_matrix(world, record_property):
    wrong, cells, refused = differences(world, read_matrix())
    assert wrong == []
    kinds = sum(len(targets(kind)) for kind, _ in read_matrix().values())
    assert cells == kinds * len(OPERATIONS) * len(PERSONAS)
    assert refused > cells / 2
    record_property("matrix", f"{cells} cells, {refused} of them refused, {len(wrong)} leaks")


@pytest.mark.parametrize(
    ("ddl", "caught"),
    [
        ("create table public.planted (id uuid primary key)", "planted: has no class, because it has no team_id"),
        ("create table public.planted (team_id uuid not null primary key)", "planted: not in matrix.txt"),
        ("alter table public.positions alter team_id drop not null", "positions: shared in the database"),
    ],
)
def test_a_new_table_cannot_slip_in(world, ddl, caught):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(ddl)
        found = faults(world.connection)
    assert any(fault.startswith(caught) for fault in found), found


MINE = "team_id = any (array(select private.my_teams({})))"


@pytest.mark.parametrize(
    ("table", "mutation"),
    [
        ("positions", "alter policy positions_select on positions using (true)"),
        ("positions", "alter table positions disable row level security"),
        ("positions", f"alter policy positions_insert on positions with check ({MINE.format('')})"),
        ("instruments", "alter policy instruments_select on instruments using (team_id is not null)"),
        (
            "instruments",
            f"alter policy instruments_insert on instruments with check (team_id is null or {MINE.format('')})",
        ),
        (
            "portfolios",
            "grant select on portfolios to anon; create policy o on portfolios for select to anon using (true)",
        ),
        ("portfolios", f"alter policy portfolios_delete on portfolios using ({MINE.format(repr('analyst'))})"),
        (
            "portfolios",
            f"alter policy portfolios_update on portfolios using ({MINE.format('')}) with check ({MINE.format('')})",
        ),
        (
            "report_runs",
            "grant delete on report_runs to authenticated;"
            f" create policy d on report_runs for delete to authenticated using ({MINE.format(repr('admin'))})",
        ),
        ("memberships", "drop policy memberships_delete_aal2 on memberships"),
        ("scenarios", f"alter policy scenarios_delete on scenarios using ({MINE.format(repr('admin'))})"),
    ],
)
def test_the_matrix_sees_a_planted_fault(world, table, mutation):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(mutation)
        wrong, _, _ = differences(world, {table: read_matrix()[table]})
    assert wrong


def test_removed_members_see_nothing_from_the_next_statement_on(world):
    with world.connection.transaction(force_rollback=True):
        assert world.attempt("a_analyst", "select from positions") > 0
        world.connection.execute("delete from memberships where user_id = %s", [world.users["a_analyst"]])
        assert world.attempt("a_analyst", "select from positions") == 0


def test_anonymous_cannot_call_any_function(world):
    functions = world.connection.execute(
        "select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace and prolang <> 12"
    ).fetchall()
    assert len(functions) >= 8
    for (function,) in functions:
        name = function.split("(")[0]
        nulls = ", ".join(["null"] * (function.count(",") + (not function.endswith("()"))))
        assert world.attempt(None, f"select {name}({nulls})") == "42501", function
        with pytest.raises(psycopg.errors.InsufficientPrivilege), world.acting(None) as session:
            session.execute("select private.my_teams()")
