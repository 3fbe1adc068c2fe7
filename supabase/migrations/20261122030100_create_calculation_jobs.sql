-- Calculation jobs: work that is done at least once and committed exactly once.
--   queued -> running -> succeeded | cancelled | dead, or queued again (failed, lease lapsed, released); queued -> cancelled
-- Whoever holds a job proves it by (job, attempt, worker): the attempt number is the fencing token, so a worker that was
-- paused past its lease can neither renew nor commit. Every time is the database's.

create type public.job_state as enum ('queued', 'running', 'succeeded', 'cancelled', 'dead');
comment on type public.job_state is 'The last three are final; `dead` is the dead letter.';

alter table public.teams
  add column job_slots smallint not null default 4 check (job_slots between 1 and 64),
  add column job_quota integer not null default 200 check (job_quota between 0 and 100000);
comment on column public.teams.job_slots is 'How many of the team''s jobs run at once; changed by the service.';
comment on column public.teams.job_quota is 'How many calculations its members may request in 24 hours; changed by the service.';

create table public.calculation_jobs (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null references public.teams on delete cascade,
  queue public.slug not null default 'default',
  kind text not null check (kind ~ '^[a-z][a-z0-9_]{0,62}$'),
  portfolio_id uuid,
  as_of date check (isfinite(as_of)),
  args public.job_args not null default '{}',
  priority smallint not null default 0 check (priority between -100 and 100),
  state public.job_state not null default 'queued',
  run_at timestamptz not null default now() check (isfinite(run_at)),
  attempt smallint not null default 0 check (attempt >= 0),
  max_attempts smallint not null default 5 check (max_attempts between 1 and 25),
  timeout_s integer not null default 900 check (timeout_s between 1 and 86400),
  worker_id uuid,
  slot smallint,
  lease_expires_at timestamptz,
  deadline_at timestamptz,
  cancel_requested_at timestamptz,
  percent smallint check (percent between 0 and 100),
  cell integer check (cell between 0 and 10000),
  idempotency_key text check (char_length(idempotency_key) between 1 and 300),
  errors jsonb not null default '[]',
  result jsonb check (octet_length(result::text) <= 65536),
  run_id uuid,
  schedule_id uuid,
  fire_at timestamptz,
  redriven_from uuid unique references public.calculation_jobs on delete set null,
  created_by uuid references auth.users on delete set null,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz,
  finished_by uuid,
  unique (team_id, id),
  unique (run_id),
  foreign key (team_id, portfolio_id) references public.portfolios (team_id, id) on delete cascade,
  foreign key (team_id, run_id) references public.report_runs (team_id, id) on delete set null (run_id),
  foreign key (schedule_id, fire_at) references public.schedule_fires (schedule_id, fire_at) on delete set null,
  constraint a_report_has_a_name check (kind <> 'report' or args ? 'report'),
  constraint running_has_a_lease check (
    case state when 'running' then num_nulls(worker_id, slot, lease_expires_at, deadline_at) = 0
      else num_nonnulls(worker_id, slot, lease_expires_at, deadline_at) = 0 end
  ),
  constraint final_has_an_end check ((state in ('succeeded', 'cancelled', 'dead')) = (finished_at is not null)),
  constraint attempts_are_bounded check (attempt <= max_attempts),
  constraint running_was_claimed check (state not in ('running', 'succeeded', 'dead') or attempt > 0),
  constraint success_has_a_result check (state <> 'succeeded' or result is not null and finished_by is not null)
);
create unique index calculation_jobs_once on public.calculation_jobs (team_id, kind, idempotency_key)
  where idempotency_key is not null;
-- A team's queue in the order it is worked off; the claim reads one row of it for each team.
create index calculation_jobs_claim on public.calculation_jobs (queue, team_id, priority desc, run_at, id)
  where state = 'queued';
create unique index calculation_jobs_slot on public.calculation_jobs (team_id, slot) where state = 'running';
create index calculation_jobs_lease on public.calculation_jobs (lease_expires_at) where state = 'running';
create index calculation_jobs_team on public.calculation_jobs (team_id, created_at desc, id);
create index calculation_jobs_portfolio on public.calculation_jobs (team_id, portfolio_id) where portfolio_id is not null;
create index calculation_jobs_run on public.calculation_jobs (team_id, run_id) where run_id is not null;
create index calculation_jobs_fire on public.calculation_jobs (schedule_id, fire_at) where schedule_id is not null;
create index calculation_jobs_requests on public.calculation_jobs (created_by, created_at) where created_by is not null;
comment on table public.calculation_jobs is 'A report to be made, or other work, and what became of it. Members read; users reach it through request_calculation, cancel_job and redrive_job, workers through functions of their own.';
comment on column public.calculation_jobs.as_of is 'Valuation date; null: the latest. Kept by every retry.';
comment on column public.calculation_jobs.args is 'What to do: `report`, `parameters`.';
comment on column public.calculation_jobs.priority is 'Higher comes first, among the jobs of a queue.';
comment on column public.calculation_jobs.run_at is 'Not before, UTC.';
comment on column public.calculation_jobs.attempt is 'How often it was claimed: the fencing token; only rises.';
comment on column public.calculation_jobs.timeout_s is 'Seconds an attempt may take.';
comment on column public.calculation_jobs.worker_id is 'Who holds it; null unless it runs.';
comment on column public.calculation_jobs.lease_expires_at is 'Until when it is held without a heartbeat, UTC.';
comment on column public.calculation_jobs.deadline_at is 'When the attempt has taken too long, UTC.';
comment on column public.calculation_jobs.cancel_requested_at is 'When somebody asked to end it, UTC; a running job ends when its worker heeds it or its lease lapses.';
comment on column public.calculation_jobs.percent is 'How far the attempt is, 0 to 100.';
comment on column public.calculation_jobs.cell is 'The notebook''s cell it is in, counted from 1.';
comment on column public.calculation_jobs.errors is 'What went wrong, an object an attempt: type, message, cell, attempt, at. No traceback.';
comment on column public.calculation_jobs.result is 'What the worker says of it, beside the run.';
comment on column public.calculation_jobs.run_id is 'The run it made.';
comment on column public.calculation_jobs.fire_at is 'The schedule''s slot it is for, UTC.';
comment on column public.calculation_jobs.redriven_from is 'The dead job it takes the place of.';
comment on column public.calculation_jobs.created_by is 'Who requested it or edited its schedule last; null: the service.';
comment on column public.calculation_jobs.created_at is 'UTC.';
comment on column public.calculation_jobs.started_at is 'When the last attempt began, UTC.';
comment on column public.calculation_jobs.finished_at is 'UTC.';
comment on column public.calculation_jobs.finished_by is 'The worker that committed it: the same commit said twice is one.';

alter table public.calculation_jobs enable row level security;
alter table public.calculation_jobs force row level security;
revoke all on public.calculation_jobs from public, anon, authenticated;
grant select on public.calculation_jobs to authenticated;
create policy calculation_jobs_select on public.calculation_jobs for select to authenticated
  using (team_id = any (array(select private.my_teams())));

-- One row for each job that a team may have running: a claim locks a free one, so that the limit holds among any number
-- of workers without making them wait for each other. No index but the key, and room in each page: it changes often.
create table private.job_slots (
  team_id uuid not null references public.teams on delete cascade,
  slot smallint not null check (slot between 1 and 64),
  job_id uuid,
  primary key (team_id, slot)
) with (fillfactor = 25);
comment on table private.job_slots is 'Which of a team''s places is taken by which running job; places above teams.job_slots are not given out.';
alter table private.job_slots enable row level security;
alter table private.job_slots force row level security;
revoke all on private.job_slots from public, anon, authenticated;
grant select, update on private.job_slots to service_role;

create function private.make_slots() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  insert into private.job_slots (team_id, slot) select new.id, generate_series(1, new.job_slots) on conflict do nothing;
  return null;
end $$;
comment on function private.make_slots is 'Gives a team its places.';
create trigger make_slots after insert or update of job_slots on public.teams
  for each row execute function private.make_slots();
insert into private.job_slots (team_id, slot) select t.id, generate_series(1, t.job_slots) from public.teams t;

-- Illegal moves fail whoever makes them, the table's owner included.
create function private.guard_job() returns trigger
language plpgsql set search_path = '' as $$
begin
  if tg_op = 'INSERT' then
    if new.state <> 'queued' or new.attempt <> 0 then
      raise exception using errcode = 'RK003', message = 'A job begins queued and never attempted.';
    end if;
  elsif old.finished_at is not null then
    -- What refers to rows that have gone, and nothing else, may change.
    if (to_jsonb(new) - '{run_id,schedule_id,fire_at,redriven_from,created_by}'::text[])
      is distinct from (to_jsonb(old) - '{run_id,schedule_id,fire_at,redriven_from,created_by}'::text[]) then
      raise exception using errcode = 'RK001', message = format('A job that is %s does not change.', old.state);
    end if;
  elsif new.attempt <> old.attempt + (old.state = 'queued' and new.state = 'running')::integer then
    raise exception using errcode = 'RK002', message = 'The attempt counts claims and nothing else.';
  elsif old.state = 'queued' and new.state not in ('queued', 'running', 'cancelled') then
    raise exception using errcode = 'RK003', message = format('A job that is queued does not become %s.', new.state);
  elsif old.state = 'running' and new.state = 'running' and new.worker_id <> old.worker_id then
    raise exception using errcode = 'RK003', message = 'A running job does not change hands.';
  end if;
  return new;
end $$;
comment on function private.guard_job is 'Refuses moves that the life of a job does not have: RK001 of a final job, RK002 of the attempt, RK003 of the state.';
create trigger guard_job before insert or update on public.calculation_jobs
  for each row execute function private.guard_job();

create function private.refuse_job_change() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception using errcode = 'RK004', message = 'What a job is to do does not change.';
end $$;
comment on function private.refuse_job_change is 'A job''s task is fixed when it is queued.';
create trigger fixed_job before update of id, team_id, kind, portfolio_id, as_of, args, idempotency_key
  on public.calculation_jobs for each row execute function private.refuse_job_change();
