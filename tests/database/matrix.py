"""The matrix: who may do what with whose rows; what matrix.txt says, and what the catalogue has."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from psycopg import sql

from tests.database.world import ROLES

OPERATIONS = ("select", "insert", "update", "delete")
LEVELS = ("aal1", "aal2")
#: What a row-level refusal may look like; a refused insert of a position says so before the policy does.
REFUSED = (0, "42501", "PT422")
#: Errors that come after the policies have let a statement through.
LET_THROUGH = ("23505", "23503", "23P01")


@dataclass(frozen=True)
class Rule:
    """A line of matrix.txt: the table's class, and the least role for each operation, perhaps with a second factor."""

    kind: str
    least: dict[str, str]


@cache
def read_matrix():
    """Table to its rule."""
    lines = (Path(__file__).with_name("matrix.txt")).read_text().splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    found = {row[0]: Rule(row[1], dict(zip(OPERATIONS, row[2:], strict=True))) for row in rows}
    assert len(found) == len(rows), "a table is there twice"
    for table, rule in found.items():
        assert rule.kind in ("team", "shared", "log"), table
        assert all(least == "-" or least.removesuffix("+aal2") in ROLES for least in rule.least.values()), table
    return found


def catalogue(connection):
    """Table to its columns with whether they must not be null, as the database has them."""
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


def key_columns(connection, table):
    """The columns of a table's primary key."""
    found = connection.execute(
        "select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)"
        " where i.indrelid = %s::regclass and i.indisprimary",
        [f"public.{table}"],
    )
    return [column for (column,) in found]


def classes(table, columns):
    """The classes a table may have: `team` where a row must name one; none where it says nothing of tenants."""
    if table == "teams":
        return ("team",)
    return {True: ("team",), False: ("shared", "log"), None: ()}[columns.get("team_id")]


def faults(connection):
    """Tables of the catalogue without a class or an expectation, and expectations without a table."""
    expected, tables = read_matrix(), catalogue(connection)
    found = [f"{name}: in matrix.txt, not in the database" for name in expected if name not in tables]
    for table, columns in tables.items():
        possible = classes(table, columns)
        if not possible:
            found.append(f"{table}: has no class, because it has no team_id")
        elif table not in expected:
            found.append(f"{table}: not in matrix.txt")
        elif expected[table].kind not in possible:
            found.append(f"{table}: {possible[0]} in the database, {expected[table].kind} in matrix.txt")
    return found


def targets(kind):
    """Whose rows there are in a table of this class; `none`: of no team."""
    return ("a", "b") if kind == "team" else ("a", "b", "none")


def rows_of(table, target, world):
    """The condition that picks the rows of a team, or those of none that are the tests' own."""
    key = sql.Identifier("id" if table == "teams" else "team_id")
    if target == "none":
        name = {"instruments": "symbol", "risk_factors": "name", "scenarios": "name"}.get(table)
        ours = sql.SQL(" and {} like 'matrix_%%'").format(sql.Identifier(name)) if name else sql.SQL("")
        return sql.SQL("{} is null").format(key) + ours
    where = sql.SQL("{} = {}").format(key, sql.Literal(str(world.teams[target])))
    # A team keeps an admin, whatever the policies would allow.
    return where + sql.SQL(" and role = 'viewer'") if table == "memberships" else where


def may(rule, operation, target, user, aal):
    """Whether the file says that this user may do it to the target's rows; those nobody vouches for may nothing."""
    if user in (None, "anonymous", "expired"):
        return False
    if target == "none":
        return rule.kind == "shared" and operation == "select"
    team, _, role = user.partition("_")
    least = rule.least[operation]
    if team != target or least == "-":
        return False
    needed, _, factor = least.partition("+")
    return ROLES.index(role) >= ROLES.index(needed) and (not factor or aal == factor)


def granted(connection, table, operation):
    """The columns that a signed-in user may name in this operation; all where there are none, to be refused."""
    found = connection.execute(
        "select a.attname from pg_attribute a where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped"
        " and has_column_privilege('authenticated', a.attrelid, a.attnum, %s) order by a.attnum",
        [f"public.{table}", operation],
    )
    return [column for (column,) in found] or list(catalogue(connection)[table])
