-- Recording a run: run, metrics and artifacts in one transaction; saying it twice changes nothing. Parameters that its
-- caller set against the report's file are on record in the audit log.

create function private.write_run(p_run jsonb, p_metrics jsonb, p_artifacts jsonb) returns uuid
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
    packages, seed, author, recorded_by
  ) values (
    v_run.id, v_run.team_id, v_run.portfolio_id, v_run.report, v_run.notebook, v_run.as_of, v_run.run_at,
    coalesce(v_run.official, false), coalesce(v_run.status, 'succeeded'), v_run.parameters,
    coalesce(v_run.overrides, '{}'), v_run.inputs, v_run.code, v_run.packages, v_run.seed, v_run.author,
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
comment on function private.write_run is 'The only writer of the run tables; checks the caller''s role by itself.';
grant execute on function private.write_run(jsonb, jsonb, jsonb) to authenticated, service_role;

create function public.record_run(p_run jsonb, p_metrics jsonb, p_artifacts jsonb) returns uuid
language sql set search_path = '' as $$
  select private.write_run(p_run, p_metrics, p_artifacts)
$$;
comment on function public.record_run is 'Record a finished run with its metrics and artifacts, whole or not at all; the same id again is a no-op. Analyst and up, unofficial runs only.';
grant execute on function public.record_run(jsonb, jsonb, jsonb) to authenticated;
