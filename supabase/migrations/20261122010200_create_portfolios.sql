-- Portfolios: named books of one team, in a tree.

create table public.portfolios (
  id uuid primary key default gen_random_uuid(),
  team_id uuid not null references public.teams on delete cascade,
  slug public.slug not null,
  title public.short_text not null,
  base_currency public.currency_code not null,
  parent_id uuid check (parent_id <> id),
  created_at timestamptz not null default now(),
  unique (team_id, id),
  unique (team_id, slug),
  foreign key (team_id, parent_id) references public.portfolios (team_id, id)
);
create index portfolios_parent on public.portfolios (team_id, parent_id);
comment on table public.portfolios is 'A named book. Its positions are dated; its base currency is not and never changes.';
comment on column public.portfolios.slug is 'The second half of the path team/portfolio.';
comment on column public.portfolios.base_currency is 'ISO 4217 code of the currency its value, P&L and risk are stated in.';
comment on column public.portfolios.parent_id is 'The book this one is part of, in the same team; null at the top.';
comment on column public.portfolios.created_at is 'UTC.';

-- Two edits at once could close a circle between them: moves within a team wait for each other.
create function private.check_portfolio_tree() returns trigger
language plpgsql security definer set search_path = '' as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('portfolios ' || new.team_id, 0));
  if exists (
    with recursive above as (
      select p.id, p.parent_id from public.portfolios p where p.id = new.parent_id
      union
      select p.id, p.parent_id from public.portfolios p join above a on p.id = a.parent_id
    )
    select from above where id = new.id
  ) then
    perform private.refuse('parent_id', new.parent_id::text, 'a portfolio that is not below this one');
  end if;
  return null;
end $$;
comment on function private.check_portfolio_tree is 'A portfolio is never below itself.';
create trigger check_tree after insert or update of parent_id on public.portfolios
  for each row when (new.parent_id is not null) execute function private.check_portfolio_tree();

alter table public.portfolios enable row level security;
alter table public.portfolios force row level security;
revoke all on public.portfolios from public, anon, authenticated;
grant select, insert (team_id, slug, title, base_currency, parent_id), update (title, parent_id), delete
  on public.portfolios to authenticated;
create policy portfolios_select on public.portfolios for select to authenticated
  using (team_id = any (array(select private.my_teams())));
create policy portfolios_insert on public.portfolios for insert to authenticated
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy portfolios_update on public.portfolios for update to authenticated
  using (team_id = any (array(select private.my_teams('analyst'))))
  with check (team_id = any (array(select private.my_teams('analyst'))));
create policy portfolios_delete on public.portfolios for delete to authenticated
  using (team_id = any (array(select private.my_teams('admin'))));
