-- How many slots a day a team's schedules may have in all, and which books a schedule's selectors name.

alter table public.teams add column slot_quota smallint not null default 60 check (slot_quota between 0 and 10000);
comment on column public.teams.slot_quota is 'How many slots a day its schedules may have in all; changed by the service.';

create function private.count_values(p_field text, p_least integer, p_most integer) returns integer
language plpgsql immutable set search_path = '' as $$
declare
  v_term text;
  v_part text[];
  v_from integer;
  v_to integer;
  v_values integer[] := '{}';
begin
  foreach v_term in array string_to_array(p_field, ',') loop
    v_part := regexp_match(v_term, '^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:/(\d{1,2}))?$');
    v_from := case when v_part[1] is not null then p_least else v_part[2]::integer end;
    v_to := case when v_part[1] is not null or v_part[3] is null and v_part[4] is not null then p_most
      else coalesce(v_part[3]::integer, v_from) end;
    if v_part is null or v_from < p_least or v_to > p_most or v_to < v_from or v_part[4]::integer = 0 then
      return null;
    end if;
    v_values := v_values || array(select generate_series(v_from, v_to, coalesce(v_part[4]::integer, 1)));
  end loop;
  return (select count(distinct v) from unnest(v_values) v);
end $$;
comment on function private.count_values is 'How many values a field of a cron expression names; null where it is none.';

create function private.slots_a_day(p_cron text) returns integer
language sql immutable set search_path = '' as $$
  select private.count_values(split_part(p_cron, ' ', 1), 0, 59) * private.count_values(split_part(p_cron, ' ', 2), 0, 23)
$$;
comment on function private.slots_a_day is 'Slots on a day that a cron expression names; null where its minutes or hours are none.';

create function private.check_slots() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  v_quota integer;
  v_slots integer;
begin
  if private.slots_a_day(new.cron) is null then
    perform private.refuse('cron', new.cron, 'minutes of 0 to 59 and hours of 0 to 23 in its first two fields');
  end if;
  if new.enabled then
    -- Edits of one team wait for each other: otherwise two of them would both be the last that its quota allows.
    perform pg_advisory_xact_lock(hashtextextended(format('schedules %s', new.team_id), 0));
    select t.slot_quota into v_quota from public.teams t where t.id = new.team_id;
    select sum(private.slots_a_day(s.cron)) into v_slots from public.schedules s where s.team_id = new.team_id and s.enabled;
    if v_slots > v_quota then
      perform private.refuse('cron', new.cron, format('at most %s slots a day for all schedules of a team; with this one it has %s', v_quota, v_slots));
    end if;
  end if;
  return null;
end $$;
comment on function private.check_slots is 'Holds a team''s schedules to its quota of slots a day.';
create trigger check_slots after insert or update of cron, enabled on public.schedules
  for each row execute function private.check_slots();

create function private.selected_portfolios(p_team uuid, p_selectors text[]) returns uuid[]
language sql stable set search_path = '' as $$
  select coalesce(array_agg(f.id order by f.slug), '{}') from public.portfolios f
  where f.team_id = p_team and (
    '*' = any (p_selectors) or f.slug = any (p_selectors)
    or exists (select from unnest(f.tags) t where 'tag:' || t = any (p_selectors))
  )
$$;
comment on function private.selected_portfolios is 'The team''s books that are named, by slug, tag or `*`, in order of their slugs.';
grant execute on function private.selected_portfolios(uuid, text[]) to service_role;

create function private.unmatched_selectors(p_team uuid, p_selectors text[]) returns text
language sql stable set search_path = '' as $$
  select left('there is no book ' || string_agg(s, ', ' order by s), 200) from unnest(p_selectors) s
  where cardinality(private.selected_portfolios(p_team, array[s])) = 0
$$;
comment on function private.unmatched_selectors is 'A sentence naming the selectors that no book answers to; null if each has one.';
grant execute on function private.unmatched_selectors(uuid, text[]) to service_role;
