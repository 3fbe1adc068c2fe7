-- Reading history: arrays by factor instead of a row a level, so that 500 days of 25 factors are one request.

create function private.visible_factors(p_team uuid, p_factors text[]) returns setof public.risk_factors
language sql stable set search_path = '' as $$
  select distinct on (f.name) f.*
  from public.risk_factors f
  where f.name = any (p_factors) and (f.team_id is null or f.team_id = p_team)
  order by f.name, f.team_id nulls last
$$;
comment on function private.visible_factors is 'One factor a name: the team''s own if it has one, else the shared one.';
grant execute on function private.visible_factors(uuid, text[]) to authenticated, service_role;

create function public.factor_history(p_team uuid, p_factors text[], p_until date, p_n integer default null)
returns table (
  name text, kind text, currency text, return_type text, source text, dates date[], levels double precision[]
)
language sql stable set search_path = '' as $$
  select f.name, f.kind, f.currency, f.return_type, f.source, coalesce(h.dates, '{}'), coalesce(h.levels, '{}')
  from private.visible_factors(p_team, p_factors) f
  cross join lateral (
    select array_agg(l.date order by l.date) as dates, array_agg(l.level order by l.date) as levels
    from (
      select v.date, v.level from public.factor_levels v
      where v.factor_id = f.id and v.date <= p_until
      order by v.date desc limit p_n
    ) l
  ) h
  order by f.name
$$;
comment on function public.factor_history is 'Each factor''s last p_n levels up to p_until (all if p_n is null), oldest first; a factor that is not there has no row.';
grant execute on function public.factor_history(uuid, text[], date, integer) to authenticated;

create function public.factor_calendar(p_team uuid, p_factors text[])
returns table (missing text[], dates date[])
language sql stable set search_path = '' as $$
  with found as materialized (select f.id, f.name, f.kind from private.visible_factors(p_team, p_factors) f),
  spans as (
    select f.name, s.first, s.last
    from found f cross join lateral (
      select min(l.date) as first, max(l.date) as last from public.factor_levels l where l.factor_id = f.id
    ) s
  ),
  counted as (select id from found where kind = 'equity' or not exists (select from found where kind = 'equity'))
  select
    coalesce((
      select array_agg(distinct w.name order by w.name) from unnest(p_factors) w(name)
      where not exists (select from spans s where s.name = w.name and s.first is not null)
    ), '{}'),
    coalesce((
      select array_agg(distinct l.date order by l.date) from public.factor_levels l
      where l.factor_id in (select id from counted)
        and l.date between (select max(s.first) from spans s) and (select min(s.last) from spans s)
    ), '{}')
$$;
comment on function public.factor_calendar is 'The factors without any level, and the days on which the book that needs these factors can be valued: the equities'' days (every factor''s, if none is an equity) while all of them have data.';
grant execute on function public.factor_calendar(uuid, text[]) to authenticated;
