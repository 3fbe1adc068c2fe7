-- Firing a slot: its row, its jobs and the schedule's cursor in one transaction. Schedulers only; any number of them.

create function public.fire_schedule(
  p_schedule uuid, p_fire_at timestamptz, p_revision integer, p_outcome text default 'enqueued',
  p_as_of date default null, p_portfolios uuid[] default null
) returns uuid[]
language plpgsql set search_path = '' as $$
declare
  v_schedule public.schedules;
  v_job public.calculation_jobs;
  v_jobs uuid[] := '{}';
  v_portfolio uuid;
begin
  if p_fire_at is null or not isfinite(p_fire_at) or p_fire_at > now() then
    perform private.refuse('fire_at', p_fire_at::text, 'a slot that has come');
  end if;
  if p_outcome = 'enqueued' and cardinality(p_portfolios) > 10000 then
    perform private.refuse('portfolios', cardinality(p_portfolios)::text, 'at most 10000');
  end if;
  -- The lock comes first: two schedulers at different slots would otherwise wait for each other.
  select * into v_schedule from public.schedules s where s.id = p_schedule for no key update;
  if not found or not v_schedule.enabled or v_schedule.revision <> p_revision then
    return null;
  end if;
  insert into public.schedule_fires (schedule_id, fire_at, team_id, as_of, outcome)
  values (p_schedule, p_fire_at, v_schedule.team_id, p_as_of, p_outcome) on conflict do nothing;
  if not found then
    return null;
  end if;
  if p_outcome = 'enqueued' then
    -- Without a list: one job that is of no portfolio.
    foreach v_portfolio in array coalesce(p_portfolios, array[null::uuid]) loop
      v_job.team_id := v_schedule.team_id;
      v_job.queue := v_schedule.queue;
      v_job.kind := v_schedule.kind;
      v_job.portfolio_id := v_portfolio;
      v_job.as_of := p_as_of;
      v_job.args := v_schedule.args;
      v_job.priority := v_schedule.priority;
      v_job.max_attempts := v_schedule.max_attempts;
      v_job.timeout_s := v_schedule.timeout_s;
      v_job.created_by := v_schedule.edited_by;
      v_job.schedule_id := p_schedule;
      v_job.fire_at := p_fire_at;
      v_job.idempotency_key := concat_ws(' ', 'slot', p_schedule, to_char(p_fire_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SSZ'), v_portfolio);
      v_jobs := v_jobs || private.add_job(v_job);
    end loop;
    update public.schedule_fires f set jobs = cardinality(v_jobs)
    where f.schedule_id = p_schedule and f.fire_at = p_fire_at;
  end if;
  update public.schedules s set cursor_at = greatest(s.cursor_at, p_fire_at) where s.id = p_schedule;
  return v_jobs;
end $$;
comment on function public.fire_schedule is 'Decide a slot: the ids of the jobs it made, one for each portfolio. Null: somebody else decided it, or the schedule is paused or was edited since revision p_revision was read. Service only.';
