-- Positions: dated quantities. An edit ends one version and begins the next, so the table is its own history.

-- Ranges of one uuid let an exclusion constraint compare ids without the btree_gist extension.
create type private.uuid_range as range (subtype = uuid);

create table public.positions (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null,
  portfolio_id uuid not null,
  instrument_id uuid not null references public.instruments,
  quantity numeric not null check (abs(quantity) < 1e15 and scale(quantity) <= 30),
  valid_from date not null check (isfinite(valid_from)),
  valid_to date check (isfinite(valid_to) and valid_to >= valid_from),
  created_at timestamptz not null default now(),
  foreign key (team_id, portfolio_id) references public.portfolios (team_id, id) on delete cascade,
  -- The team is part of it: otherwise a refusal would tell another team what a book of which it knows the id holds.
  constraint positions_one_version_a_day exclude using gist (
    private.uuid_range(team_id, team_id, '[]') with &&,
    private.uuid_range(portfolio_id, portfolio_id, '[]') with &&,
    private.uuid_range(instrument_id, instrument_id, '[]') with &&,
    daterange(valid_from, valid_to) with &&
  )
);
create index positions_book on public.positions (team_id, portfolio_id, valid_from);
create index positions_portfolio on public.positions (portfolio_id, valid_from);
create index positions_instrument on public.positions (instrument_id);
comment on table public.positions is 'How much of an instrument a portfolio holds, and from when until when.';
comment on column public.positions.quantity is 'Units of the instrument, long above zero; for cash, units of its currency.';
comment on column public.positions.valid_from is 'First day the quantity is held.';
comment on column public.positions.valid_to is 'First day it is no longer held; null: still held; equal to valid_from: replaced before it ever counted.';
comment on column public.positions.created_at is 'When the version was written, UTC.';
comment on constraint positions_one_version_a_day on public.positions is 'A portfolio holds one quantity of an instrument on any day.';

-- A foreign key looks past row-level security, so the instrument's team is checked here, as the caller sees it.
create function private.check_position_instrument() returns trigger
language plpgsql set search_path = '' as $$
begin
  if not exists (
    select from public.instruments i
    where i.id = new.instrument_id and (i.team_id is null or i.team_id = new.team_id)
  ) then
    perform private.refuse('instrument_id', new.instrument_id::text, 'an instrument that is shared or the team''s own');
  end if;
  return new;
end $$;
comment on function private.check_position_instrument is 'A position''s instrument is shared or of the same team.';
grant execute on function private.check_position_instrument() to authenticated, service_role;
create trigger check_instrument before insert or update of instrument_id, team_id on public.positions
  for each row execute function private.check_position_instrument();

alter table public.positions enable row level security;
alter table public.positions force row level security;
revoke all on public.positions from public, anon, authenticated;
-- No delete and no change of a quantity: what was held stays on record.
grant select, insert (team_id, portfolio_id, instrument_id, quantity, valid_from, valid_to), update (valid_to)
  on public.positions to authenticated;
create policy positions_select on public.positions for select to authenticated
  using (team_id = any (array(select private.my_teams())));
create policy positions_insert on public.positions for insert to authenticated
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy positions_update on public.positions for update to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))))
  with check (team_id = any (array(select private.my_teams('analyst'))));
