-- Risk factors: the observables. Shared (team_id null), or a team's own.

create table public.risk_factors (
  id uuid primary key default gen_random_uuid(),
  team_id uuid references public.teams on delete cascade,
  name public.symbol not null,
  kind text not null check (kind in ('equity', 'fx', 'volatility', 'yield')),
  currency public.currency_code not null,
  return_type text not null check (return_type in ('relative', 'log', 'absolute')),
  source public.long_text not null default '',
  created_at timestamptz not null default now(),
  unique nulls not distinct (team_id, name),
  unique (team_id, id)
);
comment on table public.risk_factors is 'What values depend on. A team''s own factor, with its own levels only, wins over the shared one of the same name, for that team.';
comment on column public.risk_factors.team_id is 'Null: shared, written by the service only, read by everybody who is signed in.';
comment on column public.risk_factors.name is 'AAPL, EURUSD (USD per 1 EUR), SP500.vol.';
comment on column public.risk_factors.currency is 'ISO 4217 code of the currency the level is quoted in.';
comment on column public.risk_factors.return_type is 'How a change is measured: relative, log, or absolute in the level''s own unit.';
comment on column public.risk_factors.source is 'Where the levels come from and under which licence; printed under every report.';
comment on column public.risk_factors.created_at is 'UTC.';

alter table public.risk_factors enable row level security;
alter table public.risk_factors force row level security;
revoke all on public.risk_factors from public, anon, authenticated;
grant select, insert (team_id, name, kind, currency, return_type, source),
  update (kind, currency, return_type, source), delete on public.risk_factors to authenticated;
create policy risk_factors_select on public.risk_factors for select to authenticated
  using (team_id is null or team_id = any (array(select private.my_teams())));
create policy risk_factors_insert on public.risk_factors for insert to authenticated
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy risk_factors_update on public.risk_factors for update to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))))
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy risk_factors_delete on public.risk_factors for delete to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))));
