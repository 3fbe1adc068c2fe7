-- What a person asks for has no slot: its place is the report, the portfolio, the valuation date and the parameters. A
-- request with other parameters stands beside; it answers another question.

drop index public.report_runs_current_day;
create unique index report_runs_current_request on public.report_runs
  (team_id, portfolio_id, report, as_of, md5((parameters - 'portfolio' - 'as_of')::text))
  where official and current and slot is null;

create function private.step_back(p_run public.report_runs) returns uuid
language plpgsql set search_path = '' as $$
declare
  v_before uuid;
  v_named uuid;
begin
  -- Commits of one place wait for each other: otherwise two of them would both be its current run.
  perform pg_advisory_xact_lock(hashtextextended(format('current run %s %s %s %s', p_run.team_id, p_run.portfolio_id,
    p_run.report, coalesce(extract(epoch from p_run.slot)::text, p_run.as_of::text)), 0));
  if exists (select from public.report_runs known where known.id = p_run.id) then
    return null;
  end if;
  update public.report_runs r set current = false
  where r.team_id = p_run.team_id and r.portfolio_id = p_run.portfolio_id and r.report = p_run.report
    and r.official and r.current and r.slot is not distinct from p_run.slot
    and (r.slot is not null or r.as_of = p_run.as_of
      and (r.parameters - 'portfolio' - 'as_of') = (p_run.parameters - 'portfolio' - 'as_of'))
  returning r.id into v_before;
  -- Made again by a newer notebook it may have a parameter more: what it was to supersede steps back all the same.
  update public.report_runs r set current = false
  where r.id = p_run.supersedes and r.team_id = p_run.team_id and r.portfolio_id = p_run.portfolio_id
    and r.report = p_run.report and r.official and r.current
  returning r.id into v_named;
  return coalesce(v_named, v_before);
end $$;
comment on function private.step_back is 'What is current in a run''s place is so no longer: its id, if there was any. For private.write_run.';

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
    v_before := private.step_back(v_run);
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
