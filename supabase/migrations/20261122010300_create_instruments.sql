-- Instruments: terms and currency, no quantity. Shared (team_id null), or a team's own.

create table public.instruments (
  id uuid primary key default gen_random_uuid(),
  team_id uuid references public.teams on delete cascade,
  symbol public.symbol not null,
  asset_class text not null check (asset_class in ('equity', 'cash', 'option', 'bond')),
  currency public.currency_code not null,
  sector public.long_text not null default '' check (char_length(sector) <= 200),
  terms jsonb not null
    check (jsonb_typeof(terms) = 'object' and terms ? 'type' and pg_column_size(terms) <= 4096),
  created_at timestamptz not null default now(),
  unique nulls not distinct (team_id, symbol)
);
comment on table public.instruments is 'What can be held. A team''s own instrument wins over the shared one of the same symbol, for that team.';
comment on column public.instruments.team_id is 'Null: shared, written by the service only, read by everybody who is signed in.';
comment on column public.instruments.currency is 'ISO 4217 code of the currency its price is in.';
comment on column public.instruments.sector is 'Industry sector; empty where it means nothing.';
comment on column public.instruments.terms is 'Type and contract terms: strike in currency, dates in ISO form, rates as annual decimals.';
comment on column public.instruments.created_at is 'UTC.';

alter table public.instruments enable row level security;
alter table public.instruments force row level security;
revoke all on public.instruments from public, anon, authenticated;
-- No change of what it is: books that hold it would have other values in the past. import_portfolio knows who holds it.
grant select, insert (team_id, symbol, asset_class, currency, sector, terms), update (sector), delete
  on public.instruments to authenticated;
create policy instruments_select on public.instruments for select to authenticated
  using (team_id is null or team_id = any (array(select private.my_teams())));
create policy instruments_insert on public.instruments for insert to authenticated
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy instruments_update on public.instruments for update to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))))
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy instruments_delete on public.instruments for delete to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))));
