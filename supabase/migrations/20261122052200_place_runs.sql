-- A run's place: the slot it was made for, the attempt that made it, the run it supersedes, and why. Of the official runs
-- of a report, a portfolio and a slot (where there is none: a valuation date) exactly one is current.

alter table public.report_runs
  add column schedule_id uuid,
  add column slot timestamptz check (slot between '1970-01-01 00:00Z' and '9999-12-30 00:00Z'),
  add column attempt smallint check (attempt >= 1),
  add column failures jsonb not null default '[]'
    check (jsonb_typeof(failures) = 'array' and octet_length(failures::text) <= 524288),
  add column supersedes uuid,
  add column reason public.long_text not null default '',
  add column current boolean not null default true,
  add column hold public.long_text check (btrim(hold, E' \t\n') <> ''),
  add constraint report_runs_supersedes_with_a_reason check ((supersedes is null) = (reason = '')),
  add foreign key (team_id, schedule_id) references public.schedules (team_id, id) on delete set null (schedule_id);
create index report_runs_schedule on public.report_runs (team_id, schedule_id) where schedule_id is not null;
-- Those there were before: the latest of each day is the current one.
update public.report_runs r set current = false
where r.official and exists (
  select from public.report_runs o
  where (o.team_id, o.portfolio_id, o.report, o.as_of) = (r.team_id, r.portfolio_id, r.report, r.as_of) and o.official
    and (o.run_at, o.id) > (r.run_at, r.id)
);
create unique index report_runs_current_slot on public.report_runs (team_id, portfolio_id, report, slot)
  where official and current and slot is not null;
create unique index report_runs_current_day on public.report_runs (team_id, portfolio_id, report, as_of)
  where official and current and slot is null;
comment on column public.report_runs.schedule_id is 'The schedule it was made for; null: for none, or for one that is gone.';
comment on column public.report_runs.slot is 'The schedule''s slot it was made for, UTC; kept by every rerun.';
comment on column public.report_runs.attempt is 'Which attempt of its job made it; null: it is of no job.';
comment on column public.report_runs.failures is 'What went wrong in earlier attempts, an object an attempt: type, message, cell, attempt, at.';
comment on column public.report_runs.supersedes is 'The run whose place it took; retention may have removed that one since.';
comment on column public.report_runs.reason is 'Why it took the other''s place.';
comment on column public.report_runs.current is 'False once another official run has taken its place.';
comment on column public.report_runs.hold is 'Why retention must never remove it; null: it may.';

-- What is on record does not change, whoever asks. References to rows that have gone are emptied, a current run is
-- superseded once, and a hold is set and released.
create function private.fix_run() returns trigger
language plpgsql set search_path = '' as $$
declare
  -- A generated column is not computed yet.
  v_free constant text[] := '{current,hold,author,recorded_by,schedule_id,verdict}';
begin
  if (to_jsonb(new) - v_free) is distinct from (to_jsonb(old) - v_free)
    or new.current and not old.current
    or new.author is not null and new.author is distinct from old.author
    or new.recorded_by is not null and new.recorded_by is distinct from old.recorded_by
    or new.schedule_id is not null and new.schedule_id is distinct from old.schedule_id then
    raise exception using errcode = 'RK011', message = 'The record of a run does not change.';
  end if;
  return new;
end $$;
comment on function private.fix_run is 'Refuses every change of a run but that it is superseded, held or released.';
create trigger fixed_run before update on public.report_runs for each row execute function private.fix_run();

create function private.fix_run_part() returns trigger
language plpgsql set search_path = '' as $$
begin
  raise exception using errcode = 'RK011', message = 'The record of a run does not change.';
end $$;
comment on function private.fix_run_part is 'Refuses every change of a run''s metrics and artifacts.';
create trigger fixed_metric before update on public.run_metrics for each row execute function private.fix_run_part();
create trigger fixed_artifact before update on public.run_artifacts for each row execute function private.fix_run_part();

create function private.keep_held_run() returns trigger
language plpgsql set search_path = '' as $$
begin
  if old.hold is not null then
    raise exception using errcode = 'RK012', message = 'A run on hold is not removed.';
  end if;
  return old;
end $$;
comment on function private.keep_held_run is 'Refuses to remove a run that is on hold, whoever asks.';
create trigger held_run before delete on public.report_runs for each row execute function private.keep_held_run();
-- Always: `session_replication_role = replica` does not switch them off.
alter table public.report_runs enable always trigger fixed_run;
alter table public.report_runs enable always trigger held_run;
alter table public.run_metrics enable always trigger fixed_metric;
alter table public.run_artifacts enable always trigger fixed_artifact;

create or replace function private.write_run(p_run jsonb, p_metrics jsonb, p_artifacts jsonb) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_run public.report_runs := jsonb_populate_record(null::public.report_runs, p_run);
  v_known public.report_runs;
  v_before uuid;
begin
  -- `role` is what the request runs as; inside a definer function current_user no longer says it.
  if current_setting('role') <> 'service_role' then
    if v_run.team_id is null or v_run.team_id <> all (array(select private.my_teams('analyst'))) then
      raise exception using errcode = '42501', message = 'Recording a run takes the role analyst in the portfolio''s team.';
    end if;
    if coalesce(v_run.official, false) then
      raise exception using errcode = '42501', message = 'Only the service records official runs.';
    end if;
    v_run.author := (select auth.uid());
    v_run.schedule_id := null;
    v_run.slot := null;
    v_run.attempt := null;
    v_run.failures := null;
    v_run.supersedes := null;
    v_run.reason := null;
  end if;
  if v_run.id is null then
    perform private.refuse('id', null, 'the run''s uuid');
  end if;
  if coalesce(jsonb_typeof(p_metrics), 'null') <> 'array' or coalesce(jsonb_typeof(p_artifacts), 'null') <> 'array' then
    perform private.refuse('metrics, artifacts', null, 'two lists, empty where there is nothing');
  end if;
  if jsonb_array_length(p_metrics) > 100000 or jsonb_array_length(p_artifacts) > 1000 then
    perform private.refuse('metrics, artifacts', format('%s, %s', jsonb_array_length(p_metrics), jsonb_array_length(p_artifacts)),
      'at most 100000 metrics and 1000 artifacts');
  end if;
  if coalesce(v_run.official, false) then
    -- Commits of one slot wait for each other: otherwise two of them would both be its current run.
    perform pg_advisory_xact_lock(hashtextextended(format('current run %s %s %s %s', v_run.team_id, v_run.portfolio_id,
      v_run.report, coalesce(extract(epoch from v_run.slot)::text, v_run.as_of::text)), 0));
    update public.report_runs r set current = false
    where r.team_id = v_run.team_id and r.portfolio_id = v_run.portfolio_id and r.report = v_run.report
      and r.official and r.current and r.slot is not distinct from v_run.slot
      and (r.slot is not null or r.as_of = v_run.as_of)
      and not exists (select from public.report_runs known where known.id = v_run.id)
    returning r.id into v_before;
    v_run.supersedes := coalesce(v_before, v_run.supersedes);
  end if;
  insert into public.report_runs (
    id, team_id, portfolio_id, report, notebook, as_of, run_at, official, status, parameters, overrides, inputs, code,
    packages, seed, gates, schedule_id, slot, attempt, failures, supersedes, reason, author, recorded_by
  ) values (
    v_run.id, v_run.team_id, v_run.portfolio_id, v_run.report, v_run.notebook, v_run.as_of, v_run.run_at,
    coalesce(v_run.official, false), coalesce(v_run.status, 'succeeded'), v_run.parameters,
    coalesce(v_run.overrides, '{}'), v_run.inputs, v_run.code, v_run.packages, v_run.seed, v_run.gates,
    v_run.schedule_id, v_run.slot, v_run.attempt, coalesce(v_run.failures, '[]'), v_run.supersedes,
    case when v_run.supersedes is null then '' else coalesce(nullif(v_run.reason, ''), 'made again') end, v_run.author,
    (select auth.uid())
  ) on conflict (id) do nothing;
  if not found then
    select * into v_known from public.report_runs r where r.id = v_run.id;
    if (v_known.team_id, v_known.portfolio_id, v_known.report, v_known.as_of, v_known.inputs)
      is distinct from (v_run.team_id, v_run.portfolio_id, v_run.report, v_run.as_of, v_run.inputs) then
      raise exception using errcode = 'PT409', message = 'Another run has this id.';
    end if;
    return v_run.id;
  end if;
  insert into public.run_metrics (team_id, run_id, ordinal, name, value, unit, labels)
  select v_run.team_id, v_run.id, m.ordinality - 1, m.row ->> 'name', (m.row ->> 'value')::numeric, m.row ->> 'unit',
    coalesce(m.row -> 'labels', '{}')
  from jsonb_array_elements(p_metrics) with ordinality m(row, ordinality);
  insert into public.run_artifacts (team_id, run_id, name, media_type, sha256, size, key)
  select v_run.team_id, v_run.id, a.name, a.media_type, a.sha256, a.size, a.key
  from jsonb_to_recordset(p_artifacts) a(name text, media_type text, sha256 text, size bigint, key text);
  if coalesce(v_run.overrides, '{}') <> '{}' then
    perform private.append_audit(v_run.team_id, v_run.author, 'run.parameters_overridden', v_run.id::text,
      jsonb_build_object('report', v_run.report, 'portfolio_id', v_run.portfolio_id, 'overrides', v_run.overrides));
  end if;
  return v_run.id;
end $$;

-- The job and all that it made become visible together, and what the run supersedes steps back in the same moment.
create or replace function public.complete_job(
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
    -- The same holds of what the run is for: its slot, the attempt, and the run that it is to take the place of.
    v_run := private.write_run(p_run || jsonb_build_object(
      'author', v_job.created_by, 'schedule_id', v_job.schedule_id,
      'slot', coalesce(v_job.fire_at, (v_job.args ->> 'slot')::timestamptz), 'attempt', v_job.attempt,
      'failures', v_job.errors, 'supersedes', v_job.args ->> 'supersedes', 'reason', v_job.args ->> 'reason'
    ), p_metrics, p_artifacts);
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

drop function public.search_runs(text, uuid, date, date, boolean, jsonb, integer);
-- Invoker: row-level security decides which runs there are.
create function public.search_runs(
  p_report text default null,
  p_portfolio uuid default null,
  p_from date default null,
  p_until date default null,
  p_official boolean default null,
  p_where jsonb default '[]',
  p_limit integer default 20
) returns table (
  id uuid, report text, team text, portfolio text, as_of date, run_at timestamptz, official boolean, status text,
  metrics jsonb, verdict text, slot timestamptz, current boolean, hold text
)
language plpgsql stable set search_path = '' as $$
declare
  v_names text[];
  v_name text;
begin
  if coalesce(jsonb_typeof(p_where), 'null') <> 'array' or jsonb_array_length(p_where) > 10
    or exists (select from jsonb_array_elements(p_where) w where jsonb_typeof(w.value) <> 'object'
      or coalesce(jsonb_typeof(w.value -> 'metric'), '') <> 'string'
      or coalesce(jsonb_typeof(w.value -> 'value'), '') <> 'number'
      or coalesce(w.value ->> 'op', '') not in ('>', '>=', '<', '<=', '=', '!='))
  then
    perform private.refuse('where', left(p_where::text, 200), 'at most 10 conditions {metric, op, value}');
  end if;
  if p_limit is null or p_limit not between 1 and 1000 then
    perform private.refuse('limit', p_limit::text, 'a number from 1 to 1000');
  end if;
  v_names := array(select w.value ->> 'metric' from jsonb_array_elements(p_where) w);
  foreach v_name in array v_names loop
    if not exists (select from public.run_metrics m where m.labels = '{}' and m.name = v_name) then
      perform private.refuse('where', left(v_name, 200), coalesce('one of ' || (
        select string_agg(known.name, ', ' order by known.name) from (
          select distinct m.name from public.run_metrics m where m.labels = '{}' order by 1 limit 60) known
      ), 'a metric; no run has any yet'));
    end if;
  end loop;
  return query
    with found as (
      select r.* from public.report_runs r
      where (p_report is null or r.report = p_report)
        and (p_portfolio is null or r.portfolio_id = p_portfolio)
        and (p_from is null or r.as_of >= p_from)
        and (p_until is null or r.as_of <= p_until)
        and (p_official is null or r.official = p_official)
        and (v_names = '{}' or r.id in (
          select m.run_id
          from public.run_metrics m
          join jsonb_to_recordset(p_where) w(metric text, op text, value numeric) on w.metric = m.name
          where m.labels = '{}' and m.name = any (v_names)
            and case w.op when '>' then m.value > w.value when '>=' then m.value >= w.value
              when '<' then m.value < w.value when '<=' then m.value <= w.value
              when '=' then m.value = w.value else m.value <> w.value end
          group by m.run_id
          having count(*) = cardinality(v_names)
        ))
      order by r.run_at desc, r.id
      limit p_limit
    )
    select f.id, f.report::text, t.slug::text, p.slug::text, f.as_of, f.run_at, f.official, f.status,
      coalesce((
        select jsonb_agg(jsonb_build_object('name', m.name, 'value', m.value, 'unit', m.unit) order by m.ordinal)
        from public.run_metrics m where m.run_id = f.id and m.labels = '{}'
      ), '[]'), f.verdict, f.slot, f.current, f.hold::text
    from found f join public.portfolios p on p.id = f.portfolio_id join public.teams t on t.id = f.team_id
    order by f.run_at desc, f.id;
end $$;
comment on function public.search_runs is 'Runs that the caller may see, newest first, with their headline figures. where: [{"metric", "op", "value"}], all of which a run must keep.';
grant execute on function public.search_runs(text, uuid, date, date, boolean, jsonb, integer) to authenticated;
