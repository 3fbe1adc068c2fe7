-- Where am I signed in, and sign out there: Auth has no endpoint for one's own sessions, so two checked rpcs read them.
-- Only columns that hosted Auth has too. Hosted keeps refreshed_at without a zone, in UTC.

create function private.my_sessions() returns table (
  id uuid, created_at timestamptz, seen_at timestamptz, aal text, user_agent text, address text, is_this boolean
)
language sql stable security definer set search_path = '' as $$
  with this as (select nullif((select auth.jwt()) ->> 'session_id', '')::uuid as id)
  select s.id, s.created_at, coalesce(s.refreshed_at at time zone 'UTC', s.created_at), s.aal::text,
    s.user_agent, host(s.ip), s.id = this.id
  from auth.sessions s, this
  -- A token whose own session has ended still has minutes to live: it sees nothing here.
  where s.user_id = (select auth.uid())
    and exists (select from auth.sessions mine where mine.id = this.id and mine.user_id = s.user_id)
$$;
comment on function private.my_sessions is 'The caller''s sessions, for as long as the one asking has not ended.';
revoke execute on function private.my_sessions() from public;
grant execute on function private.my_sessions() to authenticated;

create function public.my_sessions() returns table (
  id uuid, created_at timestamptz, seen_at timestamptz, aal text, user_agent text, address text, is_this boolean
)
language sql stable set search_path = '' as $$
  select * from private.my_sessions() order by seen_at desc, id
$$;
comment on function public.my_sessions is 'Where the caller is signed in: begun, last renewed, level, program, address; is_this: the one asking.';
revoke execute on function public.my_sessions() from public, anon, service_role;
grant execute on function public.my_sessions() to authenticated;

create function private.end_session(p_id uuid) returns boolean
language sql security definer set search_path = '' as $$
  with ended as (
    delete from auth.sessions s
    where s.id = p_id and s.user_id = (select auth.uid()) and s.id in (select m.id from private.my_sessions() m)
    returning s.id
  )
  select exists (select from ended)
$$;
comment on function private.end_session is 'End one of the caller''s own sessions.';
revoke execute on function private.end_session(uuid) from public;
grant execute on function private.end_session(uuid) to authenticated;

create function public.end_session(p_id uuid) returns boolean
language sql set search_path = '' as $$
  select private.end_session(p_id)
$$;
comment on function public.end_session is 'Sign out elsewhere: whether there was such a session of the caller''s. Its access token lives on for minutes.';
revoke execute on function public.end_session(uuid) from public, anon, service_role;
grant execute on function public.end_session(uuid) to authenticated;
