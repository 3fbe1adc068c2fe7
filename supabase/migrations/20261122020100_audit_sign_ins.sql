-- Sign-ins, refusals and role changes on record, without trusting whoever signs in to say so.
-- A sign-in is a new row of auth.sessions, a second factor its rise to aal2: triggers note both, here and on hosted.
-- A refusal leaves no row: Auth itself reports it to a function, by the hooks that hosted Auth has for this
-- (password_verification_attempt, mfa_verification_attempt: pg-functions://postgres/private/note_password_attempt and
-- …/note_factor_attempt); the embedded server calls the same functions with the same documents.
-- Each is noted in the chain of every team of that user, or in the one without a team.

create function private.audit_person(p_user uuid, p_action text, p_detail jsonb) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_name text := coalesce((select u.email from auth.users u where u.id = p_user), p_user::text);
  v_team uuid;
begin
  -- In one order: two who sign in at once would otherwise wait for each other.
  for v_team in select m.team_id from public.memberships m where m.user_id = p_user order by m.team_id loop
    perform private.append_audit(v_team, p_user, p_action, v_name, p_detail);
  end loop;
  if not found then
    perform private.append_audit(null, p_user, p_action, v_name, p_detail);
  end if;
end $$;
comment on function private.audit_person is 'Note what a person did or was refused, for each of their teams.';

create function private.note_session() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.audit_person(
    new.user_id,
    case when tg_op = 'INSERT' then 'sign_in' else 'sign_in.second_factor' end,
    jsonb_strip_nulls(jsonb_build_object(
      'session_id', new.id, 'aal', new.aal, 'ip', to_jsonb(new) ->> 'ip', 'user_agent', left(to_jsonb(new) ->> 'user_agent', 300)
    ))
  );
  return null;
end $$;
comment on function private.note_session is 'A session began, or its user gave a second factor.';
create trigger note_sign_in after insert on auth.sessions
  for each row execute function private.note_session();
create trigger note_second_factor after update of aal on auth.sessions
  for each row when (old.aal is distinct from new.aal and new.aal = 'aal2') execute function private.note_session();

create function private.note_password_attempt(event jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  if not coalesce((event ->> 'valid')::boolean, false) then
    perform private.audit_person((event ->> 'user_id')::uuid, 'sign_in.refused', event - 'user_id' - 'valid');
  end if;
  return '{"decision": "continue"}';
end $$;
comment on function private.note_password_attempt is 'Auth''s hook password_verification_attempt: notes what was wrong, decides nothing.';

create function private.note_factor_attempt(event jsonb) returns jsonb
language plpgsql security definer set search_path = '' as $$
begin
  if not coalesce((event ->> 'valid')::boolean, false) then
    perform private.audit_person((event ->> 'user_id')::uuid, 'second_factor.refused', event - 'user_id' - 'valid');
  end if;
  return '{"decision": "continue"}';
end $$;
comment on function private.note_factor_attempt is 'Auth''s hook mfa_verification_attempt: notes what was wrong, decides nothing.';

grant usage on schema private to supabase_auth_admin;
grant execute on function private.note_password_attempt(jsonb), private.note_factor_attempt(jsonb) to supabase_auth_admin;

-- Members come and go, and a team keeps an admin.
create function private.note_membership() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_row public.memberships := coalesce(new, old);
  v_name text := coalesce((select u.email from auth.users u where u.id = v_row.user_id), v_row.user_id::text);
begin
  if tg_op <> 'INSERT' and old.role = 'admin' then
    -- Two admins who remove each other at once: the second waits, then sees that the first is gone.
    perform pg_advisory_xact_lock(hashtextextended(format('admins %s', old.team_id), 0));
    if exists (select from public.teams t where t.id = old.team_id)
      and not exists (select from public.memberships m where m.team_id = old.team_id and m.role = 'admin') then
      perform private.refuse('role', v_name, 'another admin first: a team keeps at least one');
    end if;
  end if;
  if tg_op = 'INSERT' then
    perform private.audit(v_row.team_id, 'member.added', v_name,
      jsonb_build_object('user_id', v_row.user_id, 'role', new.role));
  elsif tg_op = 'DELETE' then
    perform private.audit(v_row.team_id, 'member.removed', v_name,
      jsonb_build_object('user_id', v_row.user_id, 'role', old.role));
  elsif new.role <> old.role then
    perform private.audit(v_row.team_id, 'member.role_changed', v_name,
      jsonb_build_object('user_id', v_row.user_id, 'from', old.role, 'to', new.role));
  end if;
  return null;
end $$;
comment on function private.note_membership is 'Every change of who may do what is on record; the last admin stays.';
create trigger note_membership after insert or update of role or delete on public.memberships
  for each row execute function private.note_membership();
