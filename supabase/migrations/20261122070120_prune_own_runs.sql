-- Runs that people make for themselves go too: 90 days after they were made, but not the last ten of a report, book and
-- person, nothing that somebody commented on, and nothing on hold. (Replaces the two functions of the migration on retention, which knew official runs only.)

create or replace function private.runs_to_prune() returns table (id uuid, team_id uuid)
language sql stable set search_path = '' as $$
  with kept as (
    select s.team_id, s.args ->> 'report' as report, max(s.keep_last) as keep_last, bool_or(s.keep_month_ends) as month_ends
    from public.schedules s where s.kind = 'report'
    group by s.team_id, s.args ->> 'report' having bool_and(s.keep_last is not null)
  ),
  ranked as (
    select r.id, r.team_id, r.hold, r.current, k.keep_last, k.month_ends,
      dense_rank() over (partition by r.team_id, r.portfolio_id, r.report order by r.as_of desc, r.slot desc nulls first) as place,
      row_number() over (partition by r.team_id, r.portfolio_id, r.report, r.current, date_trunc('month', r.as_of::timestamp)
        order by r.as_of desc, r.slot desc nulls last) as of_month
    from public.report_runs r join kept k on k.team_id = r.team_id and k.report = r.report
    where r.official
  ),
  own as (
    select r.id, r.team_id, r.hold, r.run_at, row_number() over (
      partition by r.team_id, r.portfolio_id, r.report, r.recorded_by order by r.run_at desc, r.id) as place
    from public.report_runs r
    where not r.official
  )
  select r.id, r.team_id from ranked r
  where r.hold is null and r.place > r.keep_last and not (r.month_ends and r.current and r.of_month = 1)
  union all
  select o.id, o.team_id from own o
  where o.hold is null and o.place > 10 and o.run_at < now() - interval '90 days'
    and not exists (select from public.run_comments c where c.team_id = o.team_id and c.run_id = o.id)
$$;
comment on function private.runs_to_prune is 'Official runs that their report''s schedules no longer keep, and people''s own of more than 90 days that are not their last ten, of teams that the caller may see.';

drop function public.runs_to_prune(integer);
create function public.runs_to_prune(p_limit integer default 100) returns table (
  id uuid, report text, team text, portfolio text, as_of date, run_at timestamptz, slot timestamptz, current boolean,
  official boolean
)
language sql stable set search_path = '' as $$
  select r.id, r.report::text, t.slug::text, p.slug::text, r.as_of, r.run_at, r.slot, r.current, r.official
  from private.runs_to_prune() d join public.report_runs r on r.id = d.id
  join public.portfolios p on p.id = r.portfolio_id join public.teams t on t.id = r.team_id
  order by r.run_at, r.id limit least(greatest(p_limit, 0), 1000)
$$;
comment on function public.runs_to_prune is 'What retention would remove now, oldest first, of teams that the caller may see.';
grant execute on function public.runs_to_prune(integer) to authenticated;
