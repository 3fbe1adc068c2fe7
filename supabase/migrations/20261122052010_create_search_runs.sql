-- Finding runs by what they are and by their headline figures, in one request.

create index run_metrics_headline on public.run_metrics (team_id, name, value, run_id) where labels = '{}';
create index report_runs_newest on public.report_runs (team_id, run_at desc, id);

-- Invoker: row-level security decides which runs there are.
create function public.search_runs(
  p_report text default null,
  p_portfolio uuid default null,
  p_from date default null,
  p_until date default null,
  p_official boolean default null,
  p_where jsonb default '[]',
  p_limit integer default 20
) returns table (
  id uuid, report text, team text, portfolio text, as_of date, run_at timestamptz, official boolean, status text,
  metrics jsonb
)
language plpgsql stable set search_path = '' as $$
declare
  v_names text[];
  v_name text;
begin
  if coalesce(jsonb_typeof(p_where), 'null') <> 'array' or jsonb_array_length(p_where) > 10
    or exists (select from jsonb_array_elements(p_where) w where jsonb_typeof(w.value) <> 'object'
      or coalesce(jsonb_typeof(w.value -> 'metric'), '') <> 'string'
      or coalesce(jsonb_typeof(w.value -> 'value'), '') <> 'number'
      or coalesce(w.value ->> 'op', '') not in ('>', '>=', '<', '<=', '=', '!='))
  then
    perform private.refuse('where', left(p_where::text, 200), 'at most 10 conditions {metric, op, value}');
  end if;
  if p_limit is null or p_limit not between 1 and 1000 then
    perform private.refuse('limit', p_limit::text, 'a number from 1 to 1000');
  end if;
  v_names := array(select w.value ->> 'metric' from jsonb_array_elements(p_where) w);
  foreach v_name in array v_names loop
    if not exists (select from public.run_metrics m where m.labels = '{}' and m.name = v_name) then
      perform private.refuse('where', left(v_name, 200), coalesce('one of ' || (
        select string_agg(known.name, ', ' order by known.name) from (
          select distinct m.name from public.run_metrics m where m.labels = '{}' order by 1 limit 60) known
      ), 'a metric; no run has any yet'));
    end if;
  end loop;
  return query
    with found as (
      select r.* from public.report_runs r
      where (p_report is null or r.report = p_report)
        and (p_portfolio is null or r.portfolio_id = p_portfolio)
        and (p_from is null or r.as_of >= p_from)
        and (p_until is null or r.as_of <= p_until)
        and (p_official is null or r.official = p_official)
        and (v_names = '{}' or r.id in (
          select m.run_id
          from public.run_metrics m
          join jsonb_to_recordset(p_where) w(metric text, op text, value numeric) on w.metric = m.name
          where m.labels = '{}' and m.name = any (v_names)
            and case w.op when '>' then m.value > w.value when '>=' then m.value >= w.value
              when '<' then m.value < w.value when '<=' then m.value <= w.value
              when '=' then m.value = w.value else m.value <> w.value end
          group by m.run_id
          having count(*) = cardinality(v_names)
        ))
      order by r.run_at desc, r.id
      limit p_limit
    )
    select f.id, f.report::text, t.slug::text, p.slug::text, f.as_of, f.run_at, f.official, f.status,
      coalesce((
        select jsonb_agg(jsonb_build_object('name', m.name, 'value', m.value, 'unit', m.unit) order by m.ordinal)
        from public.run_metrics m where m.run_id = f.id and m.labels = '{}'
      ), '[]')
    from found f join public.portfolios p on p.id = f.portfolio_id join public.teams t on t.id = f.team_id
    order by f.run_at desc, f.id;
end $$;
comment on function public.search_runs is 'Runs that the caller may see, newest first, with their headline figures. where: [{"metric", "op", "value"}], all of which a run must keep.';
grant execute on function public.search_runs(text, uuid, date, date, boolean, jsonb, integer) to authenticated;
