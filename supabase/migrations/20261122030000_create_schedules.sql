-- Schedules: when a report is due; and fires: what was decided about each of its slots, once.

-- The parameters of a report become code in a notebook: names are identifiers, values are plain. The validator of
-- riskkit.parameters knows which names a notebook declares; this is the second wall.
create function private.are_parameters(p jsonb) returns boolean
language sql immutable set search_path = '' as $$
  select case when jsonb_typeof(p) = 'object' then
    octet_length(p::text) <= 65536 and (select count(*) from jsonb_object_keys(p)) <= 100 and not exists (
      select from jsonb_each(p) e
      where e.key !~ '^[a-z][a-z0-9_]{0,62}$' or e.key in ('portfolio', 'as_of') or jsonb_typeof(e.value) = 'object'
        or jsonb_typeof(e.value) = 'array' and jsonb_path_exists(e.value, '$[*] ? (@.type() == "object" || @.type() == "array")')
    )
  else false end
$$;
comment on function private.are_parameters is 'At most 64 KiB of at most 100 identifiers with plain values or lists of them; portfolio and as_of are said elsewhere.';
grant execute on function private.are_parameters(jsonb) to authenticated, service_role;

create domain public.job_args as jsonb
  check (
    jsonb_typeof(value) = 'object' and octet_length(value::text) <= 131072
    and (not value ? 'report' or jsonb_typeof(value -> 'report') = 'string' and value ->> 'report' ~ '^[a-z][a-z0-9_]{0,62}$')
    and (not value ? 'parameters' or private.are_parameters(value -> 'parameters'))
  );
comment on domain public.job_args is 'What a job is to do: an object of at most 128 KiB; `report` a report''s name, `parameters` its parameters.';

create function private.are_selectors(p text[]) returns boolean
language sql immutable set search_path = '' as $$
  select p is null or coalesce(array_ndims(p) = 1, false) and cardinality(p) between 1 and 1000
    and cardinality(p) = (select count(distinct s) from unnest(p) s where s = '*' or s ~ '^(tag:)?[a-z0-9][a-z0-9_-]{0,62}$')
$$;
comment on function private.are_selectors is 'Nothing, or 1 to 1000 names of books, `tag:` with a tag, or `*` for all, each once.';
grant execute on function private.are_selectors(text[]) to authenticated, service_role;

create table public.schedules (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null references public.teams on delete cascade,
  name public.slug not null,
  cron text not null check (char_length(cron) <= 200 and cron ~ '^[0-9A-Za-z*/,#-]+( [0-9A-Za-z*/,#-]+){4}$'),
  timezone text not null check (timezone = 'UTC' or timezone ~ '^[A-Za-z_]{1,30}(/[A-Za-z0-9_+-]{1,30}){1,2}$'),
  calendar text check (calendar ~ '^[A-Z0-9_/]{1,32}$'),
  roll text not null default 'skip' check (roll in ('skip', 'previous', 'next', 'month_end')),
  as_of_rule text not null default 'session_close' check (as_of_rule in ('session_close', 'previous_close')),
  misfire text not null default 'coalesce' check (misfire in ('skip', 'coalesce', 'all')),
  misfire_cap smallint not null default 10 check (misfire_cap between 1 and 1000),
  grace_minutes integer not null default 60 check (grace_minutes between 1 and 10080),
  kind text not null default 'report' check (kind ~ '^[a-z][a-z0-9_]{0,62}$'),
  args public.job_args not null check (kind <> 'report' or args ? 'report'),
  portfolios text[] check (private.are_selectors(portfolios)),
  concurrency smallint check (concurrency between 1 and 64),
  queue public.slug not null default 'default',
  priority smallint not null default 0 check (priority between -10 and 10),
  max_attempts smallint not null default 5 check (max_attempts between 1 and 25),
  timeout_s integer not null default 900 check (timeout_s between 1 and 86400),
  enabled boolean not null default true,
  cursor_at timestamptz not null default now() check (isfinite(cursor_at)),
  revision integer not null default 1,
  edited_by uuid references auth.users on delete set null,
  edited_at timestamptz not null default now(),
  created_at timestamptz not null default now(),
  unique (team_id, name),
  unique (team_id, id)
);
create index schedules_edited_by on public.schedules (edited_by);
comment on table public.schedules is 'When a report is due, for which it needs a scheduler and a worker. Whoever edited it last is the author of its runs.';
comment on column public.schedules.cron is 'Five fields, read by the clock of `timezone`.';
comment on column public.schedules.timezone is 'IANA name.';
comment on column public.schedules.calendar is 'Exchange, ISO 10383; null: every day counts.';
comment on column public.schedules.roll is 'What becomes of a slot on a day without a session.';
comment on column public.schedules.as_of_rule is 'Which session''s close a slot is valued at.';
comment on column public.schedules.misfire is 'What becomes of slots that nobody fired in time: none, the last for all, each up to misfire_cap.';
comment on column public.schedules.grace_minutes is 'A slot no older than this has not been missed.';
comment on column public.schedules.args is 'What each job is given: the report, its parameters, for whom.';
comment on column public.schedules.portfolios is 'The team''s books it is for, a job each, as they are when a slot is fired: names, `tag:<tag>`, `*` for all. Null: one job that is of no book.';
comment on column public.schedules.concurrency is 'How many of its jobs may run at once; null: as many as the team has places.';
comment on column public.schedules.timeout_s is 'Seconds an attempt may take.';
comment on column public.schedules.cursor_at is 'The last slot that was decided, UTC; earlier ones are no longer asked for.';
comment on column public.schedules.revision is 'Counts edits: a scheduler that has read an earlier one fires nothing.';
comment on column public.schedules.edited_at is 'UTC.';
comment on column public.schedules.created_at is 'UTC.';

create function private.edit_schedule() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  begin
    perform now() at time zone new.timezone;
  exception when invalid_parameter_value then
    perform private.refuse('timezone', new.timezone, 'an IANA time zone such as America/New_York');
  end;
  new.edited_by := coalesce((select auth.uid()), new.edited_by);
  new.edited_at := now();
  if tg_op = 'UPDATE' then
    new.revision := old.revision + 1;
    -- What a changed or resumed schedule would have fired before now is no misfire: that is what backfill is for.
    if new.enabled and not old.enabled or (new.cron, new.timezone, new.calendar, new.roll, new.as_of_rule)
      is distinct from (old.cron, old.timezone, old.calendar, old.roll, old.as_of_rule) then
      new.cursor_at := greatest(old.cursor_at, now());
    end if;
  end if;
  return new;
end $$;
comment on function private.edit_schedule is 'Says who edited a schedule and lets a changed one count from now on.';
create trigger edit_schedule before insert or update of name, cron, timezone, calendar, roll, as_of_rule, misfire,
  misfire_cap, grace_minutes, kind, args, portfolios, concurrency, queue, priority, max_attempts, timeout_s, enabled
  on public.schedules for each row execute function private.edit_schedule();

create function private.audit_schedule() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_row public.schedules := case when tg_op = 'DELETE' then old else new end;
begin
  -- When a whole team goes, its schedules go without a word.
  if exists (select from public.teams t where t.id = v_row.team_id) then
    perform private.audit(v_row.team_id,
      case tg_op when 'INSERT' then 'schedule.created' when 'DELETE' then 'schedule.deleted' else 'schedule.changed' end,
      v_row.name, jsonb_build_object('schedule', v_row.id, 'revision', v_row.revision, 'cron', v_row.cron,
        'timezone', v_row.timezone, 'calendar', v_row.calendar, 'enabled', v_row.enabled, 'args', v_row.args,
        'portfolios', to_jsonb(v_row.portfolios[1:50])));
  end if;
  return null;
end $$;
comment on function private.audit_schedule is 'Notes who made, changed or removed a schedule.';
create trigger audit_schedule after insert or delete on public.schedules
  for each row execute function private.audit_schedule();
create trigger audit_schedule_change after update on public.schedules
  for each row when (new.revision <> old.revision) execute function private.audit_schedule();

alter table public.schedules enable row level security;
alter table public.schedules force row level security;
revoke all on public.schedules from public, anon, authenticated;
grant select,
  insert (team_id, name, cron, timezone, calendar, roll, as_of_rule, misfire, misfire_cap, grace_minutes, kind, args,
    portfolios, concurrency, queue, priority, max_attempts, timeout_s, enabled),
  update (name, cron, timezone, calendar, roll, as_of_rule, misfire, misfire_cap, grace_minutes, args, portfolios,
    concurrency, queue, priority, max_attempts, timeout_s, enabled),
  delete on public.schedules to authenticated;
create policy schedules_select on public.schedules for select to authenticated
  using (team_id = any (array(select private.my_teams())));
create policy schedules_insert on public.schedules for insert to authenticated
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy schedules_update on public.schedules for update to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))))
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy schedules_delete on public.schedules for delete to authenticated
  using (team_id = any (array(select private.my_teams('admin'))));
-- Pausing is an edit; removing takes a second factor, whatever the permissive policies say.
create policy schedules_delete_aal2 on public.schedules as restrictive for delete to authenticated
  using ((select private.has_aal2()));

create table public.schedule_fires (
  schedule_id uuid not null,
  fire_at timestamptz not null check (isfinite(fire_at)),
  team_id uuid not null,
  as_of date check (isfinite(as_of)),
  outcome text not null check (outcome in ('enqueued', 'skipped_holiday', 'skipped_misfire', 'coalesced')),
  jobs integer not null default 0 check (jobs >= 0 and (jobs = 0 or outcome = 'enqueued')),
  note text check (char_length(note) <= 200),
  decided_at timestamptz not null default clock_timestamp(),
  primary key (schedule_id, fire_at),
  foreign key (team_id, schedule_id) references public.schedules (team_id, id) on delete cascade
);
create index schedule_fires_schedule on public.schedule_fires (team_id, schedule_id, fire_at desc);
comment on table public.schedule_fires is 'What was decided about a slot. The primary key is why a slot fires once, however many schedulers there are.';
comment on column public.schedule_fires.fire_at is 'The slot, UTC.';
comment on column public.schedule_fires.as_of is 'Valuation date of the slot; null where nothing is due or the latest is meant.';
comment on column public.schedule_fires.jobs is 'How many jobs it made.';
comment on column public.schedule_fires.note is 'What is remarkable: the holiday, that it was backfilled, which of its books there are not.';
comment on column public.schedule_fires.decided_at is 'UTC.';

alter table public.schedule_fires enable row level security;
alter table public.schedule_fires force row level security;
revoke all on public.schedule_fires from public, anon, authenticated;
grant select on public.schedule_fires to authenticated;
create policy schedule_fires_select on public.schedule_fires for select to authenticated
  using (team_id = any (array(select private.my_teams())));
