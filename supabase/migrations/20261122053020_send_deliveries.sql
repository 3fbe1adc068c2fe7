-- Sending: a worker claims one delivery at a time, and says how it ended. Whether the recipient may read is asked then.

create function private.delivery_refusal(p_delivery public.deliveries) returns text
language plpgsql stable security definer set search_path = '' as $$
declare
  v_user uuid;
  v_run record;
begin
  if p_delivery.schedule_id is null then
    return 'Its schedule was removed.';
  end if;
  if p_delivery.next_at < now() - interval '7 days' then
    return 'It waited for more than a week, and is news no more.';
  end if;
  if p_delivery.channel = 'mail' then
    select u.id into v_user from auth.users u join public.memberships m on m.user_id = u.id
    where m.team_id = p_delivery.team_id and lower(u.email) = p_delivery.recipient
      and u.email_confirmed_at is not null and coalesce(u.banned_until, '-infinity') < now();
    if not found then
      return 'No member of the team has this address, or none who has confirmed it.';
    end if;
  end if;
  select r.verdict, r.author, r.current into v_run
  from public.report_runs r where r.team_id = p_delivery.team_id and r.id = p_delivery.run_id;
  if not v_run.current then
    return 'Another run took its place.';
  end if;
  if v_run.verdict = 'BLOCK' and (v_user is null or v_user is distinct from v_run.author) then
    return 'A gate holds it back: it is for its owner only.';
  end if;
  return null;
end $$;
comment on function private.delivery_refusal is 'Why the recipient may not have it now; null: they may.';
grant execute on function private.delivery_refusal(public.deliveries) to service_role;

create function public.claim_delivery(
  p_worker uuid, p_mail boolean, p_webhooks text[] default '{}', p_lease interval default '10 min'
) returns setof public.deliveries
language plpgsql set search_path = '' as $$
declare
  v_delivery public.deliveries;
  v_reason text;
begin
  loop
    select d.* into v_delivery
    from public.deliveries d join public.teams t on t.id = d.team_id
    where d.status = 'pending' and d.next_at <= now() and case d.channel when 'mail' then p_mail
      else t.slug || '/' || d.recipient = any (p_webhooks) end
    order by d.next_at, d.id limit 1 for no key update of d skip locked;
    if not found then
      return;
    end if;
    v_reason := private.delivery_refusal(v_delivery);
    exit when v_reason is null;
    update public.deliveries d set status = 'refused', last_error = v_reason where d.id = v_delivery.id;
  end loop;
  return query update public.deliveries d
    set status = 'sending', attempts = d.attempts + 1, worker_id = p_worker, begun_at = clock_timestamp(),
      lease_expires_at = clock_timestamp() + least(greatest(p_lease, '0.1 s'), '1 h')
    where d.id = v_delivery.id returning d.*;
end $$;
comment on function public.claim_delivery is 'Begin the longest due delivery that the caller can send: mail, or one of these webhooks, `team/name` each. One whose recipient may not have it is refused on the way. No row: there is none. Service only.';

create function public.finish_delivery(
  p_delivery uuid, p_worker uuid, p_attempt integer, p_status text, p_error text default '', p_after_s integer default 0
) returns text
language plpgsql set search_path = '' as $$
declare
  v_status text := p_status;
begin
  if p_status is null or p_status not in ('sent', 'failed', 'unknown', 'pending') then
    perform private.refuse('status', p_status, 'sent, failed, unknown or pending');
  end if;
  if p_status = 'pending' and p_attempt >= 40 then
    v_status := 'failed';
  end if;
  update public.deliveries d
  set status = v_status, last_error = left(regexp_replace(coalesce(p_error, ''), '[^[:print:]\n]', '?', 'g'), 2000),
    sent_at = case when v_status = 'sent' then clock_timestamp() end, lease_expires_at = null,
    next_at = case when v_status = 'pending' then clock_timestamp() + greatest(
      private.backoff(p_attempt), make_interval(secs => least(greatest(p_after_s, 0), 86400))) else d.next_at end
  -- Whoever was given up for lost and comes back may still say what became of it.
  where d.id = p_delivery and d.status in ('sending', 'unknown') and d.worker_id = p_worker and d.attempts = p_attempt;
  return case when found then v_status end;
end $$;
comment on function public.finish_delivery is 'How an attempt ended: sent, failed for good, unknown, or pending: not taken, again after a while, 40 times at most. Null: the attempt is no longer the caller''s. Service only.';

create function public.reap_deliveries() returns integer
language plpgsql set search_path = '' as $$
declare
  v_reaped integer;
begin
  update public.deliveries d
  set status = 'unknown', lease_expires_at = null, last_error = 'Its worker fell silent after it had begun to send.'
  where d.status = 'sending' and d.lease_expires_at < now();
  get diagnostics v_reaped = row_count;
  return v_reaped;
end $$;
comment on function public.reap_deliveries is 'Deliveries whose worker fell silent become unknown: how many. Service only.';

create function private.resend_delivery(p_delivery uuid) returns text
language plpgsql security definer set search_path = '' as $$
declare
  v_service boolean := current_setting('role') = 'service_role';
  v_delivery public.deliveries;
begin
  select * into v_delivery from public.deliveries d
  where d.id = p_delivery and (v_service or d.team_id = any (array(select private.my_teams('analyst')))) for no key update;
  if not found then
    perform private.refuse('delivery', p_delivery::text, 'the id of a delivery of a team where you are analyst or more');
  end if;
  if v_delivery.status not in ('failed', 'refused', 'unknown') then
    perform private.refuse('delivery', p_delivery::text, format('one that is failed, refused or unknown; this one is %s', v_delivery.status));
  end if;
  update public.deliveries d set status = 'pending', attempts = 0, next_at = now(), worker_id = null where d.id = p_delivery;
  perform private.audit(v_delivery.team_id, 'delivery.resent', p_delivery::text,
    jsonb_build_object('was', v_delivery.status, 'kind', v_delivery.kind, 'recipient', v_delivery.recipient));
  return v_delivery.status;
end $$;
comment on function private.resend_delivery is 'Checks the caller''s role by itself.';
grant execute on function private.resend_delivery(uuid) to authenticated, service_role;

create function public.resend_delivery(p_delivery uuid) returns text
language sql set search_path = '' as $$ select private.resend_delivery(p_delivery) $$;
comment on function public.resend_delivery is 'Let a delivery that failed, was refused or is unknown be sent again, to whoever may have it then; what it was. Analyst and up, or the service.';
grant execute on function public.resend_delivery(uuid) to authenticated;

-- What a message says. A blocked run's figures are for its owner, what a cell said is for those who can mend it.
create function private.delivery_run(p_run public.report_runs, p_user uuid, p_whole boolean) returns jsonb
language sql stable set search_path = '' as $$
  select case when p_run.id is null then null when p_run.verdict = 'BLOCK' and (p_user is null or p_user is distinct from p_run.author) then
    jsonb_build_object('verdict', 'BLOCK')
  else jsonb_build_object(
    'id', p_run.id, 'as_of', p_run.as_of, 'run_at', p_run.run_at, 'report', p_run.report, 'verdict', p_run.verdict,
    'parameters', p_run.parameters, 'code', p_run.code, 'reason', p_run.reason,
    'gates', coalesce((select jsonb_agg(g) from jsonb_array_elements(p_run.gates) g where g ->> 'verdict' <> 'PASS'), '[]'),
    'metrics', coalesce((
      select jsonb_agg(jsonb_build_object('name', m.name, 'value', m.value, 'unit', m.unit) order by m.ordinal)
      from public.run_metrics m where m.team_id = p_run.team_id and m.run_id = p_run.id and m.labels = '{}'
    ), '[]'),
    'artifacts', case when p_whole then coalesce((
      select jsonb_agg(jsonb_build_object('name', a.name, 'media_type', a.media_type, 'sha256', a.sha256, 'size', a.size,
        'key', a.key) order by a.name)
      from public.run_artifacts a where a.team_id = p_run.team_id and a.run_id = p_run.id
    ), '[]') else '[]' end
  ) end
$$;
comment on function private.delivery_run is 'A run as a message tells it to a user: whole with its files; of a blocked one only that it is, but to its owner.';

create function private.delivery_facts(p_delivery uuid) returns jsonb
language plpgsql stable security definer set search_path = '' as $$
declare
  v_delivery public.deliveries;
  v_user uuid;
  v_role public.team_role;
begin
  select * into v_delivery from public.deliveries d where d.id = p_delivery;
  if not found then
    return null;
  end if;
  if v_delivery.channel = 'mail' then
    select m.user_id, m.role into v_user, v_role from public.memberships m join auth.users u on u.id = m.user_id
    where m.team_id = v_delivery.team_id and lower(u.email) = v_delivery.recipient;
  end if;
  return (
    select jsonb_build_object(
      'team_id', t.id, 'team', t.slug, 'schedule', s.name, 'report', s.args ->> 'report', 'timezone', s.timezone,
      'role', v_role, 'slot', f.fire_at, 'as_of', f.as_of, 'outcome', f.outcome, 'note', f.note,
      'due_at', f.fire_at + make_interval(mins => coalesce(s.alarm_after_minutes, s.grace_minutes)),
      'jobs', coalesce((
        select jsonb_agg(jsonb_build_object(
          'id', j.id, 'state', j.state, 'as_of', j.as_of, 'attempt', j.attempt, 'percent', j.percent, 'cell', j.cell,
          'portfolio', p.slug, 'title', p.title, 'currency', p.base_currency,
          'error', case when v_role >= 'analyst' then j.errors -> -1 else (j.errors -> -1) - 'message' end,
          'run', private.delivery_run(r, v_user, v_delivery.kind = 'report')
        ) order by p.slug)
        from (
          -- Of a book's jobs in a slot the latest counts.
          select distinct on (c.portfolio_id) c.* from public.calculation_jobs c
          where c.team_id = v_delivery.team_id and case when v_delivery.kind in ('digest', 'alarm')
            then c.schedule_id = v_delivery.schedule_id and c.fire_at = v_delivery.slot else c.id = v_delivery.job_id end
          order by c.portfolio_id, c.created_at desc, c.id
        ) j
        left join public.portfolios p on p.team_id = j.team_id and p.id = j.portfolio_id
        left join public.report_runs r on r.team_id = j.team_id and r.id = j.run_id
      ), '[]')
    )
    from public.teams t
    join public.schedules s on s.team_id = t.id and s.id = v_delivery.schedule_id
    join public.schedule_fires f on f.schedule_id = s.id and f.fire_at = v_delivery.slot
    where t.id = v_delivery.team_id
  );
end $$;
comment on function private.delivery_facts is 'See public.delivery_facts.';
grant execute on function private.delivery_facts(uuid) to service_role;

create function public.delivery_facts(p_delivery uuid) returns jsonb
language sql stable set search_path = '' as $$ select private.delivery_facts(p_delivery) $$;
comment on function public.delivery_facts is 'What a delivery is to tell its recipient, and no more than they may know; null: it is gone. Service only.';
