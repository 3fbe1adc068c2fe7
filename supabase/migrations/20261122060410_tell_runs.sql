-- The page on runs: those of a book between two days with what was decided and said of them, and the story of one.

-- Invoker, as below: row-level security decides.
create function private.run_decision(p_run uuid) returns jsonb
language sql stable set search_path = '' as $$
  select jsonb_build_object('decision', case when a.run_hash = public.run_hash(p_run) then a.decision else 'void' end,
    'by', a.approver_name, 'at', a.created_at, 'reason', a.reason)
  from public.approvals a where a.run_id = p_run
  order by a.created_at desc, a.id limit 1
$$;
comment on function private.run_decision is 'The last decision on a run; void: the run is no longer what was decided upon. Null: none.';
grant execute on function private.run_decision(uuid) to authenticated, service_role;

create function public.runs_between(p_portfolio uuid, p_from date, p_until date) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_team uuid;
begin
  select p.team_id into v_team from public.portfolios p where p.id = p_portfolio;
  if not found then
    perform private.refuse('portfolio', p_portfolio::text, 'a portfolio that you may see');
  end if;
  if p_from is null or p_until is null or not isfinite(p_from) or not isfinite(p_until)
    or p_until < p_from or p_until - p_from > 70 then
    perform private.refuse('from, until', format('%s, %s', p_from, p_until), 'a range of at most 70 days');
  end if;
  return jsonb_build_object(
    'runs', coalesce((
      select jsonb_agg(to_jsonb(f) - 'place' order by f.as_of desc, f.place) from (
        select r.id, r.report, r.as_of, r.run_at, r.slot, r.official, r.status, r.verdict, r.current, r.hold, r.supersedes, r.reason,
          private.run_decision(r.id) as decision,
          (select count(*) from public.run_comments c where c.team_id = v_team and c.run_id = r.id) as comments,
          (select coalesce(jsonb_agg(jsonb_build_object('name', m.name, 'value', m.value, 'unit', m.unit) order by m.rank), '[]')
            from (
              select m.name, m.value, m.unit,
                row_number() over (order by array_position('{var,expected_shortfall,stress_loss,exceptions,turnover}'::text[], m.name::text), m.ordinal) as rank
              from public.run_metrics m where m.team_id = v_team and m.run_id = r.id and m.labels = '{}'
            ) m where m.rank <= 2) as metrics,
          row_number() over (order by r.as_of desc, r.run_at desc, r.id) as place
        from public.report_runs r
        where r.team_id = v_team and r.portfolio_id = p_portfolio and r.as_of between p_from and p_until
        order by r.as_of desc, r.run_at desc, r.id limit 1000
      ) f
    ), '[]'),
    -- Where there are others: the nearest days before and after.
    'before', (select max(r.as_of) from public.report_runs r
      where r.team_id = v_team and r.portfolio_id = p_portfolio and r.as_of < p_from),
    'after', (select min(r.as_of) from public.report_runs r
      where r.team_id = v_team and r.portfolio_id = p_portfolio and r.as_of > p_until)
  );
end $$;
comment on function public.runs_between is 'The runs of a book with valuation dates between two days (at most the last 1000), what was decided and how much was said of each, and the nearest other days that have some. Viewer and up.';
grant execute on function public.runs_between(uuid, date, date) to authenticated;

-- Users cannot read each other's addresses from Auth: who made a run is told to its team.
create function private.run_makers(p_run uuid) returns jsonb
language sql stable security definer set search_path = '' as $$
  select jsonb_build_object(
    'author', (select u.email from auth.users u where u.id = r.author),
    'recorded_by', (select u.email from auth.users u where u.id = r.recorded_by),
    'mine', coalesce((select auth.uid()) in (r.author, r.recorded_by), false))
  from public.report_runs r where r.id = p_run and r.team_id = any (array(select private.my_teams()))
$$;
comment on function private.run_makers is 'Addresses of who is the author of a run and who recorded it, and whether that is the caller; checks the caller''s team by itself.';
grant execute on function private.run_makers(uuid) to authenticated;

create function public.run_story(p_run uuid) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_run public.report_runs;
begin
  select * into v_run from public.report_runs r where r.id = p_run;
  if not found then
    perform private.refuse('run', p_run::text, 'the id of a run that you may see');
  end if;
  return jsonb_build_object(
    'hash', public.run_hash(p_run),
    'makers', private.run_makers(p_run),
    'portfolio', (select t.slug || '/' || p.slug from public.portfolios p join public.teams t on t.id = p.team_id
      where p.id = v_run.portfolio_id),
    'schedule', (select s.name from public.schedules s where s.id = v_run.schedule_id),
    'decision', private.run_decision(p_run),
    'decisions', coalesce((select jsonb_agg(jsonb_build_object('decision', a.decision, 'by', a.approver_name,
        'at', a.created_at, 'reason', a.reason) order by a.created_at, a.id)
      from public.approvals a where a.team_id = v_run.team_id and a.run_id = p_run), '[]'),
    'comments', coalesce((select jsonb_agg(jsonb_build_object('by', c.author_name, 'at', c.created_at, 'text', c.body)
        order by c.created_at, c.id)
      from (select * from public.run_comments c where c.team_id = v_run.team_id and c.run_id = p_run
        order by c.created_at desc, c.id limit 200) c), '[]'),
    -- What it took the place of, and what took its: back to the first, and on to the current one.
    'history', coalesce((
      with recursive back as (
        select r.id, r.supersedes, r.reason, r.run_at, 0 as step from public.report_runs r where r.id = p_run
        union all
        select r.id, r.supersedes, r.reason, r.run_at, b.step - 1 from public.report_runs r join back b on r.id = b.supersedes
        where b.step > -50
      ), ahead as (
        select r.id, r.supersedes, r.reason, r.run_at, 0 as step from public.report_runs r where r.id = p_run
        union all
        select r.id, r.supersedes, r.reason, r.run_at, a.step + 1 from public.report_runs r
        join ahead a on r.team_id = v_run.team_id and r.portfolio_id = v_run.portfolio_id and r.as_of = v_run.as_of
          and r.supersedes = a.id
        where a.step < 50
      )
      select jsonb_agg(jsonb_build_object('id', h.id, 'run_at', h.run_at, 'reason', h.reason) order by h.step)
      from (select * from back union select * from ahead) h
    ), '[]')
  );
end $$;
comment on function public.run_story is 'Who made a run, its hash, what was decided and said of it, and the runs it took the place of or that took its. Viewer and up.';
grant execute on function public.run_story(uuid) to authenticated;
