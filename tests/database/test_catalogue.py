"""The schema's own rules, asked of the catalogue; and that a planted fault is found."""

from pathlib import Path

import pytest

CATALOGUE = Path(__file__).with_name("catalogue.sql").read_text()
LINES = Path(__file__).with_name("functions.txt").read_text().splitlines()
FUNCTIONS = [line for line in LINES if line and not line.startswith("#")]


def faults(world):
    world.connection.execute("select set_config('catalogue.functions', %s, false)", ["\n".join(FUNCTIONS)])
    return [f"{fault}: {at}" for fault, at in world.connection.execute(CATALOGUE).fetchall()]


def test_the_schema_keeps_its_rules(world):
    assert faults(world) == []


MUTANTS = {
    "T1": "alter table public.positions no force row level security",
    "T2": "grant select on public.teams to anon",
    "T2 anonymous or everybody has a column": "grant select (slug) on public.teams to public",
    "T3": "drop policy positions_update on public.positions",
    "T4": "grant truncate on public.positions to authenticated",
    "T5": "drop policy positions_update on public.positions; create policy positions_update on public.positions"
    " for update to authenticated using (team_id = any (array(select private.my_teams('analyst'))))",
    "T5 a policy for all": "create policy every on public.teams for all to authenticated"
    " using (id = any (array(select private.my_teams())))",
    "T6": "alter policy teams_select on public.teams to public",
    "T7 a policy that is always": "alter policy teams_select on public.teams using (true)",
    "T7 a permissive policy that does not ask": "alter policy teams_select on public.teams using (1 < 2)",
    "T8": "alter policy memberships_delete_aal2 on public.memberships using (private.has_aal2())",
    "T9": "create policy more on public.teams for select to authenticated"
    " using (id = any (array(select private.my_teams())))",
    "T10": "alter function private.my_teams(public.team_role) reset search_path",
    "T11": "alter function public.record_run(jsonb, jsonb, jsonb) security definer",
    "T12 anonymous may execute": "grant execute on function public.import_prices(text, jsonb) to anon",
    "T12 users may execute": "create function public.planted() returns int language sql set search_path = ''"
    " as 'select 1'; grant execute on function public.planted() to authenticated",
    "T12 on the list": "revoke execute on function public.import_prices(text, jsonb) from authenticated",
    "T12 anonymous may use": "grant usage on schema private to anon",
    "T13": "create view public.planted as select * from public.positions",
    "T14": "drop index public.report_runs_recorded_by",
    "T15": "drop index public.factor_levels_team",
    "T16": "alter table public.run_artifacts drop constraint run_artifacts_pkey",
    "T17": "create materialized view public.planted as select 1 as one",
    "T18": "alter policy teams_select on public.teams using ((auth.jwt() -> 'user_metadata' ->> 'team')::uuid = id)",
    "T19": "comment on column public.positions.quantity is null",
}


@pytest.mark.parametrize("rule", MUTANTS)
def test_a_planted_fault_is_found(world, rule):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute(MUTANTS[rule])
        found = faults(world)
    assert any(fault.startswith(rule) for fault in found), found


def test_a_new_function_is_nobodys(world):
    """PUBLIC's built-in right is gone for every later migration, in both schemas."""
    with world.connection.transaction(force_rollback=True):
        for schema in ("public", "private"):
            world.connection.execute(f"create function {schema}.planted() returns int language sql as 'select 1'")
            for role in ("anon", "authenticated"):
                assert not world.one("select has_function_privilege(%s, %s, 'EXECUTE')", role, f"{schema}.planted()")


def test_a_new_table_is_nobodys(world):
    with world.connection.transaction(force_rollback=True):
        world.connection.execute("create table public.planted (id uuid primary key)")
        for role in ("anon", "authenticated"):
            assert not world.one(
                "select has_table_privilege(%s, 'public.planted', 'SELECT,INSERT,UPDATE,DELETE')", role
            )
