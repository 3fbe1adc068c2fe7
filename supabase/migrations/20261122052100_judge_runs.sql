-- A run keeps what its gates found, and the worst of it is its verdict. What it is judged against is read in one request.

alter table public.report_runs
  add column gates jsonb
    check (jsonb_typeof(gates) = 'array' and jsonb_array_length(gates) <= 10000 and pg_column_size(gates) <= 4194304),
  -- Generated, so that no verdict can be milder than its findings.
  add column verdict text generated always as (case
    when gates @> '[{"verdict": "BLOCK"}]' then 'BLOCK'
    when gates @> '[{"verdict": "WARN"}]' then 'WARN'
    when gates is not null then 'PASS' end) stored
    check (verdict in ('PASS', 'WARN', 'BLOCK')),
  -- A generated expression cannot tell a misspelt verdict from a PASS: the check does.
  add constraint report_runs_gates_have_verdicts check (
    jsonb_array_length(gates) = jsonb_array_length(jsonb_path_query_array(gates,
      '$[*] ? (@.verdict == "PASS" || @.verdict == "WARN" || @.verdict == "BLOCK")'))
  ),
  add constraint report_runs_gates_are_visible check (gates is null or gates::public.visible_document is not null);
create index report_runs_official on public.report_runs (team_id, portfolio_id, report, as_of desc, run_at desc)
  where official;
comment on column public.report_runs.gates is 'What each gate found: a list of {gate, verdict, sentence, figure, limit, utilisation}; null: it was not judged.';
comment on column public.report_runs.verdict is 'PASS, WARN or BLOCK, the worst of its gates; null: it was not judged. A blocked run is for its owner only.';

create or replace function private.write_run(p_run jsonb, p_metrics jsonb, p_artifacts jsonb) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_run public.report_runs := jsonb_populate_record(null::public.report_runs, p_run);
  v_known public.report_runs;
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
  insert into public.report_runs (
    id, team_id, portfolio_id, report, notebook, as_of, run_at, official, status, parameters, overrides, inputs, code,
    packages, seed, gates, author, recorded_by
  ) values (
    v_run.id, v_run.team_id, v_run.portfolio_id, v_run.report, v_run.notebook, v_run.as_of, v_run.run_at,
    coalesce(v_run.official, false), coalesce(v_run.status, 'succeeded'), v_run.parameters,
    coalesce(v_run.overrides, '{}'), v_run.inputs, v_run.code, v_run.packages, v_run.seed, v_run.gates, v_run.author,
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
  metrics jsonb, verdict text
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
      ), '[]'), f.verdict
    from found f join public.portfolios p on p.id = f.portfolio_id join public.teams t on t.id = f.team_id
    order by f.run_at desc, f.id;
end $$;
comment on function public.search_runs is 'Runs that the caller may see, newest first, with their headline figures. where: [{"metric", "op", "value"}], all of which a run must keep.';
grant execute on function public.search_runs(text, uuid, date, date, boolean, jsonb, integer) to authenticated;

-- Everything a reader is told of a run, its verdict too. A run that was not judged keeps the hash it had.
create or replace function public.run_hash(p_run uuid) returns text
language sql stable set search_path = '' as $$
  select encode(sha256(convert_to((jsonb_build_array(
    r.id, r.team_id, r.portfolio_id, r.report, r.notebook, r.as_of, extract(epoch from r.run_at), r.official, r.status,
    r.parameters, r.overrides, r.inputs, r.code, r.packages, r.seed,
    (select jsonb_agg(jsonb_build_array(m.name, m.value, m.unit, m.labels) order by m.ordinal) from public.run_metrics m
      where m.run_id = r.id and m.team_id = r.team_id),
    (select jsonb_agg(jsonb_build_array(a.name, a.media_type, a.sha256, a.size) order by a.name collate "C") from public.run_artifacts a
      where a.run_id = r.id and a.team_id = r.team_id)
  ) || case when r.gates is null then '[]' else jsonb_build_array(r.gates) end)::text, 'UTF8')), 'hex')
  from public.report_runs r where r.id = p_run
$$;
comment on function public.run_hash is 'sha256 of a run with its parameters, inputs, metrics, artifacts'' hashes and what its gates found; null if there is no such run to see.';

-- Invoker: row-level security decides. Only official runs count: a person can record any figure as their own.
create function public.gate_facts(p_portfolio uuid, p_report text, p_as_of date, p_parameters jsonb) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_team uuid;
begin
  select p.team_id into v_team from public.portfolios p where p.id = p_portfolio;
  if not found then
    perform private.refuse('portfolio', p_portfolio::text, 'a portfolio that you may see');
  end if;
  if p_as_of is null or not isfinite(p_as_of) then
    perform private.refuse('as_of', p_as_of::text, 'a day');
  end if;
  if coalesce(jsonb_typeof(p_parameters), 'null') <> 'object' then
    perform private.refuse('parameters', left(p_parameters::text, 200), 'an object');
  end if;
  return jsonb_build_object(
    'limits', coalesce((
      select jsonb_agg(jsonb_build_object('metric', l.metric, 'unit', l.unit, 'soft', l.soft, 'hard', l.hard,
        'scope', l.scope, 'scope_value', l.scope_value, 'basis', l.basis)
        order by l.metric collate "C", l.scope, l.scope_value collate "C", l.basis, l.valid_from, l.id)
      from public.limits l
      where l.team_id = v_team and l.portfolio_id = p_portfolio
        and l.valid_from <= p_as_of and (l.valid_to is null or l.valid_to > p_as_of)
    ), '[]'),
    'previous', (
      select jsonb_build_object('run', r.id, 'as_of', r.as_of, 'metrics', coalesce((
        select jsonb_agg(jsonb_build_object('name', m.name, 'value', m.value, 'unit', m.unit, 'labels', m.labels)
          order by m.ordinal)
        from public.run_metrics m where m.team_id = v_team and m.run_id = r.id), '[]'))
      from public.report_runs r
      where r.team_id = v_team and r.portfolio_id = p_portfolio and r.report = p_report and r.official
        and r.status = 'succeeded' and r.as_of < p_as_of and r.parameters @> (p_parameters - 'as_of')
      order by r.as_of desc, r.run_at desc, r.id limit 1
    ),
    'backtest', (
      select jsonb_build_object('run', r.id, 'as_of', r.as_of, 'zone', m.value)
      from public.report_runs r
      join public.run_metrics m on m.team_id = v_team and m.run_id = r.id and m.name = 'zone' and m.labels = '{}'
      where r.team_id = v_team and r.portfolio_id = p_portfolio and r.notebook = 'var_backtest' and r.official
        and r.status = 'succeeded' and r.as_of <= p_as_of
      order by r.as_of desc, r.run_at desc, r.id limit 1
    )
  );
end $$;
comment on function public.gate_facts is 'What a run of this report, book and day is judged against: limits in force, the last official run of an earlier day with these parameters and its metrics, and the zone (0 green, 1 yellow, 2 red) of the last official backtest.';
grant execute on function public.gate_facts(uuid, text, date, jsonb) to authenticated, service_role;
