-- What users may do with the queue: request, cancel, drive again. Each checks role and team by itself.

create function private.request_calculation(
  p_portfolio uuid, p_report text, p_parameters jsonb, p_as_of date, p_key text
) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_user uuid := (select auth.uid());
  v_book record;
  v_job public.calculation_jobs;
  v_known uuid;
begin
  select f.team_id, f.slug, t.slug as team, t.job_quota into v_book
  from public.portfolios f join public.teams t on t.id = f.team_id
  where f.id = p_portfolio and f.team_id = any (array(select private.my_teams()));
  if not found then
    perform private.refuse('portfolio', p_portfolio::text, 'a portfolio that you may see');
  end if;
  if v_book.team_id <> all (array(select private.my_teams('analyst'))) then
    raise exception using errcode = '42501', message = 'Requesting a calculation takes the role analyst in the portfolio''s team.';
  end if;
  if p_report is null or p_report !~ '^[a-z][a-z0-9_]{0,62}$' then
    perform private.refuse('report', p_report, 'a report''s name: lower-case letters, digits and _');
  end if;
  if not private.are_parameters(coalesce(p_parameters, '{}')) then
    perform private.refuse('parameters', left(p_parameters::text, 80),
      'at most 100 parameters and 64 KiB: names of lower-case letters, digits and _, plain values or lists of them, without portfolio and as_of');
  end if;
  if not isfinite(p_as_of) or p_as_of not between '0001-01-01' and '9999-12-31' then
    perform private.refuse('as_of', p_as_of::text, 'a date');
  end if;
  if char_length(p_key) not between 1 and 100 then
    perform private.refuse('idempotency_key', p_key, '1 to 100 characters');
  end if;
  -- Requests of one team wait for each other: otherwise two of them would both be the last that its quota allows.
  perform pg_advisory_xact_lock(hashtextextended(format('requests %s', v_book.team_id), 0));
  v_job.team_id := v_book.team_id;
  v_job.kind := 'report';
  v_job.portfolio_id := p_portfolio;
  v_job.as_of := p_as_of;
  v_job.args := jsonb_build_object('report', p_report, 'parameters', coalesce(p_parameters, '{}'));
  -- Somebody waits for it; and a prefix of its own, or a key could take a schedule's place.
  v_job.priority := 10;
  v_job.created_by := v_user;
  v_job.idempotency_key := format('user %s %s', v_user, p_key);
  select j.id into v_known from public.calculation_jobs j
  where j.team_id = v_book.team_id and j.kind = 'report' and j.idempotency_key = v_job.idempotency_key;
  if p_key is null then
    v_job.idempotency_key := null;
  elsif found then
    return private.add_job(v_job);
  end if;
  if (
    select count(*) from public.calculation_jobs j join public.memberships m on m.user_id = j.created_by and m.team_id = j.team_id
    where m.team_id = v_book.team_id and j.schedule_id is null and j.redriven_from is null
      and j.created_at > now() - interval '24 hours'
  ) >= v_book.job_quota then
    raise exception using errcode = 'PT429', message = format(
      '%s has requested %s calculations within 24 hours, which is all it may: wait, or ask the operator for more.', v_book.team, v_book.job_quota);
  end if;
  v_known := private.add_job(v_job);
  perform private.audit(v_book.team_id, 'calculation.requested', format('%s/%s', v_book.team, v_book.slug),
    jsonb_build_object('job', v_known, 'as_of', p_as_of) || v_job.args);
  return v_known;
end $$;
comment on function private.request_calculation is 'Checks the caller''s role, the request and the team''s quota by itself.';
grant execute on function private.request_calculation(uuid, text, jsonb, date, text) to authenticated;

create function public.request_calculation(
  p_portfolio uuid, p_report text, p_parameters jsonb default '{}', p_as_of date default null,
  p_idempotency_key text default null
) returns uuid
language sql set search_path = '' as $$
  select private.request_calculation(p_portfolio, p_report, p_parameters, p_as_of, p_idempotency_key)
$$;
comment on function public.request_calculation is 'Queue an official run of a report for a portfolio, as of a day or the latest; the same key again gives the same job. Analyst and up, within the team''s quota.';
revoke execute on function public.request_calculation(uuid, text, jsonb, date, text) from service_role;
grant execute on function public.request_calculation(uuid, text, jsonb, date, text) to authenticated;

create function private.job_to_change(p_job uuid, p_role public.team_role) returns public.calculation_jobs
language plpgsql security definer set search_path = '' as $$
declare
  v_job public.calculation_jobs;
  v_service boolean := current_setting('role') = 'service_role';
begin
  select * into v_job from public.calculation_jobs j
  where j.id = p_job and (v_service or j.team_id = any (array(select private.my_teams()))) for no key update;
  if not found then
    perform private.refuse('job', p_job::text, 'the id of a job that you may see');
  end if;
  if not v_service and v_job.team_id <> all (array(select private.my_teams(p_role))) then
    raise exception using errcode = '42501', message = format('This takes the role %s in the job''s team.', p_role);
  end if;
  return v_job;
end $$;
comment on function private.job_to_change is 'The job, locked, if the caller has this role in its team or is the service.';

create function private.cancel_job(p_job uuid) returns text
language plpgsql security definer set search_path = '' as $$
declare
  v_job public.calculation_jobs := private.job_to_change(p_job, 'analyst');
begin
  if v_job.finished_at is not null or v_job.cancel_requested_at is not null then
    return case when v_job.finished_at is null then 'requested' else v_job.state::text end;
  end if;
  update public.calculation_jobs j
  set cancel_requested_at = clock_timestamp(),
    state = case j.state when 'queued' then 'cancelled' else j.state end,
    finished_at = case j.state when 'queued' then clock_timestamp() end
  where j.id = p_job;
  perform private.audit(v_job.team_id, 'job.cancelled', p_job::text,
    jsonb_build_object('was', v_job.state, 'kind', v_job.kind, 'args', v_job.args));
  return case v_job.state when 'queued' then 'cancelled' else 'requested' end;
end $$;
comment on function private.cancel_job is 'Checks the caller''s role by itself.';
grant execute on function private.cancel_job(uuid) to authenticated, service_role;

create function public.cancel_job(p_job uuid) returns text
language sql set search_path = '' as $$
  select private.cancel_job(p_job)
$$;
comment on function public.cancel_job is 'End a job: `cancelled` if it was queued, `requested` if it runs (its worker ends it), or the state it has come to before. Analyst and up.';
grant execute on function public.cancel_job(uuid) to authenticated;

create function private.redrive_job(p_job uuid) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_job public.calculation_jobs := private.job_to_change(p_job, 'admin');
  v_again uuid;
begin
  if v_job.state <> 'dead' then
    perform private.refuse('job', p_job::text, format('a job that is dead; this one is %s', v_job.state));
  end if;
  select j.id into v_again from public.calculation_jobs j where j.redriven_from = p_job;
  if found then
    return v_again;
  end if;
  v_job.redriven_from := p_job;
  v_job.idempotency_key := null;
  v_job.run_at := null;
  v_again := private.add_job(v_job);
  perform private.audit(v_job.team_id, 'job.redriven', p_job::text, jsonb_build_object('as', v_again, 'kind', v_job.kind, 'args', v_job.args));
  return v_again;
end $$;
comment on function private.redrive_job is 'Checks the caller''s role by itself.';
grant execute on function private.redrive_job(uuid) to authenticated, service_role;

create function public.redrive_job(p_job uuid) returns uuid
language sql set search_path = '' as $$
  select private.redrive_job(p_job)
$$;
comment on function public.redrive_job is 'Queue a dead job again, as a new one with all its attempts; the same again gives the same id. Admin, or the service.';
grant execute on function public.redrive_job(uuid) to authenticated;
