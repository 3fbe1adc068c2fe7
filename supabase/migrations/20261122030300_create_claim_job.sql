-- Putting jobs in and taking them out: enqueue, claim, heartbeat. Workers and schedulers only.

create function private.add_job(p_job public.calculation_jobs) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_id uuid;
begin
  insert into public.calculation_jobs (
    team_id, queue, kind, portfolio_id, as_of, args, priority, run_at, max_attempts, timeout_s, idempotency_key,
    schedule_id, fire_at, redriven_from, created_by
  ) values (
    p_job.team_id, coalesce(p_job.queue, 'default'), p_job.kind, p_job.portfolio_id, p_job.as_of,
    coalesce(p_job.args, '{}'), coalesce(p_job.priority, 0), coalesce(p_job.run_at, now()),
    coalesce(p_job.max_attempts, 5), coalesce(p_job.timeout_s, 900), p_job.idempotency_key, p_job.schedule_id,
    p_job.fire_at, p_job.redriven_from, p_job.created_by
  ) on conflict (team_id, kind, idempotency_key) where idempotency_key is not null do nothing
  returning id into v_id;
  if v_id is null then
    select j.id into strict v_id from public.calculation_jobs j
    where j.team_id = p_job.team_id and j.kind = p_job.kind and j.idempotency_key = p_job.idempotency_key
      and (j.args, j.portfolio_id, j.as_of) is not distinct from (coalesce(p_job.args, '{}'), p_job.portfolio_id, p_job.as_of);
  end if;
  return v_id;
exception when no_data_found then
  raise exception using errcode = 'PT409', message = 'Another job has this idempotency key.';
end $$;
comment on function private.add_job is 'Queue a job; a key that is there already gives the job it belongs to. Its callers have checked who asks.';
grant execute on function private.add_job(public.calculation_jobs) to service_role;

create function public.enqueue_job(p_job jsonb) returns uuid
language sql set search_path = '' as $$
  select private.add_job(jsonb_populate_record(null::public.calculation_jobs, p_job))
$$;
comment on function public.enqueue_job is 'Queue a job: team_id, kind and, where it matters, portfolio_id, as_of, args, queue, priority, run_at, max_attempts, timeout_s, idempotency_key, created_by. The same key again gives the same id. Service only.';

create function private.lease(p_lease interval) returns interval
language sql immutable set search_path = '' as $$
  select least(greatest(coalesce(p_lease, '30 s'), '0.1 s'), '10 min')
$$;
comment on function private.lease is 'A lease within bounds.';
grant execute on function private.lease(interval) to service_role;

-- Every claim asks for the busy schedules: as a plpgsql function its query is planned once a session, not at each claim.
create function private.busy_schedules(p_team uuid) returns uuid[]
language plpgsql volatile set search_path = '' as $$
begin
  return array(
    select s.id from public.schedules s
    where s.team_id = p_team and s.concurrency is not null and s.concurrency <= (
      select count(*) from public.calculation_jobs j where j.team_id = p_team and j.state = 'running' and j.schedule_id = s.id
    )
  );
end $$;
comment on function private.busy_schedules is 'The team''s schedules that have as many jobs running as they may.';
grant execute on function private.busy_schedules(uuid) to service_role;

-- One queue a call, and now(): with several queues or clock_timestamp() the index is lost.
-- Each team's first job is one step down the index; the teams are tried from the most urgent on until one has a free place.
-- Jobs of a schedule that has as many running as its `concurrency` allows are passed over.
create function public.claim_job(p_worker uuid, p_queue text default 'default', p_lease interval default '30 s')
returns setof public.calculation_jobs
language plpgsql set search_path = '' as $$
declare
  v_lane record;
  v_slot smallint;
  v_job record;
  v_busy uuid[];
begin
  for v_lane in
    -- Rows are compared, not teams alone: otherwise an index of teams would do as well, which holds finished jobs too.
    with recursive lane (queue, team_id) as (
      (select j.queue, j.team_id from public.calculation_jobs j
        where j.state = 'queued' and j.queue >= p_queue order by j.queue, j.team_id limit 1)
      union all
      select n.queue, n.team_id from lane l cross join lateral (
        select j.queue, j.team_id from public.calculation_jobs j
        where j.state = 'queued' and (j.queue, j.team_id) > (l.queue, l.team_id) order by j.queue, j.team_id limit 1
      ) n where l.queue = p_queue
    )
    select l.team_id, t.job_slots
    from lane l join public.teams t on t.id = l.team_id
    cross join lateral (
      select j.priority, j.run_at from public.calculation_jobs j
      where j.state = 'queued' and j.queue = p_queue and j.team_id = l.team_id and j.run_at <= now()
      order by j.priority desc, j.run_at, j.id limit 1
    ) h
    where l.queue = p_queue
    order by h.priority desc, h.run_at, l.team_id
  loop
    select s.slot into v_slot from private.job_slots s
    where s.team_id = v_lane.team_id and s.slot <= v_lane.job_slots and s.job_id is null
    order by s.slot limit 1 for no key update skip locked;
    continue when not found;
    v_busy := private.busy_schedules(v_lane.team_id);
    select j.id, j.schedule_id into v_job from public.calculation_jobs j
    where j.state = 'queued' and j.queue = p_queue and j.team_id = v_lane.team_id and j.run_at <= now()
      and (j.schedule_id is null or j.schedule_id <> all (v_busy))
    order by j.priority desc, j.run_at, j.id limit 1 for no key update skip locked;
    continue when not found;
    -- Claims of one such schedule wait for each other: otherwise two of them would both take its last place.
    perform from public.schedules s where s.id = v_job.schedule_id and s.concurrency is not null for no key update;
    continue when found and v_job.schedule_id = any (private.busy_schedules(v_lane.team_id));
    update private.job_slots s set job_id = v_job.id where s.team_id = v_lane.team_id and s.slot = v_slot;
    return query update public.calculation_jobs j
      set state = 'running', attempt = j.attempt + 1, worker_id = p_worker, slot = v_slot, percent = null, cell = null,
        started_at = clock_timestamp(), lease_expires_at = clock_timestamp() + private.lease(p_lease),
        deadline_at = clock_timestamp() + make_interval(secs => j.timeout_s)
      where j.id = v_job.id returning j.*;
    return;
  end loop;
end $$;
comment on function public.claim_job is 'Take the most urgent job of one queue whose team has a free place; no row: there is none. Service only.';

create function public.heartbeat_job(
  p_job uuid, p_attempt integer, p_worker uuid, p_lease interval default '30 s', p_percent integer default null,
  p_cell integer default null
) returns table (owned boolean, cancel_requested boolean)
language plpgsql set search_path = '' as $$
begin
  return query update public.calculation_jobs j
    set lease_expires_at = least(clock_timestamp() + private.lease(p_lease), j.deadline_at + interval '5 s'),
      percent = coalesce(p_percent, j.percent), cell = coalesce(p_cell, j.cell)
    where j.id = p_job and j.state = 'running' and j.attempt = p_attempt and j.worker_id = p_worker
      and j.lease_expires_at > clock_timestamp()
    returning true, j.cancel_requested_at is not null;
  if not found then
    return query select false, false;
  end if;
end $$;
comment on function public.heartbeat_job is 'Renew the lease and say how far the work is. Not owned: somebody else has the job or will, stop and write nothing. Service only.';
