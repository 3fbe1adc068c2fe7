-- Retention: which official runs are kept is a schedule's; those that people make for themselves go after 90 days, but not
-- the last ten of a report, book and person, nor what somebody commented on. Rows go first, files after them.
-- A file is never removed while a row names it: orphans are collected later, never the reverse.

alter table public.schedules
  add column keep_last integer check (keep_last between 1 and 100000),
  add column keep_month_ends boolean not null default true;
comment on column public.schedules.keep_last is 'So many of the latest slots'' runs are kept, for each portfolio; null: all.';
comment on column public.schedules.keep_month_ends is 'Whether the last current run of each month is kept too.';
grant insert (keep_last, keep_month_ends), update (keep_last, keep_month_ends) on public.schedules to authenticated;
create trigger edit_schedule_retention before update of keep_last, keep_month_ends
  on public.schedules for each row execute function private.edit_schedule();

-- Invoker: row-level security decides whose. Runs of a slot are kept or go together while it is one of the last; of
-- older slots only month-ends stay, the current run of each, and of a month's last day without a slot every current run,
-- whatever its parameters; what is on hold always does.
create function private.runs_to_prune() returns table (id uuid, team_id uuid)
language sql stable set search_path = '' as $$
  with kept as (
    select s.team_id, s.args ->> 'report' as report, max(s.keep_last) as keep_last, bool_or(s.keep_month_ends) as month_ends
    from public.schedules s where s.kind = 'report'
    group by s.team_id, s.args ->> 'report' having bool_and(s.keep_last is not null)
  ),
  ranked as (
    select r.id, r.team_id, r.hold, r.current, k.keep_last, k.month_ends,
      dense_rank() over (partition by r.team_id, r.portfolio_id, r.report order by r.as_of desc, r.slot desc nulls first) as place,
      rank() over (partition by r.team_id, r.portfolio_id, r.report, r.current, date_trunc('month', r.as_of::timestamp)
        order by r.as_of desc, r.slot desc nulls last) as of_month
    from public.report_runs r join kept k on k.team_id = r.team_id and k.report = r.report
    where r.official
  ),
  own as (
    select r.id, r.team_id, r.hold, r.run_at, row_number() over (
      partition by r.team_id, r.portfolio_id, r.report, r.recorded_by order by r.run_at desc, r.id) as place
    from public.report_runs r
    where not r.official
  )
  select r.id, r.team_id from ranked r
  where r.hold is null and r.place > r.keep_last and not (r.month_ends and r.current and r.of_month = 1)
  union all
  select o.id, o.team_id from own o
  where o.hold is null and o.place > 10 and o.run_at < now() - interval '90 days'
    and not exists (select from public.run_comments c where c.team_id = o.team_id and c.run_id = o.id)
$$;
comment on function private.runs_to_prune is 'Official runs that their report''s schedules no longer keep, and people''s own of more than 90 days that are not their last ten, of teams that the caller may see.';
grant execute on function private.runs_to_prune() to authenticated, service_role;

create function public.runs_to_prune(p_limit integer default 100) returns table (
  id uuid, report text, team text, portfolio text, as_of date, run_at timestamptz, slot timestamptz, current boolean,
  official boolean
)
language sql stable set search_path = '' as $$
  select r.id, r.report::text, t.slug::text, p.slug::text, r.as_of, r.run_at, r.slot, r.current, r.official
  from private.runs_to_prune() d join public.report_runs r on r.id = d.id
  join public.portfolios p on p.id = r.portfolio_id join public.teams t on t.id = r.team_id
  order by r.run_at, r.id limit least(greatest(p_limit, 0), 1000)
$$;
comment on function public.runs_to_prune is 'What retention would remove now, oldest first, of teams that the caller may see.';
grant execute on function public.runs_to_prune(integer) to authenticated;

create table private.pruned_runs (
  run_id uuid primary key,
  team_id uuid not null references public.teams on delete cascade,
  pruned_at timestamptz not null default clock_timestamp()
);
comment on table private.pruned_runs is 'Runs that retention removed: machines that still have their folders ask, for a missing row alone proves nothing.';
alter table private.pruned_runs enable row level security;
alter table private.pruned_runs force row level security;
revoke all on private.pruned_runs from public, anon, authenticated;
create index pruned_runs_team on private.pruned_runs (team_id);

create table private.collected_objects (
  team_id uuid not null references public.teams on delete cascade,
  key text not null,
  collected_at timestamptz not null,
  primary key (team_id, key)
);
comment on table private.collected_objects is 'Files of the bucket that no run named any more when they were collected; a run that wants one of them puts it there again.';
alter table private.collected_objects enable row level security;
alter table private.collected_objects force row level security;
revoke all on private.collected_objects from public, anon, authenticated;

create function private.prune_runs(p_limit integer) returns table (run_id uuid, team_id uuid)
language plpgsql security definer set search_path = '' as $$
declare
  v_team record;
begin
  for v_team in
    with doomed as (
      select d.id from private.runs_to_prune() d order by d.id limit least(greatest(p_limit, 0), 1000)
    ),
    gone as (
      -- Asked again of each row when it is locked: somebody may have put it on hold meanwhile.
      delete from public.report_runs r using doomed d where r.id = d.id and r.hold is null
      returning r.id, r.team_id
    ),
    noted as (
      insert into private.pruned_runs (run_id, team_id) select g.id, g.team_id from gone g
      on conflict on constraint pruned_runs_pkey do nothing
    )
    select g.team_id as team, array_agg(g.id order by g.id) as ids from gone g group by g.team_id order by g.team_id
  loop
    perform private.audit(v_team.team, 'runs.pruned', cardinality(v_team.ids)::text, jsonb_build_object('runs', v_team.ids));
    return query select i, v_team.team from unnest(v_team.ids) i;
  end loop;
end $$;
comment on function private.prune_runs is 'The only way in which runs go.';
grant execute on function private.prune_runs(integer) to service_role;

create function public.prune_runs(p_limit integer default 1000) returns table (run_id uuid, team_id uuid)
language sql set search_path = '' as $$
  select * from private.prune_runs(p_limit)
$$;
comment on function public.prune_runs is 'Remove runs that are no longer kept, with all that is said of them, at most 1000 at once: those that went. Service only.';

create function private.pruned_among(p_runs uuid[]) returns uuid[]
language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(g.run_id), '{}') from private.pruned_runs g where g.run_id = any (p_runs)
$$;
comment on function private.pruned_among is 'Which of these runs retention removed.';
grant execute on function private.pruned_among(uuid[]) to service_role;

create function public.pruned_among(p_runs uuid[]) returns uuid[]
language sql stable set search_path = '' as $$
  select private.pruned_among(p_runs)
$$;
comment on function public.pruned_among is 'Which of these runs retention removed: their folders may go. Service only.';

-- Files of the bucket are named <team>/<key>, and by content: one may be of many runs.
create index run_artifacts_key on public.run_artifacts (key, team_id);

create function public.unnamed_objects(p_sha256 text[]) returns text[]
language sql stable set search_path = '' as $$
  select array(
    select s from unnest(p_sha256) s where not exists (select from public.run_artifacts a where a.key = left(s, 2) || '/' || s)
  )
$$;
comment on function public.unnamed_objects is 'Which of these contents no run names. Service only.';

create function private.collect_objects(p_age interval, p_limit integer) returns text[]
language plpgsql security definer set search_path = '' as $$
declare
  v_names text[];
begin
  -- Commits of runs hold the same lock, shared: what one of them names is seen here, or it sees what is noted here.
  perform pg_advisory_xact_lock(hashtextextended('collect objects', 0));
  delete from private.collected_objects c where c.collected_at < clock_timestamp() - greatest(p_age, '1 day');
  v_names := array(
    select o.name from storage.objects o
    where o.bucket_id = 'reports' and o.updated_at < clock_timestamp() - p_age
      and o.name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/[0-9a-f]{2}/[0-9a-f]{64}$'
      and not exists (
        select from public.run_artifacts a
        where a.key = substr(o.name, 38)
          and a.team_id = (case when o.name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/' then left(o.name, 36) end)::uuid
      )
    order by o.updated_at, o.name limit least(greatest(p_limit, 0), 1000)
  );
  insert into private.collected_objects (team_id, key, collected_at)
  select t.id, substr(n, 38), clock_timestamp() from unnest(v_names) n join public.teams t on t.id = left(n, 36)::uuid
  on conflict on constraint collected_objects_pkey do update set collected_at = excluded.collected_at;
  return v_names;
end $$;
comment on function private.collect_objects is 'Notes and names files that no run names; whoever asked removes them at once.';
grant execute on function private.collect_objects(interval, integer) to service_role;

create function public.collect_objects(p_age interval default '2 days', p_limit integer default 100) returns text[]
language sql set search_path = '' as $$
  select private.collect_objects(p_age, p_limit)
$$;
comment on function public.collect_objects is 'Names of files in the bucket of reports that no run names and nobody has written for so long: to be removed within a minute. Service only.';

-- A run may name what was just collected, because its worker found it there: then it is put there again first.
create function private.check_collected() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  if private.acting_role() <> 'service_role' then
    return null;
  end if;
  perform pg_advisory_xact_lock_shared(hashtextextended('collect objects', 0));
  if exists (
    select from added a join private.collected_objects c on c.team_id = a.team_id and c.key = a.key
    where c.collected_at > clock_timestamp() - interval '1 minute'
      or not exists (select from storage.objects o where o.bucket_id = 'reports' and o.name = a.team_id || '/' || a.key)
  ) then
    raise exception using errcode = 'PT503', message = 'A file of the run has just been collected; it is put there again.';
  end if;
  return null;
end $$;
comment on function private.check_collected is 'Refuses a run of the service that names a file which is gone or about to go.';
create trigger check_collected after insert on public.run_artifacts referencing new table as added
  for each statement execute function private.check_collected();
