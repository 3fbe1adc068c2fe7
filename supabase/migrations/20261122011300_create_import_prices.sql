-- Prices from outside: factors with their levels, all or nothing.

create function private.check_series(p_series jsonb) returns void
language plpgsql stable set search_path = '' as $$
declare
  v_bad record;
begin
  if coalesce(jsonb_typeof(p_series), 'null') <> 'array' or jsonb_array_length(p_series) not between 1 and 1000 then
    perform private.refuse('series', left(p_series::text, 80), 'a list of 1 to 1000 factors');
  end if;
  for v_bad in
    select coalesce(s ->> 'name', '?') as name from jsonb_array_elements(p_series) s
    where coalesce(s ->> 'name', '') = '' or case
      when jsonb_typeof(s -> 'dates') = 'array' and jsonb_typeof(s -> 'levels') = 'array'
      then jsonb_array_length(s -> 'dates') <> jsonb_array_length(s -> 'levels') or jsonb_array_length(s -> 'dates') = 0
      else true end
    limit 1
  loop
    perform private.refuse(v_bad.name, 'dates and levels', 'two lists of the same length, at least one day');
  end loop;
  for v_bad in select s ->> 'name' as name from jsonb_array_elements(p_series) s group by 1 having count(*) > 1 limit 1 loop
    perform private.refuse('series', v_bad.name, 'each factor once');
  end loop;
  for v_bad in
    select s ->> 'name' as name, l #>> '{}' as level
    from jsonb_array_elements(p_series) s cross join lateral jsonb_array_elements(s -> 'levels') l
    where case when jsonb_typeof(l) = 'number' then abs((l #>> '{}')::numeric) >= 1e15 else true end
    limit 1
  loop
    perform private.refuse(v_bad.name, v_bad.level, 'a finite level below 1e+15 in size');
  end loop;
  for v_bad in
    select s ->> 'name' as name, d as day
    from jsonb_array_elements(p_series) s cross join lateral jsonb_array_elements_text(s -> 'dates') d
    group by 1, 2 having count(*) > 1 limit 1
  loop
    perform private.refuse(v_bad.name, v_bad.day, 'each day once');
  end loop;
end $$;
comment on function private.check_series is 'Refuse factors or levels that are ill-formed, out of bounds or given twice.';
grant execute on function private.check_series(jsonb) to authenticated, service_role;

create function private.write_levels(p_team uuid, p_series jsonb) returns integer
language plpgsql security definer set search_path = '' as $$
declare
  v_written integer;
begin
  -- `role` is what the request runs as; inside a definer function current_user no longer says it.
  if current_setting('role') <> 'service_role'
    and (p_team is null or p_team <> all (array(select private.my_teams('analyst')))) then
    raise exception using errcode = '42501', message = 'Changing a team''s levels takes the role analyst.';
  end if;
  insert into public.factor_levels as l (factor_id, date, level, team_id)
  select f.id, r.day::date, r.level::double precision, p_team
  from jsonb_array_elements(p_series) s
  join public.risk_factors f on f.name = s ->> 'name' and f.team_id is not distinct from p_team
  cross join lateral rows from (
    jsonb_array_elements_text(s -> 'dates'), jsonb_array_elements_text(s -> 'levels')
  ) r(day, level)
  on conflict (factor_id, date) do update set level = excluded.level where l.level <> excluded.level;
  get diagnostics v_written = row_count;
  return v_written;
end $$;
comment on function private.write_levels is 'Merge levels into factors of this team only; how many are new or changed. Checks the caller''s role by itself.';
grant execute on function private.write_levels(uuid, jsonb) to authenticated, service_role;

create function public.import_prices(p_team text, p_series jsonb) returns integer
language plpgsql set search_path = '' as $$
declare
  v_team uuid;
  v_written integer;
begin
  if p_team is not null or current_user <> 'service_role' then
    v_team := private.team_to_write(p_team);
  end if;
  perform private.check_series(p_series);
  -- Imports of one team wait for each other: two of them, in different order, would lock each other out.
  perform pg_advisory_xact_lock(hashtextextended(format('prices %s', v_team), 0));
  insert into public.risk_factors as f (team_id, name, kind, currency, return_type, source)
  select v_team, s.name, s.kind, s.currency, s.return_type, coalesce(s.source, '')
  from jsonb_to_recordset(p_series) s(name text, kind text, currency text, return_type text, source text)
  on conflict (team_id, name) do update
    set kind = excluded.kind, currency = excluded.currency, return_type = excluded.return_type, source = excluded.source
    where (f.kind, f.currency, f.return_type, f.source)
      is distinct from (excluded.kind, excluded.currency, excluded.return_type, excluded.source);
  v_written := private.write_levels(v_team, p_series);
  return v_written;
end $$;
comment on function public.import_prices is 'Write a team''s own factors and levels (analyst and up); with a null team the shared ones (service only). Answers how many levels are new or changed.';
grant execute on function public.import_prices(text, jsonb) to authenticated;
