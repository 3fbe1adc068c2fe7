"""Planted faults: each is found by the catalogue's rules or by the part of the matrix it is about."""

import re
from itertools import product

import pytest

from tests.database.matrix import LEVELS, read_matrix
from tests.database.matrix import faults as missing
from tests.database.test_catalogue import faults
from tests.database.test_matrix import cells_of, differences
from tests.database.world import ROLES

#: Enough to tell every role, team and level apart.
PERSONAS = [
    (None, "aal1"),
    *product(("a_viewer", "a_analyst", "a_approver", "a_admin", "b_viewer", "b_admin", "removed"), LEVELS),
]
COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete"}
ASKED = re.compile(r"private\.my_teams\((?:'(\w+)'::(?:public\.)?team_role)?\)")


@pytest.fixture(scope="module", autouse=True)
def clean(world):
    """A fault that is there already would pass for every planted one."""
    assert faults(world) + missing(world.connection) == []


def policies(world):
    """(table, policy, operation, permissive, using, with check) of every policy of the exposed schema."""
    return world.connection.execute(
        "select c.relname, p.polname, p.polcmd::text, p.polpermissive, pg_get_expr(p.polqual, p.polrelid),"
        " pg_get_expr(p.polwithcheck, p.polrelid)"
        " from pg_policy p join pg_class c on c.oid = p.polrelid"
        " where c.relnamespace = 'public'::regnamespace order by 1, 2"
    ).fetchall()


def mutations_of(table, policy, command, permissive, using, check):
    """What one could get wrong in a policy: (name, statement)."""
    on = f"on public.{table}"
    yield "dropped", f"drop policy {policy} {on}"
    for clause, expression in (("using", using), ("with check", check)):
        if expression is None:
            continue
        yield f"{clause} true", f"alter policy {policy} {on} {clause} (true)"
        if permissive:
            yield f"{clause} or true", f"alter policy {policy} {on} {clause} ({expression} or 1 < 2)"
            for role in _beside(expression):
                changed = ASKED.sub(f"private.my_teams('{role}'::team_role)", expression)
                yield f"{clause} {role}", f"alter policy {policy} {on} {clause} ({changed})"
    if permissive and command == "w":
        yield (
            "without a check",
            f"drop policy {policy} {on}; create policy {policy} {on} for update to authenticated using ({using})",
        )


def _beside(expression):
    """The roles one below and one above the one a policy asks for."""
    found = ASKED.search(expression)
    asked = ROLES.index(found[1] or "viewer") if found else 0
    return [ROLES[place] for place in (asked - 1, asked + 1) if 0 <= place < len(ROLES)]


def caught(world, statement, cells):
    """Which of the two finds the fault; None: neither."""
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(statement)
        # One persona after the other: most faults show with the first few.
        if cells and any(differences(world, cells, [who])[0] for who in PERSONAS):
            return "matrix"
        if faults(world) or missing(world.connection):
            return "catalogue"
        return (
            "bare"
            if any(_takes_others(world, table) for table, operation, _ in cells[:1] if operation == "delete")
            else None
        )


def _takes_others(world, table):
    """Whether a delete without a condition, which the policy for reading does not bound, takes more than it may."""
    least = read_matrix()[table].least["delete"]
    own = world.connection.execute(f"select count(*) from {table} where team_id = %s", [world.teams["a"]]).fetchone()[0]
    taken = {role: world.attempt(f"a_{role}", f"delete from {table}", aal="aal2") for role in ("approver", "admin")}
    may = {role: least != "-" and ROLES.index(role) >= ROLES.index(least.partition("+")[0]) for role in taken}
    return any(isinstance(rows, int) and rows > (own if may[role] else 0) for role, rows in taken.items())


def test_every_change_of_a_policy_is_found(world):
    found = {}
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("set local search_path = public, auth")
        for policy in policies(world):
            cells = cells_of([policy[0]], [COMMANDS[policy[2]]])
            for name, statement in mutations_of(*policy):
                found[f"{policy[1]}: {name}"] = caught(world, statement, cells)
    assert [name for name, by in found.items() if by is None] == []
    assert len(found) >= 250
    assert {"matrix", "catalogue"} <= set(found.values())


MINE = "team_id = any (array(select private.my_teams()))"
PLANTED = {
    "row-level security disabled": "alter table positions disable row level security",
    "row-level security not forced": "alter table approvals no force row level security",
    "anonymous reads a table": "grant select on portfolios to anon;"
    " create policy o on portfolios for select to anon using (true)",
    "everybody reads a column": "grant select (slug) on teams to public",
    "a second permissive policy": f"create policy more on run_comments for update to authenticated using ({MINE})",
    "users delete runs": "grant delete on report_runs to authenticated;"
    f" create policy d on report_runs for delete to authenticated using ({MINE})",
    "users write runs": "grant insert on report_runs to authenticated;"
    f" create policy i on report_runs for insert to authenticated with check ({MINE})",
    "users write metrics": "grant insert on run_metrics to authenticated;"
    f" create policy i on run_metrics for insert to authenticated with check ({MINE})",
    "users approve without the function": "grant insert on approvals to authenticated;"
    f" create policy i on approvals for insert to authenticated with check ({MINE})",
    "users change jobs": "grant update on calculation_jobs to authenticated;"
    f" create policy u on calculation_jobs for update to authenticated using ({MINE}) with check ({MINE})",
    "users write the audit log": "grant insert on audit_log to authenticated;"
    f" create policy i on audit_log for insert to authenticated with check ({MINE})",
    "a grant of truncate": "grant truncate on limits to authenticated",
    "a grant of trigger": "grant trigger on limits to authenticated",
    "a grant without a policy": "grant delete on positions to authenticated",
    "the service rewrites the audit log": "grant update on audit_log to service_role",
    "the audit log's trigger dropped": "drop trigger no_change on audit_log",
    "the audit log's trigger disabled": "alter table audit_log disable trigger no_change",
    "the audit log's trigger ordinary": "alter table audit_log enable trigger no_truncate",
    "the audit log's trigger for replicas": "alter table audit_log enable replica trigger no_truncate",
    "the members' trigger disabled": "alter table memberships disable trigger note_membership",
    "all triggers of a table disabled": "alter table positions disable trigger user",
    "a search path opened": "alter function private.my_teams(team_role) reset search_path",
    "a search path set to public": "alter function private.append_audit(uuid, uuid, text, text, jsonb)"
    " set search_path = public",
    "a definer function exposed": "alter function record_run(jsonb, jsonb, jsonb) security definer",
    "a definer function that asks nobody": "create function private.all_teams() returns setof uuid language sql"
    " security definer set search_path = '' as 'select id from public.teams';"
    " grant execute on function private.all_teams() to authenticated",
    "a worker's function for users": "grant execute on function claim_job to authenticated",
    "the audit's writer for users": "grant execute on function"
    " private.append_audit(uuid, uuid, text, text, jsonb) to authenticated",
    "the service's audit function for users": "grant execute on function"
    " record_audit(uuid, text, text, jsonb, uuid) to authenticated",
    "a function for anonymous": "grant execute on function import_prices(text, jsonb) to anon",
    "a function for everybody": "grant execute on function verify_audit() to public",
    "the private schema for anonymous": "grant usage on schema private to anon",
    "a private table for users": "grant select on private.job_slots to authenticated",
    "a view with its owner's rights": "create view planted as select * from positions;"
    " grant select on planted to authenticated",
    "a materialised view": "create materialized view planted as select 1 as one",
    "a foreign key without index": "drop index limit_acknowledgements_run",
    "a tenant key without index": "drop index factor_levels_team",
    "a table without primary key": "alter table run_artifacts drop constraint run_artifacts_pkey",
    "a table of a team that says so in no file": f"create table planted (team_id uuid primary key);"
    " alter table planted enable row level security; alter table planted force row level security;"
    f" create policy s on planted for select to authenticated using ({MINE})",
    "authority from the token": "alter policy teams_select on teams"
    " using ((auth.jwt() -> 'user_metadata' ->> 'team')::uuid = id)",
    "authority from the token beside the table": "alter policy teams_select on teams"
    " using (id = any (array(select private.my_teams())) or auth.jwt() -> 'app_metadata' ->> 'x' = 'y')",
    "a call for every row": "alter policy memberships_delete_aal2 on memberships using (private.has_aal2())",
    "a helper that lets everybody in": "create or replace function private.my_teams("
    "p_min team_role default 'viewer') returns setof uuid language sql stable security definer set search_path = ''"
    " as 'select id from public.teams'",
    "a helper that forgets the role": "create or replace function private.my_teams("
    "p_min team_role default 'viewer') returns setof uuid language sql stable security definer set search_path = ''"
    " as 'select team_id from public.memberships where user_id = (select auth.uid())'",
    "a helper off by one": "create or replace function private.my_teams("
    "p_min team_role default 'viewer') returns setof uuid language sql stable security definer set search_path = ''"
    " as 'select team_id from public.memberships where user_id = (select auth.uid()) and role > p_min'",
    "a helper that takes any level": "create or replace function private.has_aal2() returns boolean language sql"
    " stable set search_path = '' as 'select auth.jwt() ->> ''aal'' is not null'",
    "everybody reads the files": "alter policy reports_select on storage.objects using (bucket_id = 'reports')",
    "anonymous writes files": "alter policy reports_insert on storage.objects to public",
    "files for whoever says so": "alter policy reports_delete on storage.objects using (owner_id = auth.uid()::text)",
    "a public bucket": "update storage.buckets set public = true where id = 'reports'",
    "everybody hears every team": "alter policy team_hears on realtime.messages using (extension = 'broadcast')",
    "a bound dropped": "alter table limits drop constraint limits_hard_check",
    "a domain without its check": "alter domain long_text drop constraint long_text_check",
    "a text of any length": "alter table run_comments alter body type text using body::text",
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(world, name):
    tables = {table for table in re.findall(r"\b(\w+)\b", PLANTED[name]) if table in read_matrix()}
    everything = "replace function" in PLANTED[name]
    cells = cells_of(["portfolios", "limits", "memberships"] if everything else sorted(tables))
    assert caught(world, PLANTED[name], cells)
