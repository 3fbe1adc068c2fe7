-- A limit on a name that no run measures would never say anything: a misspelt one is refused where somebody sets it.

create function private.check_limit() returns trigger
language plpgsql set search_path = '' as $$
declare
  v_sums text[] := array['component\_%', 'value%'];  -- figures of positions that add up by sector and currency
begin
  if private.acting_role() <> 'authenticated' then
    return null;
  end if;
  -- Before its first run nothing is known of what a team measures.
  if exists (select from public.run_metrics m where m.team_id = new.team_id) and not exists (
    select from public.run_metrics m
    where m.team_id = new.team_id and m.name = new.metric and case
      when new.scope = 'portfolio' then m.labels = '{}'
      else m.labels <> '{}' and (m.labels - new.scope = '{}'
        or m.name like any (v_sums) and new.scope <> 'position' and m.labels - 'position' = '{}') end
  ) then
    perform private.refuse('metric', new.metric, format('a figure of the %s that a run of the team has measured: %s',
      new.scope, coalesce((
        select string_agg(distinct m.name, ', ') from public.run_metrics m
        where m.team_id = new.team_id and case
          when new.scope = 'portfolio' then m.labels = '{}'
          else m.labels <> '{}' and (m.labels - new.scope = '{}'
            or m.name like any (v_sums) and new.scope <> 'position' and m.labels - 'position' = '{}') end
      ), 'none yet')));
  end if;
  if new.scope <> 'portfolio' and new.scope_value <> '*' and not exists (
    select from public.instruments i
    where case new.scope when 'position' then i.symbol when 'sector' then i.sector else i.currency end = new.scope_value
  ) then
    perform private.refuse(new.scope, new.scope_value, format('the %s of an instrument that you may see, or *',
      case new.scope when 'position' then 'symbol' else new.scope end));
  end if;
  return null;
end $$;
comment on function private.check_limit is 'A person sets limits on what runs of the team measure, of a part that an instrument has.';
create trigger check_limit after insert on public.limits for each row execute function private.check_limit();
