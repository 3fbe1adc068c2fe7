-- Live status: each move of a job and its progress is told to its team as a change of that job. Renewing a lease is not.

create function private.broadcast_job() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_operation text := case when new.from_state is null then 'INSERT' else 'UPDATE' end;
begin
  perform realtime.send(
    jsonb_build_object('table', 'calculation_jobs', 'operation', v_operation, 'count', 1, 'ids', jsonb_build_array(new.job_id)),
    v_operation, 'team:' || new.team_id, true
  );
  return null;
end $$;
comment on function private.broadcast_job is 'One message an event, in the form of private.broadcast_change.';
create trigger broadcast_job after insert on public.job_events
  for each row execute function private.broadcast_job();

select private.broadcast_table('public.schedules');
