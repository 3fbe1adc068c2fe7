-- A schedule's `concurrency` holds at the claim: jobs of a schedule that has as many running as it may are passed over.

create function private.busy_schedules(p_team uuid) returns uuid[]
language sql volatile set search_path = '' as $$
  select array(
    select s.id from public.schedules s
    where s.team_id = p_team and s.concurrency is not null and s.concurrency <= (
      select count(*) from public.calculation_jobs j where j.team_id = p_team and j.state = 'running' and j.schedule_id = s.id
    )
  )
$$;
comment on function private.busy_schedules is 'The team''s schedules that have as many jobs running as they may.';
grant execute on function private.busy_schedules(uuid) to service_role;

create or replace function public.claim_job(p_worker uuid, p_queue text default 'default', p_lease interval default '30 s')
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
