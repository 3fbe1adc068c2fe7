-- What people may do with a run: have it made again after a mend of its data, keep it for good, let it go.

create function private.run_to_change(p_run uuid, p_role public.team_role) returns public.report_runs
language plpgsql security definer set search_path = '' as $$
declare
  v_run public.report_runs;
begin
  select * into v_run from public.report_runs r
  where r.id = p_run and r.team_id = any (array(select private.my_teams())) for no key update;
  if not found then
    perform private.refuse('run', p_run::text, 'the id of a run that you may see');
  end if;
  if v_run.team_id <> all (array(select private.my_teams(p_role))) then
    raise exception using errcode = '42501', message = format('This takes the role %s in the run''s team.', p_role);
  end if;
  return v_run;
end $$;
comment on function private.run_to_change is 'The run, locked, if the caller has this role in its team.';

create function private.said_reason(p_reason text, p_expected text) returns text
language plpgsql set search_path = '' as $$
declare
  v_reason text := btrim(coalesce(p_reason, ''), E' \t\n');
begin
  if char_length(v_reason) not between 1 and 1000
    or v_reason ~ '[\u0001-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]' then
    perform private.refuse('reason', p_reason, p_expected || ', in 1 to 1000 visible characters');
  end if;
  return v_reason;
end $$;
comment on function private.said_reason is 'A reason without blanks around it; refused where there is none.';

create function private.rerun_run(p_run uuid, p_reason text) returns uuid
language plpgsql security definer set search_path = '' as $$
declare
  v_run public.report_runs := private.run_to_change(p_run, 'analyst');
  v_reason text := private.said_reason(p_reason, 'why the run is made again');
  v_job public.calculation_jobs;
  v_known uuid;
begin
  if not v_run.official then
    perform private.refuse('run', p_run::text, 'an official run: a person''s own is made again by `riskkit report`');
  end if;
  if not v_run.current then
    perform private.refuse('run', p_run::text, 'the current run of its slot; this one was superseded by ' || coalesce((
      select r.id::text from public.report_runs r where r.team_id = v_run.team_id and r.supersedes = p_run limit 1), 'another'));
  end if;
  -- One at a time: the same again, while it waits or runs, is the same job.
  select j.id into v_known from public.calculation_jobs j
  where j.team_id = v_run.team_id and j.portfolio_id = v_run.portfolio_id and j.args ->> 'supersedes' = p_run::text
    and j.finished_at is null;
  if found then
    return v_known;
  end if;
  select j.queue, j.max_attempts, j.timeout_s into v_job.queue, v_job.max_attempts, v_job.timeout_s
  from public.calculation_jobs j where j.team_id = v_run.team_id and j.run_id = p_run;
  v_job.team_id := v_run.team_id;
  v_job.kind := 'report';
  v_job.portfolio_id := v_run.portfolio_id;
  v_job.as_of := v_run.as_of;
  v_job.priority := 10;
  v_job.created_by := (select auth.uid());
  -- With the parameters of then: only the data are others.
  v_job.args := jsonb_strip_nulls(jsonb_build_object('report', v_run.report, 'supersedes', p_run, 'reason', v_reason,
    'slot', v_run.slot)) || jsonb_build_object('parameters', v_run.parameters - 'portfolio' - 'as_of');
  select f.schedule_id, f.fire_at into v_job.schedule_id, v_job.fire_at
  from public.schedule_fires f where f.schedule_id = v_run.schedule_id and f.fire_at = v_run.slot;
  v_known := private.add_job(v_job);
  perform private.audit(v_run.team_id, 'run.rerun_requested', p_run::text,
    jsonb_build_object('job', v_known, 'report', v_run.report, 'as_of', v_run.as_of, 'slot', v_run.slot, 'reason', v_reason));
  return v_known;
end $$;
comment on function private.rerun_run is 'Checks the caller''s role, the run and the reason by itself.';
grant execute on function private.rerun_run(uuid, text) to authenticated;

create function public.rerun_run(p_run uuid, p_reason text) returns uuid
language sql set search_path = '' as $$
  select private.rerun_run(p_run, p_reason)
$$;
comment on function public.rerun_run is 'Queue a current official run again, for its slot and valuation date and with its parameters; the new run supersedes it for this reason. Analyst and up.';
revoke execute on function public.rerun_run(uuid, text) from service_role;
grant execute on function public.rerun_run(uuid, text) to authenticated;

create function private.hold_run(p_run uuid, p_reason text) returns void
language plpgsql security definer set search_path = '' as $$
declare
  v_run public.report_runs := private.run_to_change(p_run, 'analyst');
  v_reason text := private.said_reason(p_reason, 'why the run must be kept');
begin
  update public.report_runs r set hold = v_reason where r.id = p_run;
  perform private.audit(v_run.team_id, 'run.held', p_run::text, jsonb_build_object('report', v_run.report, 'reason', v_reason));
end $$;
comment on function private.hold_run is 'Checks the caller''s role and the reason by itself.';
grant execute on function private.hold_run(uuid, text) to authenticated;

create function public.hold_run(p_run uuid, p_reason text) returns void
language sql set search_path = '' as $$
  select private.hold_run(p_run, p_reason)
$$;
comment on function public.hold_run is 'Keep a run whatever retention says, until it is released; again: for another reason. Analyst and up.';
revoke execute on function public.hold_run(uuid, text) from service_role;
grant execute on function public.hold_run(uuid, text) to authenticated;

create function private.release_run(p_run uuid) returns boolean
language plpgsql security definer set search_path = '' as $$
declare
  v_run public.report_runs := private.run_to_change(p_run, 'approver');
begin
  if v_run.hold is null then
    return false;
  end if;
  update public.report_runs r set hold = null where r.id = p_run;
  perform private.audit(v_run.team_id, 'run.released', p_run::text, jsonb_build_object('report', v_run.report, 'was', v_run.hold));
  return true;
end $$;
comment on function private.release_run is 'Checks the caller''s role by itself.';
grant execute on function private.release_run(uuid) to authenticated;

create function public.release_run(p_run uuid) returns boolean
language sql set search_path = '' as $$
  select private.release_run(p_run)
$$;
comment on function public.release_run is 'Let retention remove a run that was on hold; false: it was on none. Approver and up.';
revoke execute on function public.release_run(uuid) from service_role;
grant execute on function public.release_run(uuid) to authenticated;
