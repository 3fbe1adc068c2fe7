-- Stress scenarios: a window of history to replay, or shocks. Shared (team_id null), or a team's own.

create table public.scenarios (
  id uuid primary key default gen_random_uuid(),
  team_id uuid references public.teams on delete cascade,
  name public.slug not null,
  title public.short_text not null,
  ordinal integer not null default 1000,
  definition jsonb not null check (
    jsonb_typeof(definition) = 'object' and (definition ? 'window') <> (definition ? 'shocks')
    and pg_column_size(definition) <= 16384
  ),
  created_at timestamptz not null default now(),
  unique nulls not distinct (team_id, name)
);
comment on table public.scenarios is 'A team''s own scenario wins over the shared one of the same name, for that team.';
comment on column public.scenarios.team_id is 'Null: shared, written by the service only, read by everybody who is signed in.';
comment on column public.scenarios.ordinal is 'Place in lists, lowest first.';
comment on column public.scenarios.definition is 'source, description, and either window (two dates) or shocks (target, size as a decimal, relative or absolute).';
comment on column public.scenarios.created_at is 'UTC.';

alter table public.scenarios enable row level security;
alter table public.scenarios force row level security;
revoke all on public.scenarios from public, anon, authenticated;
grant select, insert (team_id, name, title, ordinal, definition), update (title, ordinal, definition), delete
  on public.scenarios to authenticated;
create policy scenarios_select on public.scenarios for select to authenticated
  using (team_id is null or team_id = any (array(select private.my_teams())));
create policy scenarios_insert on public.scenarios for insert to authenticated
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy scenarios_update on public.scenarios for update to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))))
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy scenarios_delete on public.scenarios for delete to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))));
