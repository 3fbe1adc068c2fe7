-- Late counts from the slot, for the mail as for the status: a scheduler that fires late gives nobody more time. Only a slot
-- that somebody backfills is due from then on. (Replaces the function of the migration on deliveries.)

create or replace function private.raise_alarms() returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_found record;
  v_raised integer := 0;
begin
  for v_found in
    select s as schedule, f.fire_at
    from public.schedules s
    join public.schedule_fires f on f.team_id = s.team_id and f.schedule_id = s.id
    where s.enabled and s.kind = 'report' and cardinality(s.recipients) > 0 and f.fire_at > now() - interval '7 days'
      and case when f.outcome = 'enqueued' and f.note like 'backfilled%' then f.decided_at
        when f.outcome in ('enqueued', 'skipped_misfire') then f.fire_at end
        + make_interval(mins => coalesce(s.alarm_after_minutes, s.grace_minutes)) < now()
      and not exists (
        select from public.deliveries d
        where d.team_id = s.team_id and d.schedule_id = s.id and d.slot = f.fire_at and d.kind = 'alarm'
      )
      and (f.jobs = 0 or exists (
        -- Late is what is still to come, or was cancelled; of what failed people have been told.
        select from public.calculation_jobs j
        where j.schedule_id = s.id and j.fire_at = f.fire_at and j.state in ('queued', 'running', 'cancelled')
          and not exists (
            select from public.calculation_jobs o
            where o.schedule_id = s.id and o.fire_at = f.fire_at and o.state = 'succeeded'
              and o.portfolio_id is not distinct from j.portfolio_id
          )
      ))
  loop
    v_raised := v_raised
      + private.add_deliveries(v_found.schedule, v_found.fire_at, 'alarm', (v_found.schedule).edited_by, null, null);
  end loop;
  return v_raised;
end $$;
