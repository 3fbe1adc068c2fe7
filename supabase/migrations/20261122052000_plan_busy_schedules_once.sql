-- Every claim asks for the busy schedules: as a plpgsql function its query is planned once a session, not at each claim.

create or replace function private.busy_schedules(p_team uuid) returns uuid[]
language plpgsql volatile set search_path = '' as $$
begin
  return array(
    select s.id from public.schedules s
    where s.team_id = p_team and s.concurrency is not null and s.concurrency <= (
      select count(*) from public.calculation_jobs j where j.team_id = p_team and j.state = 'running' and j.schedule_id = s.id
    )
  );
end $$;
