-- What happened goes on record whatever the words are: facts that are too long are replaced by their hash and size, and
-- no name or fact holds characters that turn a reader's text round.

create or replace function private.append_audit(
  p_team uuid, p_actor uuid, p_action text, p_subject text, p_detail jsonb
) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_hidden constant text := '[\u0001-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]';
  v_entry public.audit_log;
  v_detail text := regexp_replace(coalesce(p_detail, '{}')::text, v_hidden, '?', 'g');
  v_request text := nullif(current_setting('request.headers', true), '')::jsonb ->> 'x-request-id';
begin
  -- Held to the end of the transaction: entries of one team are written one after the other, so call this last.
  perform pg_advisory_xact_lock(hashtextextended(format('audit %s', p_team), 0));
  if p_team is null then
    select l.seq, l.hash into v_entry.seq, v_entry.previous
    from public.audit_log l where l.team_id is null order by l.seq desc limit 1;
  else
    select l.seq, l.hash into v_entry.seq, v_entry.previous
    from public.audit_log l where l.team_id = p_team order by l.seq desc limit 1;
  end if;
  v_entry.team_id := p_team;
  v_entry.seq := coalesce(v_entry.seq, 0) + 1;
  v_entry.previous := coalesce(v_entry.previous, repeat('0', 64));
  v_entry.at := clock_timestamp();
  v_entry.actor := p_actor;
  v_entry.actor_name := left(regexp_replace(
    coalesce((select u.email from auth.users u where u.id = p_actor), ''), v_hidden, '?', 'g'), 320);
  v_entry.db_role := private.acting_role();
  v_entry.team_role := (select m.role from public.memberships m where m.team_id = p_team and m.user_id = p_actor);
  v_entry.action := p_action;
  v_entry.subject := left(regexp_replace(coalesce(p_subject, ''), v_hidden, '?', 'g'), 320);
  v_entry.detail := case when octet_length(v_detail) <= 65536 then v_detail::jsonb
    else jsonb_build_object('too_long', octet_length(v_detail),
      'sha256', encode(sha256(convert_to(p_detail::text, 'UTF8')), 'hex')) end;
  v_entry.request_id := case when v_request ~ '^[A-Za-z0-9._:-]{1,128}$' then v_request end;
  insert into public.audit_log (
    team_id, seq, at, actor, actor_name, db_role, team_role, action, subject, detail, request_id, previous, hash
  ) values (
    v_entry.team_id, v_entry.seq, v_entry.at, v_entry.actor, v_entry.actor_name, v_entry.db_role, v_entry.team_role,
    v_entry.action, v_entry.subject, v_entry.detail, v_entry.request_id, v_entry.previous,
    private.audit_hash(v_entry.previous, private.audit_entry(v_entry))
  );
end $$;
