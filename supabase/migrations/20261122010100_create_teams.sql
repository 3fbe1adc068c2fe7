-- Teams and who is in them: one migration, because each table's policies read the other.

create type public.team_role as enum ('viewer', 'analyst', 'approver', 'admin');
comment on type public.team_role is 'Ordered: whoever has a role has the rights of those before it.';

create table public.teams (
  id uuid primary key default gen_random_uuid(),
  slug public.slug not null unique,
  name public.short_text not null,
  created_at timestamptz not null default now()
);
comment on table public.teams is 'A tenant: every other row belongs to one team, or is shared.';
comment on column public.teams.slug is 'The first half of a portfolio''s path, team/portfolio.';
comment on column public.teams.name is 'Shown to people.';
comment on column public.teams.created_at is 'UTC.';

create table public.memberships (
  team_id uuid not null references public.teams on delete cascade,
  user_id uuid not null references auth.users on delete cascade,
  role public.team_role not null,
  created_at timestamptz not null default now(),
  primary key (team_id, user_id)
);
create index memberships_user on public.memberships (user_id) include (team_id, role);
comment on table public.memberships is 'Who may do what: the only source of authority, read at every statement.';
comment on column public.memberships.role is 'viewer reads, analyst changes books and prices, approver signs off, admin manages members.';
comment on column public.memberships.created_at is 'UTC.';

-- Stable, definer, no user id argument: one init plan a statement, and nobody can ask about somebody else.
create function private.my_teams(p_min public.team_role default 'viewer') returns setof uuid
language sql stable security definer set search_path = '' as $$
  select m.team_id from public.memberships m where m.user_id = (select auth.uid()) and m.role >= p_min
$$;
comment on function private.my_teams is 'Teams in which the caller has at least this role.';
grant execute on function private.my_teams(public.team_role) to authenticated;

create function private.has_aal2() returns boolean
language sql stable set search_path = '' as $$
  select coalesce(auth.jwt() ->> 'aal' = 'aal2', false)
$$;
comment on function private.has_aal2 is 'Did the caller sign in with a second factor?';
grant execute on function private.has_aal2() to authenticated;

alter table public.teams enable row level security;
alter table public.teams force row level security;
revoke all on public.teams from public, anon, authenticated;
grant select on public.teams to authenticated;
create policy teams_select on public.teams for select to authenticated
  using (id = any (array(select private.my_teams())));

alter table public.memberships enable row level security;
alter table public.memberships force row level security;
revoke all on public.memberships from public, anon, authenticated;
grant select, insert (team_id, user_id, role), update (role), delete on public.memberships to authenticated;
create policy memberships_select on public.memberships for select to authenticated
  using (team_id = any (array(select private.my_teams())));
create policy memberships_insert on public.memberships for insert to authenticated
  with check (team_id = any (array(select private.my_teams('admin'))));
create policy memberships_update on public.memberships for update to authenticated
  using (team_id = any (array(select private.my_teams('admin'))))
  with check (team_id = any (array(select private.my_teams('admin'))));
create policy memberships_delete on public.memberships for delete to authenticated
  using (team_id = any (array(select private.my_teams('admin'))));
-- Changing who belongs to a team takes a second factor, whatever the permissive policies say.
create policy memberships_insert_aal2 on public.memberships as restrictive for insert to authenticated
  with check ((select private.has_aal2()));
create policy memberships_update_aal2 on public.memberships as restrictive for update to authenticated
  using ((select private.has_aal2())) with check ((select private.has_aal2()));
create policy memberships_delete_aal2 on public.memberships as restrictive for delete to authenticated
  using ((select private.has_aal2()));
