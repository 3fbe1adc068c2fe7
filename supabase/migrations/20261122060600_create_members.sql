-- Members and roles as a team's admins see and change them. Roles are rows of `memberships`, which policies guard, a
-- trigger audits and keeps an admin in; here: who the members are, by name, and invitations. Mailing one takes the service
-- key, so an admin writes down whom to invite, and a worker does it.

create function private.team_members() returns table (
  team_id uuid, team text, user_id uuid, email text, role public.team_role, state text, last_sign_in timestamptz,
  second_factor boolean, is_me boolean
)
language sql stable security definer set search_path = '' as $$
  select m.team_id, t.name::text, m.user_id, u.email::text, m.role,
    case when u.banned_until > now() then 'banned' when u.email_confirmed_at is null then 'invited' else 'active' end,
    u.last_sign_in_at,
    exists (select from auth.mfa_factors f where f.user_id = m.user_id and f.status::text = 'verified'),
    m.user_id = (select auth.uid())
  from public.memberships m
  join public.teams t on t.id = m.team_id
  join auth.users u on u.id = m.user_id
  where m.team_id = any (array(select private.my_teams('admin')))
$$;
comment on function private.team_members is 'The members of the teams that the caller is an admin of.';
grant execute on function private.team_members() to authenticated;

create function public.team_members() returns table (
  team_id uuid, team text, user_id uuid, email text, role public.team_role, state text, last_sign_in timestamptz,
  second_factor boolean, is_me boolean
)
language sql stable set search_path = '' as $$
  select * from private.team_members() order by team, team_id, email
$$;
comment on function public.team_members is 'Members with role, state (active, invited, banned), last sign-in (UTC) and whether they have a second factor. Admin.';
grant execute on function public.team_members() to authenticated;

create table public.invitations (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null references public.teams on delete cascade,
  email text not null check (
    char_length(email) <= 254 and email = lower(email)
    and email ~ '^[^\s@\u0001-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]{1,64}@[^\s@\u0001-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]{1,189}$'
  ),
  role public.team_role not null,
  invited_by uuid default auth.uid() references auth.users on delete set null,
  created_at timestamptz not null default now(),
  taken_at timestamptz,
  problem public.long_text check (char_length(problem) <= 400),
  unique (team_id, email)
);
create index invitations_inviter on public.invitations (invited_by);
comment on table public.invitations is 'Whom admins want invited; a worker mails the invitation, gives the role and deletes the row.';
comment on column public.invitations.email is 'Lower case.';
comment on column public.invitations.role is 'The role it gives.';
comment on column public.invitations.invited_by is 'The admin.';
comment on column public.invitations.created_at is 'UTC.';
comment on column public.invitations.taken_at is 'When a worker last began with it, UTC; null: none has.';
comment on column public.invitations.problem is 'Why Auth did not take it; it is not tried again.';

alter table public.invitations enable row level security;
alter table public.invitations force row level security;
revoke all on public.invitations from public, anon, authenticated;
grant select, insert (team_id, email, role), delete on public.invitations to authenticated;
create policy invitations_select on public.invitations for select to authenticated
  using (team_id = any (array(select private.my_teams('admin'))));
create policy invitations_insert on public.invitations for insert to authenticated
  with check (team_id = any (array(select private.my_teams('admin'))));
create policy invitations_delete on public.invitations for delete to authenticated
  using (team_id = any (array(select private.my_teams('admin'))));
create policy invitations_insert_aal2 on public.invitations as restrictive for insert to authenticated
  with check ((select private.has_aal2()));
create policy invitations_delete_aal2 on public.invitations as restrictive for delete to authenticated
  using ((select private.has_aal2()));

create function private.note_invitation() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if exists (
      select from public.memberships m join auth.users u on u.id = m.user_id
      where m.team_id = new.team_id and u.email = new.email and u.email_confirmed_at is not null
    ) then
      perform private.refuse('email', new.email, 'the address of somebody who is not a member yet');
    end if;
    if (select count(*) from public.invitations i where i.team_id = new.team_id) > 50 then
      perform private.refuse('email', new.email, 'at most 50 invitations that wait; withdraw some first');
    end if;
    perform private.audit(new.team_id, 'member.invited', new.email, jsonb_build_object('role', new.role));
  elsif private.acting_role() = 'authenticated' then
    perform private.audit(old.team_id, 'member.invitation_withdrawn', old.email, jsonb_build_object('role', old.role));
  end if;
  return null;
end $$;
comment on function private.note_invitation is 'Invitations are on record, bounded, and for people who are not members.';
create trigger note_invitation after insert or delete on public.invitations
  for each row execute function private.note_invitation();

-- One of those that nobody has begun with for two minutes; `for update skip locked`: each is taken by one worker.
create function public.claim_invitation() returns table (id uuid, team text, email text, role public.team_role)
language sql set search_path = '' as $$
  with taken as (
    select i.id from public.invitations i
    where i.problem is null and (i.taken_at is null or i.taken_at < now() - interval '2 minutes')
    order by i.created_at limit 1 for update skip locked
  )
  update public.invitations i set taken_at = now() from taken, public.teams t
  where i.id = taken.id and t.id = i.team_id
  returning i.id, t.slug::text, i.email, i.role
$$;
comment on function public.claim_invitation is 'The invitation that waits longest, for the worker that mails it. The service only.';
