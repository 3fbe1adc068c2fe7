-- Factor levels: one number a factor and day, of the same team as its factor.

create table public.factor_levels (
  factor_id uuid not null references public.risk_factors on delete cascade,
  date date not null check (isfinite(date)),
  level double precision not null check (abs(level) < 1e15),
  team_id uuid,
  primary key (factor_id, date),
  foreign key (team_id, factor_id) references public.risk_factors (team_id, id) on delete cascade
);
create index factor_levels_team on public.factor_levels (team_id, factor_id);
comment on table public.factor_levels is 'The history of every risk factor. Double precision: a level comes back as the same float.';
comment on column public.factor_levels.date is 'The market''s own day.';
comment on column public.factor_levels.level is 'Price in the factor''s currency; volatilities and yields as annual decimals.';
comment on column public.factor_levels.team_id is 'The factor''s team; null: shared, written by the service only.';

-- The composite key does not look at a null team: a shared level under a team's factor would be seen by everybody.
create function private.check_level_team() returns trigger
language plpgsql set search_path = '' as $$
begin
  if exists (
    select from levels l join public.risk_factors f on f.id = l.factor_id where f.team_id is distinct from l.team_id
  ) then
    perform private.refuse('team_id', 'another team', 'the team of the factor');
  end if;
  return null;
end $$;
comment on function private.check_level_team is 'A level belongs to the team of its factor, or is shared as it is.';
grant execute on function private.check_level_team() to authenticated, service_role;
create trigger check_team_insert after insert on public.factor_levels
  referencing new table as levels for each statement execute function private.check_level_team();
create trigger check_team_update after update on public.factor_levels
  referencing new table as levels for each statement execute function private.check_level_team();

alter table public.factor_levels enable row level security;
alter table public.factor_levels force row level security;
revoke all on public.factor_levels from public, anon, authenticated;
-- import_prices alone writes: the primary key has no team, so a refused insert would tell which factors others have.
grant select, delete on public.factor_levels to authenticated;
create policy factor_levels_select on public.factor_levels for select to authenticated
  using (team_id is null or team_id = any (array(select private.my_teams())));
create policy factor_levels_delete on public.factor_levels for delete to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))));
