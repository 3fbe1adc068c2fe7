-- Deliveries: what goes to whom, written with the end of the job that it is about, and sent once.
--   pending -> sending -> sent | failed | unknown, or pending again (not taken); pending -> refused
-- Once it is sending nobody sends it a second time: whoever dies then leaves it `unknown`, until a person says resend.

alter table public.deliveries
  alter column run_id drop not null,
  drop constraint deliveries_status_check,
  add constraint deliveries_status_check check (status in ('pending', 'sending', 'sent', 'failed', 'refused', 'unknown')),
  add column kind text not null default 'report' check (kind in ('report', 'failure', 'digest', 'alarm')),
  add column dedupe_key text not null unique check (char_length(dedupe_key) between 1 and 500),
  add column schedule_id uuid,
  add column slot timestamptz check (isfinite(slot)),
  add column job_id uuid,
  add column portfolio_id uuid,
  add column next_at timestamptz not null default now() check (isfinite(next_at)),
  add column begun_at timestamptz,
  add column worker_id uuid,
  add column lease_expires_at timestamptz,
  add constraint deliveries_sending_has_a_lease check ((status = 'sending') = (lease_expires_at is not null)),
  add constraint deliveries_report_has_a_run check (kind <> 'report' or run_id is not null),
  add foreign key (team_id) references public.teams on delete cascade,
  add foreign key (team_id, schedule_id) references public.schedules (team_id, id) on delete set null (schedule_id),
  add foreign key (team_id, job_id) references public.calculation_jobs (team_id, id) on delete set null (job_id),
  add foreign key (team_id, portfolio_id) references public.portfolios (team_id, id) on delete set null (portfolio_id);
create index deliveries_slot on public.deliveries (team_id, schedule_id, slot);
create index deliveries_job on public.deliveries (team_id, job_id);
create index deliveries_portfolio on public.deliveries (team_id, portfolio_id);
create index deliveries_latest on public.deliveries (team_id, created_at desc, id);
drop index public.deliveries_open;
create index deliveries_due on public.deliveries (next_at, id) where status = 'pending';
create index deliveries_sending on public.deliveries (lease_expires_at) where status = 'sending';
comment on table public.deliveries is 'One row a message: of a run, a failure, a slot or its lateness, for one recipient. Never written twice for the same, so never sent twice.';
comment on column public.deliveries.kind is 'report: a run; failure: a job without one; digest: all books of a slot; alarm: a slot whose report is late.';
comment on column public.deliveries.status is 'sending: begun; unknown: begun, and nobody knows how it ended; refused: the recipient may not have it.';
comment on column public.deliveries.dedupe_key is 'What it is and for whom; the Message-ID of a mail is made of it.';
comment on column public.deliveries.slot is 'The schedule''s slot, UTC.';
comment on column public.deliveries.next_at is 'Not before, UTC.';
comment on column public.deliveries.begun_at is 'When the last attempt began, UTC.';
comment on column public.deliveries.lease_expires_at is 'When an attempt that says nothing more counts as unknown, UTC.';
comment on column public.deliveries.last_error is 'Why it was not sent, or not at once.';

-- What is made more than a week after its slot is history, which nobody waits for.
create function private.is_timely(p_fire public.schedule_fires) returns boolean
language sql immutable set search_path = '' as $$
  select p_fire.decided_at < p_fire.fire_at + interval '7 days'
$$;
comment on function private.is_timely is 'Whether the slot was decided within a week, so that people are told.';
grant execute on function private.is_timely(public.schedule_fires) to service_role;

create function private.add_deliveries(
  p_schedule public.schedules, p_slot timestamptz, p_kind text, p_owner uuid, p_job public.calculation_jobs, p_again uuid
) returns integer
language plpgsql set search_path = '' as $$
declare
  v_written integer;
begin
  insert into public.deliveries (
    team_id, kind, channel, recipient, schedule_id, slot, job_id, portfolio_id, run_id, dedupe_key
  )
  select p_schedule.team_id, p_kind, w.channel, w.recipient, p_schedule.id, p_slot, p_job.id, p_job.portfolio_id,
    p_job.run_id, concat_ws(' ', p_kind, p_schedule.id, to_char(p_slot at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SSZ'),
      p_job.portfolio_id, p_again, w.channel, w.recipient)
  from (
    select case when r like '%@%' then 'mail' else 'webhook' end as channel, lower(r) as recipient
    from unnest(p_schedule.recipients) r
    union
    select 'mail', lower(u.email) from auth.users u
    where u.id = p_owner and char_length(u.email) <= 200 and u.email ~ '^[!-~]+@[!-~]+$'
  ) w
  on conflict do nothing;
  get diagnostics v_written = row_count;
  return v_written;
end $$;
comment on function private.add_deliveries is 'A row for each recipient of a schedule, and for its owner where one is named; those that are there stay as they are.';

create function private.deliver_job() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_schedule public.schedules;
  v_fire public.schedule_fires;
  v_again uuid;
begin
  select * into v_schedule from public.schedules s
  where s.team_id = new.team_id and s.id = new.schedule_id and cardinality(s.recipients) > 0;
  if not found then
    return null;
  end if;
  -- Jobs of one slot end one after the other: otherwise the last two would each think that the other is still at it.
  select * into v_fire from public.schedule_fires f
  where f.schedule_id = new.schedule_id and f.fire_at = new.fire_at for no key update;
  if not found or not private.is_timely(v_fire) then
    return null;
  end if;
  if v_fire.jobs > 1 and not exists (
    select from public.deliveries d
    where d.team_id = new.team_id and d.schedule_id = new.schedule_id and d.slot = new.fire_at and d.kind = 'digest'
  ) then
    if not exists (
      select from public.calculation_jobs j
      where j.schedule_id = new.schedule_id and j.fire_at = new.fire_at and j.finished_at is null
    ) then
      -- The owner hears of what the others do not see, recipient or not.
      perform private.add_deliveries(v_schedule, new.fire_at, 'digest', case when exists (
        select from public.calculation_jobs j left join public.report_runs r on r.team_id = j.team_id and r.id = j.run_id
        where j.schedule_id = new.schedule_id and j.fire_at = new.fire_at and (j.state = 'dead' or r.verdict = 'BLOCK')
      ) then new.created_by end, null, null);
    end if;
  elsif new.state = 'succeeded' then
    -- A run that takes the place of another of its slot is news.
    if exists (
      select from public.calculation_jobs j
      where j.schedule_id = new.schedule_id and j.fire_at = new.fire_at and j.state = 'succeeded' and j.id <> new.id
        and j.portfolio_id is not distinct from new.portfolio_id
    ) then
      v_again := new.run_id;
    end if;
    perform private.add_deliveries(v_schedule, new.fire_at, 'report', (
      select r.author from public.report_runs r
      where r.team_id = new.team_id and r.id = new.run_id and r.verdict = 'BLOCK'
    ), new, v_again);
  elsif new.state = 'dead' then
    perform private.add_deliveries(v_schedule, new.fire_at, 'failure', new.created_by, new, new.redriven_from);
  end if;
  return null;
end $$;
comment on function private.deliver_job is 'Whom the end of a slot''s job is told: a report or its failure for a slot of one book, a digest when all books of a larger one have ended.';
create trigger deliver_job after update of state on public.calculation_jobs for each row
  when (old.finished_at is null and new.finished_at is not null and new.kind = 'report' and new.schedule_id is not null)
  execute function private.deliver_job();

create function private.raise_alarms() returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_found record;
  v_raised integer := 0;
begin
  for v_found in
    select s as schedule, f.fire_at
    from public.schedules s
    join public.schedule_fires f on f.team_id = s.team_id and f.schedule_id = s.id
    where s.enabled and s.kind = 'report' and cardinality(s.recipients) > 0 and f.fire_at > now() - interval '7 days'
      -- From the slot, however late a scheduler fires it; only one that somebody backfills is due from then on.
      and case when f.outcome = 'enqueued' and f.note like 'backfilled%' then f.decided_at
        when f.outcome in ('enqueued', 'skipped_misfire') then f.fire_at end
        + make_interval(mins => coalesce(s.alarm_after_minutes, s.grace_minutes)) < now()
      and not exists (
        select from public.deliveries d
        where d.team_id = s.team_id and d.schedule_id = s.id and d.slot = f.fire_at and d.kind = 'alarm'
      )
      and (f.jobs = 0 or exists (
        -- Late is what is still to come, or was cancelled; of what failed people have been told.
        select from public.calculation_jobs j
        where j.schedule_id = s.id and j.fire_at = f.fire_at and j.state in ('queued', 'running', 'cancelled')
          and not exists (
            select from public.calculation_jobs o
            where o.schedule_id = s.id and o.fire_at = f.fire_at and o.state = 'succeeded'
              and o.portfolio_id is not distinct from j.portfolio_id
          )
      ))
  loop
    v_raised := v_raised
      + private.add_deliveries(v_found.schedule, v_found.fire_at, 'alarm', (v_found.schedule).edited_by, null, null);
  end loop;
  return v_raised;
end $$;
comment on function private.raise_alarms is 'See public.raise_alarms.';
grant execute on function private.raise_alarms() to service_role;

create function public.raise_alarms() returns integer
language sql set search_path = '' as $$ select private.raise_alarms() $$;
comment on function public.raise_alarms is 'Write an alarm for each slot of the last week whose report should be there by now and is not; how many rows are new. Any number of schedulers may call it at once. Service only.';
