-- Firing expands a schedule's portfolios in its own transaction; slots that make no job are decided many at a time;
-- the slots of a past range are fired by an analyst's backfill.

create function private.make_slot_jobs(
  p_schedule public.schedules, p_fire_at timestamptz, p_as_of date, p_portfolios uuid[], p_priority integer, p_note text,
  p_run_at timestamptz default now()
) returns uuid[]
language plpgsql set search_path = '' as $$
declare
  v_job public.calculation_jobs;
  v_jobs uuid[] := '{}';
  v_note text := coalesce(p_note, '');
begin
  if p_portfolios is null and p_schedule.portfolios is not null then
    p_portfolios := private.selected_portfolios(p_schedule.team_id, p_schedule.portfolios);
    v_note := concat_ws('; ', nullif(v_note, ''), private.unmatched_selectors(p_schedule.team_id, p_schedule.portfolios));
  end if;
  if cardinality(p_portfolios) > 10000 then
    perform private.refuse('portfolios', cardinality(p_portfolios)::text, 'at most 10000');
  end if;
  v_job.team_id := p_schedule.team_id;
  v_job.queue := p_schedule.queue;
  v_job.kind := p_schedule.kind;
  v_job.as_of := p_as_of;
  v_job.args := p_schedule.args;
  v_job.priority := p_priority;
  v_job.run_at := p_run_at;
  v_job.max_attempts := p_schedule.max_attempts;
  v_job.timeout_s := p_schedule.timeout_s;
  v_job.created_by := p_schedule.edited_by;
  v_job.schedule_id := p_schedule.id;
  v_job.fire_at := p_fire_at;
  -- Without a list: one job that is of no portfolio.
  foreach v_job.portfolio_id in array coalesce(p_portfolios, array[null::uuid]) loop
    v_job.idempotency_key := concat_ws(' ', 'slot', p_schedule.id, to_char(p_fire_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SSZ'), v_job.portfolio_id);
    v_jobs := v_jobs || private.add_job(v_job);
  end loop;
  update public.schedule_fires f set jobs = cardinality(v_jobs), note = nullif(left(v_note, 200), '')
  where f.schedule_id = p_schedule.id and f.fire_at = p_fire_at;
  return v_jobs;
end $$;
comment on function private.make_slot_jobs is 'The jobs of a slot whose row is there, one for each portfolio. Its callers have checked who asks.';
grant execute on function private.make_slot_jobs(public.schedules, timestamptz, date, uuid[], integer, text, timestamptz) to service_role;

-- Its row, its jobs and the schedule's cursor in one transaction; any number of schedulers.
create function public.fire_schedule(
  p_schedule uuid, p_fire_at timestamptz, p_revision integer, p_outcome text default 'enqueued',
  p_as_of date default null, p_portfolios uuid[] default null, p_note text default null
) returns uuid[]
language plpgsql set search_path = '' as $$
declare
  v_schedule public.schedules;
  v_new boolean;
  v_jobs uuid[] := '{}';
begin
  if p_fire_at is null or not isfinite(p_fire_at) or p_fire_at > now() then
    perform private.refuse('fire_at', p_fire_at::text, 'a slot that has come');
  end if;
  -- The lock comes first: two schedulers at different slots would otherwise wait for each other.
  select * into v_schedule from public.schedules s where s.id = p_schedule for no key update;
  if not found or not v_schedule.enabled or v_schedule.revision <> p_revision then
    return null;
  end if;
  insert into public.schedule_fires (schedule_id, fire_at, team_id, as_of, outcome, note)
  values (p_schedule, p_fire_at, v_schedule.team_id, p_as_of, p_outcome, nullif(left(p_note, 200), '')) on conflict do nothing;
  v_new := found;
  if v_new and p_outcome = 'enqueued' then
    v_jobs := private.make_slot_jobs(v_schedule, p_fire_at, p_as_of, p_portfolios, v_schedule.priority, p_note);
  end if;
  -- A slot that somebody else decided has been decided: a backfill does not move the cursor, whoever comes next does.
  update public.schedules s set cursor_at = p_fire_at where s.id = p_schedule and s.cursor_at < p_fire_at;
  return case when v_new then v_jobs end;
end $$;
comment on function public.fire_schedule is 'Decide a slot: the ids of the jobs it made, one for each portfolio that the schedule names now (or of p_portfolios). Null: somebody else decided it, or the schedule is paused or was edited since revision p_revision was read. Service only.';

create function public.skip_slots(p_schedule uuid, p_revision integer, p_slots jsonb) returns integer
language plpgsql set search_path = '' as $$
declare
  v_schedule public.schedules;
  v_written integer;
begin
  if jsonb_typeof(p_slots) is distinct from 'array' or jsonb_array_length(p_slots) not between 1 and 1000 then
    perform private.refuse('slots', left(p_slots::text, 80), 'a list of 1 to 1000');
  end if;
  select * into v_schedule from public.schedules s where s.id = p_schedule for no key update;
  if not found or not v_schedule.enabled or v_schedule.revision <> p_revision then
    return null;
  end if;
  if exists (
    select from jsonb_to_recordset(p_slots) s (fire_at timestamptz, outcome text)
    where s.fire_at is null or s.fire_at > now() or s.outcome is null or s.outcome = 'enqueued'
  ) then
    perform private.refuse('slots', left(p_slots::text, 80), 'slots that have come and make no job');
  end if;
  insert into public.schedule_fires (schedule_id, fire_at, team_id, as_of, outcome, note)
  select p_schedule, s.fire_at, v_schedule.team_id, s.as_of, s.outcome, nullif(left(s.note, 200), '')
  from jsonb_to_recordset(p_slots) s (fire_at timestamptz, as_of date, outcome text, note text)
  on conflict do nothing;
  get diagnostics v_written = row_count;
  update public.schedules s
  set cursor_at = greatest(s.cursor_at, (select max((e ->> 'fire_at')::timestamptz) from jsonb_array_elements(p_slots) e))
  where s.id = p_schedule;
  return v_written;
end $$;
comment on function public.skip_slots is 'Decide up to 1000 slots that make no job: fire_at, as_of, outcome, note each; how many were still undecided. Null: the schedule is paused or was edited since revision p_revision was read. Service only.';

create function public.database_clock() returns timestamptz
language sql stable set search_path = '' as $$ select now() $$;
comment on function public.database_clock is 'The only clock that schedulers go by. Service only.';

create function private.backfill_schedule(p_schedule uuid, p_revision integer, p_slots jsonb)
returns table (fire_at timestamptz, jobs integer)
language plpgsql security definer set search_path = '' as $$
declare
  v_service boolean := current_setting('role') = 'service_role';
  v_schedule public.schedules;
  v_slot record;
  v_made integer := 0;
  v_slots integer := 0;
begin
  select * into v_schedule from public.schedules s
  where s.id = p_schedule and (v_service or s.team_id = any (array(select private.my_teams()))) for no key update;
  if not found then
    perform private.refuse('schedule', p_schedule::text, 'the id of a schedule that you may see');
  end if;
  if not v_service and v_schedule.team_id <> all (array(select private.my_teams('analyst'))) then
    raise exception using errcode = '42501', message = 'Backfilling takes the role analyst in the schedule''s team.';
  end if;
  if v_schedule.revision is distinct from p_revision then
    raise exception using errcode = 'PT409', message = format('the schedule %s was edited meanwhile', v_schedule.name);
  end if;
  if jsonb_typeof(p_slots) is distinct from 'array' or jsonb_array_length(p_slots) not between 1 and 1000 then
    perform private.refuse('slots', left(p_slots::text, 80), 'a list of 1 to 1000');
  end if;
  for v_slot in
    select s.fire_at, s.as_of from jsonb_to_recordset(p_slots) s (fire_at timestamptz, as_of date) order by s.fire_at
  loop
    if v_slot.fire_at is null or not isfinite(v_slot.fire_at) or v_slot.fire_at > now() then
      perform private.refuse('fire_at', v_slot.fire_at::text, 'a slot that has come');
    end if;
    if v_slot.as_of is null or not isfinite(v_slot.as_of) then
      perform private.refuse('as_of', v_slot.as_of::text, 'the valuation date of the slot');
    end if;
    -- A slot that made jobs, or was a holiday, stays as it is; one that was missed, or found no book, is made up for.
    insert into public.schedule_fires as f (schedule_id, fire_at, team_id, as_of, outcome)
    values (p_schedule, v_slot.fire_at, v_schedule.team_id, v_slot.as_of, 'enqueued')
    on conflict on constraint schedule_fires_pkey do update set outcome = 'enqueued', as_of = excluded.as_of, decided_at = clock_timestamp()
    where f.jobs = 0 and f.outcome <> 'skipped_holiday';
    if found then
      fire_at := v_slot.fire_at;
      -- Today's reports come before those of the past, and those in the order of their slots.
      v_slots := v_slots + 1;
      jobs := cardinality(private.make_slot_jobs(v_schedule, v_slot.fire_at, v_slot.as_of, null,
        greatest(v_schedule.priority - 10, -100), 'backfilled', now() - (1000 - v_slots) * interval '1 microsecond'));
      v_made := v_made + jobs;
      if v_made > 10000 then
        perform private.refuse('slots', v_made::text, 'at most 10000 jobs at once: a shorter range');
      end if;
      return next;
    end if;
  end loop;
  perform private.audit(v_schedule.team_id, 'schedule.backfilled', v_schedule.name,
    jsonb_build_object('schedule', p_schedule, 'from', p_slots -> 0 ->> 'fire_at', 'to', p_slots -> -1 ->> 'fire_at', 'jobs', v_made));
end $$;
comment on function private.backfill_schedule is 'Checks the caller''s role, the revision and the slots by itself.';
grant execute on function private.backfill_schedule(uuid, integer, jsonb) to authenticated, service_role;

create function public.backfill_schedule(p_schedule uuid, p_revision integer, p_slots jsonb)
returns table (fire_at timestamptz, jobs integer)
language sql set search_path = '' as $$
  select * from private.backfill_schedule(p_schedule, p_revision, p_slots)
$$;
comment on function public.backfill_schedule is 'Fire past slots (fire_at, as_of each) that have made no job: those it fired, with how many jobs each. The same again fires nothing. Analyst and up, or the service.';
grant execute on function public.backfill_schedule(uuid, integer, jsonb) to authenticated;

create function public.last_fires() returns table (
  schedule_id uuid, fire_at timestamptz, as_of date, outcome text, note text, jobs integer, states jsonb
)
language sql stable set search_path = '' as $$
  select f.schedule_id, f.fire_at, f.as_of, f.outcome, f.note, f.jobs, coalesce(j.states, '{}')
  from public.schedules s
  cross join lateral (
    select * from public.schedule_fires f where f.team_id = s.team_id and f.schedule_id = s.id order by f.fire_at desc limit 1
  ) f
  left join lateral (
    select jsonb_object_agg(c.state, c.n) as states from (
      select j.state, count(*) as n from public.calculation_jobs j
      where j.schedule_id = f.schedule_id and j.fire_at = f.fire_at group by j.state
    ) c
  ) j on true
$$;
comment on function public.last_fires is 'The latest decided slot of each schedule that the caller may see, and how many of its jobs are in which state.';
grant execute on function public.last_fires() to authenticated;
