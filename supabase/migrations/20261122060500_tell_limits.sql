-- The page on limits: who set and who ended each version, how the official runs of a book were judged, and what was said
-- of a breach, in one look. (Changes of limits and acknowledgements are told to the team already.)

-- Users cannot read each other's addresses from Auth: a row keeps its author's name.
alter table public.limits
  add column created_by_name public.long_text not null default private.my_name(),
  add column ended_by_name public.long_text not null default '',
  add column ended_at timestamptz;
comment on column public.limits.created_by_name is 'E-mail address of who set it, as it was then; empty: the service.';
comment on column public.limits.ended_by_name is 'E-mail address of who ended it; empty: nobody yet, or the service.';
comment on column public.limits.ended_at is 'UTC; when its end was written.';

create function private.sign_limit() returns trigger
language plpgsql set search_path = '' as $$
begin
  if new.valid_to is distinct from old.valid_to then
    new.ended_by_name := private.my_name();
    new.ended_at := now();
  end if;
  return new;
end $$;
comment on function private.sign_limit is 'Who ends a limit signs it.';
create trigger sign_limit before update on public.limits for each row execute function private.sign_limit();

create function private.note_acknowledgement() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform private.audit(new.team_id, 'limit.acknowledged', new.limit_id::text,
    jsonb_build_object('run_id', new.run_id, 'reason', left(new.reason, 500)));
  return null;
end $$;
comment on function private.note_acknowledgement is 'Every acknowledged breach is on record.';
create trigger note_acknowledgement after insert on public.limit_acknowledgements
  for each row execute function private.note_acknowledgement();

-- Invoker: row-level security decides. Only official runs count: a person can record any figure as their own.
create function public.limit_facts(p_portfolio uuid, p_as_of date default null, p_run_days integer default 60) returns jsonb
language plpgsql stable set search_path = '' as $$
declare
  v_team uuid;
  v_day date := coalesce(p_as_of, current_date);
  v_runs uuid[];
begin
  select p.team_id into v_team from public.portfolios p where p.id = p_portfolio;
  if not found then
    perform private.refuse('portfolio', p_portfolio::text, 'a portfolio that you may see');
  end if;
  if not isfinite(v_day) then
    perform private.refuse('as_of', v_day::text, 'a day');
  end if;
  if p_run_days is null or p_run_days not between 1 and 1000 then
    perform private.refuse('run_days', p_run_days::text, 'a number from 1 to 1000');
  end if;
  v_runs := array(
    with judged as (
      select r.id, r.as_of from public.report_runs r
      where r.team_id = v_team and r.portfolio_id = p_portfolio and r.official and r.current and r.status = 'succeeded'
        and r.as_of <= v_day and r.gates @> '[{"gate": "limits"}]'
    ), days as (
      select distinct j.as_of from judged j order by j.as_of desc limit p_run_days
    )
    select j.id from judged j join days d on d.as_of = j.as_of
  );
  return jsonb_build_object(
    'now', now(), 'as_of', v_day,
    'limits', coalesce((
      select jsonb_agg(jsonb_build_object('id', l.id, 'metric', l.metric, 'scope', l.scope, 'scope_value', l.scope_value,
        'basis', l.basis, 'unit', l.unit, 'soft', l.soft, 'hard', l.hard, 'note', l.note, 'valid_from', l.valid_from,
        'valid_to', l.valid_to, 'set_by', l.created_by_name, 'set_at', l.created_at, 'ended_by', l.ended_by_name,
        'ended_at', l.ended_at) order by l.metric collate "C", l.scope, l.scope_value collate "C", l.basis, l.valid_from, l.id)
      from public.limits l where l.team_id = v_team and l.portfolio_id = p_portfolio
    ), '[]'),
    'runs', coalesce((
      select jsonb_agg(jsonb_build_object('id', r.id, 'report', r.report, 'as_of', r.as_of, 'run_at', r.run_at,
        'findings', coalesce((
          select jsonb_agg(jsonb_build_object('of', g.value ->> 'of', 'figure', g.value -> 'figure', 'unit', g.value ->> 'unit',
            'soft', g.value -> 'soft', 'hard', g.value -> 'hard') order by g.ordinality)
          from jsonb_array_elements(r.gates) with ordinality g
          where g.value ->> 'gate' = 'limits' and jsonb_typeof(g.value -> 'figure') = 'number'
            and coalesce(g.value ->> 'of', '') <> ''
        ), '[]')) order by r.as_of, r.run_at, r.id)
      from public.report_runs r where r.team_id = v_team and r.id = any (v_runs)
    ), '[]'),
    -- What may be bounded: the figures of the latest run of each report.
    'figures', coalesce((
      select jsonb_agg(jsonb_build_object('report', f.report, 'run', f.id, 'as_of', f.as_of, 'name', f.name, 'unit', f.unit,
        'scope', f.scope, 'value', f.value) order by f.report, f.name collate "C", f.scope, f.unit)
      from (
        select distinct on (l.report, m.name, s.scope, m.unit) l.report, l.id, l.as_of, m.name, m.unit, s.scope,
          case when s.scope = 'portfolio' then m.value end as value
        from (
          select distinct on (r.report) r.id, r.report, r.as_of from public.report_runs r
          where r.team_id = v_team and r.id = any (v_runs) order by r.report, r.as_of desc, r.run_at desc
        ) l
        join public.run_metrics m on m.team_id = v_team and m.run_id = l.id
        cross join lateral (select case when m.labels = '{}' then 'portfolio' else
          (select case when count(*) = 1 then min(k) end from jsonb_object_keys(m.labels) k) end as scope) s
        where s.scope in ('portfolio', 'position', 'sector', 'currency')
        order by l.report, m.name, s.scope, m.unit, m.ordinal
      ) f
    ), '[]'),
    'acknowledgements', coalesce((
      select jsonb_agg(jsonb_build_object('limit', a.limit_id, 'run', a.run_id, 'reason', a.reason,
        'by', a.acknowledged_by_name, 'at', a.created_at) order by a.created_at, a.id)
      from public.limit_acknowledgements a where a.team_id = v_team and a.run_id = any (v_runs)
    ), '[]')
  );
end $$;
comment on function public.limit_facts is 'Every version of a book''s limits, how its official runs of the last p_run_days days with one were judged up to a day (today), what else they measure, and which breaches were acknowledged. Viewer and up.';
grant execute on function public.limit_facts(uuid, date, integer) to authenticated;

-- Where the channel does not get through, a page asks for this every few seconds instead of for everything.
create function public.limit_stamp(p_portfolio uuid) returns text
language sql stable set search_path = '' as $$
  select concat_ws(' ',
    (select concat_ws(',', count(*), max(l.created_at), max(l.ended_at)) from public.limits l
      where l.team_id = p.team_id and l.portfolio_id = p.id),
    (select concat_ws(',', count(*), max(a.created_at)) from public.limit_acknowledgements a
      join public.limits l on l.team_id = a.team_id and l.id = a.limit_id
      where l.team_id = p.team_id and l.portfolio_id = p.id),
    (select concat_ws(',', count(*), max(r.run_at)) from public.report_runs r
      where r.team_id = p.team_id and r.portfolio_id = p.id and r.official and r.current))
  from public.portfolios p where p.id = p_portfolio
$$;
comment on function public.limit_stamp is 'Another text whenever a limit of the book, an acknowledgement or an official run is new; null for no book to see. Viewer and up.';
grant execute on function public.limit_stamp(uuid) to authenticated;
