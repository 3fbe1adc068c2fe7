-- The first page in one request: whose portfolios, what their latest official runs say, what is under way.

-- The latest official runs of a book, whatever their report.
create index report_runs_latest on public.report_runs (team_id, portfolio_id, as_of desc, run_at desc)
  where official and current;

-- Invoker: row-level security decides whose.
create function public.home() returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object(
    'now', now(),
    'roles', (
      select coalesce(jsonb_agg(jsonb_build_object('team', t.slug, 'name', t.name, 'role', m.role) order by t.slug), '[]')
      from public.memberships m join public.teams t on t.id = m.team_id
      where m.user_id = (select auth.uid())
    ),
    'portfolios', (
      select coalesce(jsonb_agg(jsonb_build_object(
        'team', t.slug, 'slug', p.slug, 'title', p.title, 'currency', p.base_currency,
        'last', case when l.id is not null then jsonb_build_object(
          'id', l.id, 'report', l.report, 'as_of', l.as_of, 'run_at', l.run_at, 'status', l.status, 'verdict', l.verdict,
          'page', exists (select from public.run_artifacts a where a.team_id = l.team_id and a.run_id = l.id
            and a.name = 'report.html')) end,
        'var', case when v.id is not null then jsonb_build_object(
          'id', v.id, 'report', v.report, 'as_of', v.as_of, 'figures', vf.figures, 'use', u.worst,
          'confidence_level', v.parameters -> 'confidence_level', 'horizon_days', v.parameters -> 'horizon_days') end,
        'before', case when b.id is not null then jsonb_build_object(
          'as_of', b.as_of, 'figures', bf.figures,
          'same', (v.parameters - '{as_of,portfolio}'::text[]) = (b.parameters - '{as_of,portfolio}'::text[])) end
      ) order by t.slug, p.title, p.slug), '[]')
      from public.portfolios p
      join public.teams t on t.id = p.team_id
      left join lateral (
        select r.id, r.team_id, r.report, r.as_of, r.run_at, r.status, r.verdict from public.report_runs r
        where r.team_id = p.team_id and r.portfolio_id = p.id and r.official and r.current
        order by r.as_of desc, r.run_at desc limit 1
      ) l on true
      -- The latest that has a value at risk, among as many as a week of reports may be.
      left join lateral (
        select r.id, r.team_id, r.report, r.as_of, r.gates, r.parameters
        from (
          select o.id, o.team_id, o.report, o.as_of, o.run_at, o.gates, o.parameters from public.report_runs o
          where o.team_id = p.team_id and o.portfolio_id = p.id and o.official and o.current
          order by o.as_of desc, o.run_at desc limit 40
        ) r
        where exists (select from public.run_metrics m where m.run_id = r.id and m.name = 'var' and m.labels = '{}')
          and exists (select from public.run_metrics m where m.run_id = r.id and m.name = 'value' and m.labels = '{}')
        order by r.as_of desc, r.run_at desc limit 1
      ) v on true
      left join lateral (
        select r.id, r.as_of, r.parameters from public.report_runs r
        where r.team_id = p.team_id and r.portfolio_id = p.id and r.report = v.report and r.official and r.current
          and r.as_of < v.as_of
        order by r.as_of desc, r.run_at desc limit 1
      ) b on true
      left join lateral (
        select jsonb_object_agg(m.name, jsonb_build_object('value', m.value, 'unit', m.unit)) as figures
        from public.run_metrics m where m.run_id = v.id and m.labels = '{}' and m.name in ('var', 'value')
      ) vf on true
      left join lateral (
        select jsonb_object_agg(m.name, jsonb_build_object('value', m.value, 'unit', m.unit)) as figures
        from public.run_metrics m where m.run_id = b.id and m.labels = '{}' and m.name in ('var', 'value')
      ) bf on true
      left join lateral (
        select jsonb_build_object('of', g ->> 'of', 'verdict', g ->> 'verdict', 'utilisation', g -> 'utilisation',
          'sentence', g ->> 'sentence') as worst
        from jsonb_array_elements(v.gates) g
        where g ->> 'gate' = 'limits'
        order by g ->> 'verdict' = 'BLOCK' desc, g ->> 'verdict' = 'WARN' desc,
          case when jsonb_typeof(g -> 'utilisation') = 'number' then (g ->> 'utilisation')::numeric end desc nulls last
        limit 1
      ) u on true
    ),
    'jobs', (
      select coalesce(jsonb_agg(to_jsonb(j) order by j.state desc, j.created_at, j.id), '[]')
      from (
        select c.id, c.args ->> 'report' as report, t.slug as team, p.slug as portfolio, c.as_of, c.state, c.percent,
          c.attempt, c.created_at
        from public.calculation_jobs c
        join public.teams t on t.id = c.team_id
        left join public.portfolios p on p.team_id = c.team_id and p.id = c.portfolio_id
        where c.kind = 'report' and c.state in ('queued', 'running')
        order by c.state desc, c.created_at, c.id limit 100
      ) j
    ),
    'reports', (
      select coalesce(jsonb_agg(to_jsonb(n) order by n.run_at desc, n.id), '[]')
      from (
        select r.id, r.report, t.slug as team, p.slug as portfolio, r.as_of, r.run_at, r.verdict
        from public.report_runs r
        join public.teams t on t.id = r.team_id
        join public.portfolios p on p.team_id = r.team_id and p.id = r.portfolio_id
        where r.official and r.current
        order by r.run_at desc, r.id limit 20
      ) n
    )
  )
$$;
comment on function public.home is 'What the first page shows: the caller''s teams and roles; each portfolio with its latest official run, the latest that has a value at risk, the one before, and the most used of its limits; reports queued or running; the newest reports. Viewer and up.';
grant execute on function public.home() to authenticated;
