-- The ends of an attempt: complete, fail, release, and reap for workers that say nothing any more. Workers only.

create function private.backoff(p_attempt integer) returns interval
language sql volatile set search_path = '' as $$
  select make_interval(secs => least(3600, 2 ^ least(p_attempt, 12)) * (0.9 + 0.2 * random()))
$$;
comment on function private.backoff is 'How long to wait after this attempt: 2, 4, 8 … 3600 s, give or take a tenth.';
grant execute on function private.backoff(integer) to service_role;

-- The job and all that it made become visible together, or nothing does.
create function public.complete_job(
  p_job uuid, p_attempt integer, p_worker uuid, p_result jsonb default '{}', p_run jsonb default null,
  p_metrics jsonb default '[]', p_artifacts jsonb default '[]'
) returns boolean
language plpgsql set search_path = '' as $$
declare
  v_job public.calculation_jobs;
  v_run uuid;
begin
  select * into v_job from public.calculation_jobs j where j.id = p_job for no key update;
  if v_job.state = 'succeeded' and v_job.attempt = p_attempt and v_job.finished_by = p_worker then
    return true;  -- it is said again because the answer was lost
  end if;
  if not found or v_job.state <> 'running' or v_job.attempt <> p_attempt or v_job.worker_id <> p_worker then
    return false;
  end if;
  if p_run is null and v_job.kind = 'report' then
    perform private.refuse('run', null, 'the run that the report made');
  elsif p_run is not null then
    if (p_run ->> 'team_id', p_run ->> 'portfolio_id')
      is distinct from (v_job.team_id::text, coalesce(v_job.portfolio_id::text, p_run ->> 'portfolio_id')) then
      perform private.refuse('run', p_run ->> 'portfolio_id', 'a run of the job''s team and portfolio');
    end if;
    if v_job.as_of is not null and (p_run ->> 'as_of')::date is distinct from v_job.as_of then
      perform private.refuse('run', p_run ->> 'as_of', format('a run as of %s', v_job.as_of));
    end if;
    -- Who asked for the job is the author of its run, whatever the document says.
    v_run := private.write_run(p_run || jsonb_build_object('author', v_job.created_by), p_metrics, p_artifacts);
    if exists (select from public.report_runs r where r.id = v_run and r.recorded_by is not null) then
      raise exception using errcode = 'PT409', message = 'A person has recorded a run with this id.';
    end if;
  end if;
  update public.calculation_jobs j
  set state = 'succeeded', result = coalesce(p_result, '{}'), run_id = v_run, percent = 100, finished_by = p_worker,
    finished_at = clock_timestamp(), worker_id = null, slot = null, lease_expires_at = null, deadline_at = null
  where j.id = p_job;
  return true;
end $$;
comment on function public.complete_job is 'Commit a job with its run, metrics and artifacts (as record_run takes them). False: the attempt no longer holds the job, and nothing was written. Service only.';

create function private.end_attempt(p_job public.calculation_jobs, p_error jsonb, p_retryable boolean)
returns public.job_state
language plpgsql set search_path = '' as $$
declare
  v_state public.job_state := case
    when p_job.cancel_requested_at is not null then 'cancelled'
    when p_retryable and p_job.attempt < p_job.max_attempts then 'queued'
    else 'dead' end;
begin
  update public.calculation_jobs j
  set state = v_state, worker_id = null, slot = null, lease_expires_at = null, deadline_at = null,
    errors = j.errors || jsonb_build_array(p_error || jsonb_build_object('attempt', j.attempt, 'at', clock_timestamp())),
    run_at = case when v_state = 'queued' then clock_timestamp() + private.backoff(j.attempt) else j.run_at end,
    finished_at = case when v_state <> 'queued' then clock_timestamp() end
  where j.id = p_job.id;
  return v_state;
end $$;
comment on function private.end_attempt is 'An attempt has failed: again later, or never. Its callers hold the row.';
grant execute on function private.end_attempt(public.calculation_jobs, jsonb, boolean) to service_role;

create function public.fail_job(
  p_job uuid, p_attempt integer, p_worker uuid, p_error jsonb, p_retryable boolean default true
) returns public.job_state
language plpgsql set search_path = '' as $$
declare
  v_job public.calculation_jobs;
begin
  select * into v_job from public.calculation_jobs j
  where j.id = p_job and j.state = 'running' and j.attempt = p_attempt and j.worker_id = p_worker for no key update;
  if not found then
    return null;
  end if;
  -- Cut, not refused: that it failed must go on record whatever the error looks like.
  return private.end_attempt(v_job, jsonb_strip_nulls(jsonb_build_object(
    'type', left(coalesce(p_error ->> 'type', 'unknown'), 100), 'message', left(p_error ->> 'message', 2000),
    'cell', case when jsonb_typeof(p_error -> 'cell') = 'number' then p_error -> 'cell' end
  )), coalesce(p_retryable, true));
end $$;
comment on function public.fail_job is 'An attempt failed with {type, message, cell}; what the job is now: queued for another attempt, dead, or cancelled if that was asked for. Null: the attempt no longer holds the job. Service only.';

create function public.release_job(p_job uuid, p_attempt integer, p_worker uuid) returns boolean
language plpgsql set search_path = '' as $$
begin
  -- The attempt is spent, because its number must never come again; a deployment does not cost the job one all the same.
  update public.calculation_jobs j
  set state = (case when j.cancel_requested_at is not null then 'cancelled' else 'queued' end)::public.job_state,
    finished_at = case when j.cancel_requested_at is not null then clock_timestamp() end,
    max_attempts = least(25, j.max_attempts + 1), run_at = clock_timestamp(),
    worker_id = null, slot = null, lease_expires_at = null, deadline_at = null
  where j.id = p_job and j.state = 'running' and j.attempt = p_attempt and j.worker_id = p_worker
    and j.attempt < least(25, j.max_attempts + 1);
  return found;
end $$;
comment on function public.release_job is 'Give a job back at once, unharmed: the worker is told to stop. False: the attempt no longer holds it, or it has been given back too often. Service only.';

create function public.reap_jobs(p_limit integer default 100) returns table (job_id uuid, new_state public.job_state)
language plpgsql set search_path = '' as $$
declare
  v_job public.calculation_jobs;
begin
  for v_job in
    select * from public.calculation_jobs j
    where j.state = 'running' and (j.lease_expires_at < now() or j.deadline_at + interval '5 s' < now())
    order by j.lease_expires_at limit least(greatest(p_limit, 0), 1000) for no key update skip locked
  loop
    job_id := v_job.id;
    new_state := private.end_attempt(v_job, jsonb_build_object(
      'type', case when v_job.deadline_at < clock_timestamp() then 'timeout' else 'lease_expired' end,
      'message', case when v_job.deadline_at < clock_timestamp() then format('took longer than %s s', v_job.timeout_s)
        else 'its worker fell silent' end
    ), true);
    return next;
  end loop;
end $$;
comment on function public.reap_jobs is 'Take jobs from workers whose lease has lapsed or whose time is up; what became of each. Any worker may call it, at any time. Service only.';
