-- Late is what raises the alarm: one threshold for the status, its check and the mail that a report is not there.

create or replace function public.report_status(p_from timestamptz, p_until timestamptz, p_team uuid default null) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_schedules jsonb;
  v_fires jsonb;
  v_jobs jsonb;
  v_limits jsonb;
begin
  if p_from is null or p_until is null or not isfinite(p_from) or not isfinite(p_until)
    or p_until <= p_from or p_until - p_from > interval '70 days' then
    perform private.refuse('from, until', format('%s, %s', p_from, p_until), 'a range of at most 70 days');
  end if;
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', s.id, 'team', t.slug, 'name', s.name, 'report', s.args ->> 'report', 'cron', s.cron, 'timezone', s.timezone,
    'calendar', s.calendar, 'roll', s.roll, 'as_of_rule', s.as_of_rule, 'misfire', s.misfire,
    'misfire_cap', s.misfire_cap, 'grace_minutes', s.grace_minutes,
    'late_after_minutes', coalesce(s.alarm_after_minutes, s.grace_minutes), 'enabled', s.enabled, 'cursor_at', s.cursor_at,
    'books', (
      select coalesce(jsonb_agg(p.slug order by p.slug), '[]') from public.portfolios p
      where p.team_id = s.team_id and ('*' = any (s.portfolios) or p.slug = any (s.portfolios)
        or exists (select from unnest(p.tags) g where 'tag:' || g = any (s.portfolios)))
    ),
    'last_fire_at', (
      select max(f.fire_at) from public.schedule_fires f
      where f.team_id = s.team_id and f.schedule_id = s.id and f.outcome = 'enqueued'
    )
  ) order by t.slug, s.name), '[]') into v_schedules
  from public.schedules s join public.teams t on t.id = s.team_id
  where s.kind = 'report' and (p_team is null or s.team_id = p_team);

  select coalesce(jsonb_agg(jsonb_build_object(
    'schedule', f.schedule_id, 'at', f.fire_at, 'as_of', f.as_of, 'outcome', f.outcome, 'jobs', f.jobs,
    'note', coalesce(f.note, ''), 'decided_at', f.decided_at) order by f.fire_at, f.schedule_id), '[]') into v_fires
  from public.schedule_fires f
  where (p_team is null or f.team_id = p_team) and f.fire_at >= p_from and f.fire_at < p_until;

  -- Those of the range's slots, requests of the range, and whatever is not at its end.
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', j.id, 'team', t.slug, 'report', j.args ->> 'report', 'book', coalesce(p.slug, ''), 'schedule', j.schedule_id,
    'at', j.fire_at, 'as_of', j.as_of, 'state', j.state, 'attempt', j.attempt, 'max_attempts', j.max_attempts,
    'percent', j.percent, 'cell', j.cell, 'created_at', j.created_at, 'started_at', j.started_at,
    'finished_at', j.finished_at, 'error', j.errors -> -1, 'run', j.run_id, 'run_as_of', r.as_of, 'verdict', r.verdict)
    order by j.created_at, j.id), '[]') into v_jobs
  from public.calculation_jobs j
  join public.teams t on t.id = j.team_id
  left join public.portfolios p on p.team_id = j.team_id and p.id = j.portfolio_id
  left join public.report_runs r on r.team_id = j.team_id and r.id = j.run_id
  where j.kind = 'report' and (p_team is null or j.team_id = p_team) and (
    j.fire_at >= p_from and j.fire_at < p_until
    or j.schedule_id is null and j.created_at >= p_from and j.created_at < p_until
    or j.state in ('queued', 'running')
  );

  -- What the latest official run of each report and book in the range says of its limits.
  select coalesce(jsonb_agg(jsonb_build_object(
    'report', l.report, 'team', l.team, 'book', l.book, 'as_of', l.as_of, 'run', l.id, 'of', g ->> 'of',
    'verdict', g ->> 'verdict', 'figure', g -> 'figure', 'soft', g -> 'soft', 'hard', g -> 'hard', 'unit', g ->> 'unit',
    'utilisation', g -> 'utilisation', 'sentence', g ->> 'sentence')
    order by (g ->> 'utilisation')::numeric desc nulls last, l.team, l.book, l.report, g ->> 'of'), '[]') into v_limits
  from (
    select distinct on (r.team_id, r.portfolio_id, r.report) r.id, r.report, t.slug as team, p.slug as book, r.as_of, r.gates
    from public.calculation_jobs j
    join public.report_runs r on r.team_id = j.team_id and r.id = j.run_id
    join public.teams t on t.id = r.team_id
    join public.portfolios p on p.team_id = r.team_id and p.id = r.portfolio_id
    where (p_team is null or j.team_id = p_team) and j.fire_at >= p_from and j.fire_at < p_until and r.gates is not null
    order by r.team_id, r.portfolio_id, r.report, r.as_of desc, r.run_at desc
  ) l
  cross join lateral (
    select one.value as g from jsonb_array_elements(l.gates) one
    where one.value ->> 'gate' = 'limits' and jsonb_typeof(one.value -> 'figure') = 'number'
  ) g;
  return jsonb_build_object('now', now(), 'from', p_from, 'until', p_until, 'schedules', v_schedules, 'fires', v_fires,
    'jobs', v_jobs, 'limits', v_limits);
end $$;
