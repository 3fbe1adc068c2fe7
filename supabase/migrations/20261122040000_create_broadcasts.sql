-- Live updates: a change of a team's rows is told on the private channel `team:<id>`, and heard by the team's members.
-- A message says what changed, never the values: whoever hears it reads them anew, and row-level security decides.

create function private.broadcast_change() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_team uuid;
  v_count bigint;
  v_ids jsonb;
begin
  for v_team, v_count, v_ids in
    select c.team_id, count(*), to_jsonb((array_agg(to_jsonb(c) -> 'id'))[1:100])
    from changed c where c.team_id is not null group by c.team_id
  loop
    perform realtime.send(
      jsonb_build_object('table', tg_table_name, 'operation', tg_op, 'count', v_count, 'ids', v_ids),
      tg_op, 'team:' || v_team, true
    );
  end loop;
  return null;
end $$;
comment on function private.broadcast_change is
  'One message a team and statement: table, operation, how many rows, and the ids of the first hundred.';

create function private.broadcast_table(p_table regclass) returns void
language plpgsql set search_path = '' as $$
begin
  execute format('create trigger broadcast_insert after insert on %s referencing new table as changed
    for each statement execute function private.broadcast_change()', p_table);
  execute format('create trigger broadcast_update after update on %s referencing new table as changed
    for each statement execute function private.broadcast_change()', p_table);
  execute format('create trigger broadcast_delete after delete on %s referencing old table as changed
    for each statement execute function private.broadcast_change()', p_table);
end $$;
comment on function private.broadcast_table is 'Have changes of a table with a team_id told to the team; for migrations.';

select private.broadcast_table('public.memberships');
select private.broadcast_table('public.portfolios');
select private.broadcast_table('public.positions');
select private.broadcast_table('public.instruments');
select private.broadcast_table('public.scenarios');
select private.broadcast_table('public.report_runs');

-- Only triggers speak: there is no policy for insert, so a client's own broadcast reaches nobody.
create policy team_hears on realtime.messages for select to authenticated
  using (
    extension = 'broadcast'
    and (select realtime.topic()) = any (array(select 'team:' || t from private.my_teams() t))
  );
